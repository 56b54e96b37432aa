"""What the labels cover: counts along the axes, their crossings, and the crossings that are thin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.types import Facet, FacetValue

#: What a caption without roles, or without a slice, counts as.
NONE, UNKNOWN = "none", "not said"
#: A crossing is thin where it holds less than this share of what its parts would give, and they would give this many.
THIN_SHARE, THIN_LEAST = 1 / 3, 3.0


@dataclass(frozen=True)
class ThinCrossing:
    """A crossing that holds fewer captions than the shares of its parts would give: values by axis, both counts."""

    values: tuple[str, ...]
    captions: int
    expected: float


@dataclass(frozen=True)
class Coverage:
    """What one kind of caption covers.

    Attributes:
        captions: how many.
        axes: names of the axes: single-valued facets, slices, then the pattern of each multi-valued facet.
        counts: for every axis value -> captions, in order.
        values: multi-valued facet -> value -> captions that have it.
        crossings: the full crossing, values in the order of the axes -> captions; empty ones are left out.
        thin: most wanted first.
    """

    captions: int
    axes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    values: dict[str, dict[str, int]]
    crossings: dict[tuple[str, ...], int]
    thin: tuple[ThinCrossing, ...]

    def table(self, first: str, second: str) -> dict[tuple[str, str], int]:
        """The crossing of two axes: (value, value) -> captions, without empty ones."""
        a, b = self.axes.index(first), self.axes.index(second)
        out: Counter[tuple[str, str]] = Counter()
        for crossing, count in self.crossings.items():
            out[crossing[a], crossing[b]] += count
        return dict(out)

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON; of a crossing its values by axis, and its count."""
        return {
            "captions": self.captions,
            "axes": self.counts,
            "values": self.values,
            "crossings": [
                {"values": dict(zip(self.axes, crossing, strict=True)), "captions": n}
                for crossing, n in sorted(self.crossings.items())
            ],
            "thin": [
                {
                    "values": dict(zip(self.axes, t.values, strict=True)),
                    "captions": t.captions,
                    "expected": round(t.expected, 1),
                }
                for t in self.thin
            ],
        }


def pattern(values: FacetValue) -> str:
    """The pattern of a multi-valued facet: none, the value where there is one, else how many."""
    if isinstance(values, str) or len(values) == 1:
        return values if isinstance(values, str) else values[0]
    return f"{'2' if len(values) == 2 else '3 or more'} together" if values else NONE


def coverage(
    facets: Sequence[Facet],
    labelled: Sequence[tuple[Mapping[str, FacetValue], Mapping[str, str]]],
    slices: Sequence[str] = ("era", "style", "stratum"),
) -> Coverage:
    """Count what labelled captions cover.

    Args:
        labelled: (labels, slices) of each caption; no text is needed.
        slices: those that at least one caption has become axes.
    """
    present = [s for s in slices if any(have.get(s) for _, have in labelled)]
    single = [f for f in facets if not f.multiple]
    multiple = [f for f in facets if f.multiple]
    axes = (*(f.name for f in single), *present, *(f.name for f in multiple))
    rows = [
        (
            *(str(labels.get(f.name, UNKNOWN)) for f in single),
            *(have.get(s) or UNKNOWN for s in present),
            *(pattern(labels[f.name]) if f.name in labels else UNKNOWN for f in multiple),
        )
        for labels, have in labelled
    ]
    orders = [f.names for f in single] + [() for _ in present] + [(NONE, *f.names) for f in multiple]
    counts = {axis: _ordered((row[i] for row in rows), orders[i]) for i, axis in enumerate(axes)}
    values = {
        f.name: {name: sum(name in labels.get(f.name, ()) for labels, _ in labelled) for name in f.names}
        for f in multiple
    }
    crossings = dict(Counter(rows))
    return Coverage(len(rows), axes, counts, values, crossings, _thin(axes, counts, crossings, len(rows)))


def _ordered(found: Iterable[str], order: Sequence[str]) -> dict[str, int]:
    """Counts in the taxonomy's order, its values without captions included; others by name."""
    counts = Counter(found)
    return {name: counts[name] for name in (*order, *sorted(counts.keys() - set(order)))}


def _thin(
    axes: Sequence[str], counts: Mapping[str, Mapping[str, int]], crossings: Mapping[tuple[str, ...], int], total: int
) -> tuple[ThinCrossing, ...]:
    """Crossings far below what independence of the axes would give; values without captions are expected nowhere."""
    if not total:
        return ()
    grown: list[tuple[tuple[str, ...], float]] = [((), float(total))]
    for axis in axes:  # Parts too rare to be expected are dropped early, or the crossing would be huge.
        grown = [
            ((*crossing, value), expected * count / total)
            for crossing, expected in grown
            for value, count in counts[axis].items()
            if expected * count / total >= THIN_LEAST
        ]
    found = [ThinCrossing(crossing, crossings.get(crossing, 0), expected) for crossing, expected in grown]
    thin = [t for t in found if t.captions < t.expected * THIN_SHARE]
    return tuple(sorted(thin, key=lambda t: (t.captions - t.expected, t.values)))
