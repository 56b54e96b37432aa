"""What the labels cover: counts along the axes, their crossings, and the crossings that are thin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.types import Facet, FacetValue

#: What a caption without roles, or without a slice, counts as.
NONE, UNKNOWN = "none", "not said"
#: A cell is thin where it holds less than this share of what its parts would give, and they would give this many.
THIN_SHARE, THIN_LEAST = 1 / 3, 3.0


@dataclass(frozen=True)
class ThinCell:
    """A crossing that holds fewer captions than the shares of its parts would give: values by axis, both counts."""

    cell: tuple[str, ...]
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
        cells: the full crossing, values in the order of the axes -> captions; empty cells are left out.
        thin: most wanted first.
    """

    captions: int
    axes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    values: dict[str, dict[str, int]]
    cells: dict[tuple[str, ...], int]
    thin: tuple[ThinCell, ...]

    def table(self, first: str, second: str) -> dict[tuple[str, str], int]:
        """The crossing of two axes: (value, value) -> captions, without empty cells."""
        a, b = self.axes.index(first), self.axes.index(second)
        out: Counter[tuple[str, str]] = Counter()
        for cell, count in self.cells.items():
            out[cell[a], cell[b]] += count
        return dict(out)

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON; cells as objects, axis -> value, with their count."""
        return {
            "captions": self.captions,
            "axes": self.counts,
            "values": self.values,
            "cells": [
                {**dict(zip(self.axes, cell, strict=True)), "captions": n} for cell, n in sorted(self.cells.items())
            ],
            "thin": [
                {**dict(zip(self.axes, t.cell, strict=True)), "captions": t.captions, "expected": round(t.expected, 1)}
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
    cells = dict(Counter(rows))
    return Coverage(len(rows), axes, counts, values, cells, _thin(axes, counts, cells, len(rows)))


def _ordered(found: Iterable[str], order: Sequence[str]) -> dict[str, int]:
    """Counts in the taxonomy's order, its values without captions included; others by name."""
    counts = Counter(found)
    return {name: counts[name] for name in (*order, *sorted(counts.keys() - set(order)))}


def _thin(
    axes: Sequence[str], counts: Mapping[str, Mapping[str, int]], cells: Mapping[tuple[str, ...], int], total: int
) -> tuple[ThinCell, ...]:
    """Cells far below what independence of the axes would give; values without captions are expected nowhere."""
    if not total:
        return ()
    grown: list[tuple[tuple[str, ...], float]] = [((), float(total))]
    for axis in axes:  # Parts too rare to be expected are dropped early, or the crossing would be huge.
        grown = [
            ((*cell, value), expected * count / total)
            for cell, expected in grown
            for value, count in counts[axis].items()
            if expected * count / total >= THIN_LEAST
        ]
    found = [ThinCell(cell, cells.get(cell, 0), expected) for cell, expected in grown]
    thin = [t for t in found if t.captions < t.expected * THIN_SHARE]
    return tuple(sorted(thin, key=lambda t: (t.captions - t.expected, t.cell)))
