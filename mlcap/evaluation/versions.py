"""Two model versions side by side on the same labelled captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.compare import Change, Comparison, changes, compare
from mlcap.evaluation.confusion import confusion
from mlcap.evaluation.evaluate import figure_functions
from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.outcomes import tags_right
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: What becomes of a tag that changes: its label was met by the first version, by the second, or by neither.
WORSE, BETTER, NEITHER, UNLABELLED = "worse", "better", "neither", "no label"


@dataclass(frozen=True)
class Difference:
    """One figure of both versions: the second's less the first's, with its paired 95 % interval by mission.

    Figures are None where there is nothing to count, the interval also where there is one mission only.
    """

    figure: str
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class SideBySide:
    """The comparison of two versions.

    Attributes:
        captions: how many captions.
        figures: the averages of every facet, then the workload.
        tags: share of facets right per caption, as the promotion of versions compares it.
        matrices: single-valued facet -> (values, values) counts of the second less the first.
        changes: every tag that differs, caption by caption.
    """

    captions: int
    figures: tuple[Difference, ...]
    tags: Comparison
    matrices: dict[str, tuple[tuple[int, ...], ...]]
    changes: tuple[Change, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON; each change says what became of it."""
        data = asdict(self)
        data["changes"] = [{**asdict(c), "verdict": verdict(c)} for c in self.changes]
        return data


def verdict(change: Change) -> str:
    """Say what became of a changed tag."""
    if change.label is None:
        return UNLABELLED
    return WORSE if change.before == change.label else BETTER if change.after == change.label else NEITHER


def side_by_side(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    first: Sequence[TaggedCaption],
    second: Sequence[TaggedCaption],
) -> SideBySide:
    """Compare two versions' tags of the same captions, drawn by mission in pairs.

    Args:
        facets: those that both versions tag, with the same values.
        captions: labelled, at least one.
        first, second: their tags by either version, in the same order.
    """
    figures: list[Difference] = []
    for facet in facets:
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        if picked:
            missions = [captions[i].mission for i in picked]
            both = [_functions(facet, captions, t, picked) for t in (first, second)]
            figures += [_difference(f"{facet.name} {n}", missions, both[0][n], both[1][n]) for n in both[0]]
    everyone = [c.mission for c in captions]
    loads = [_workload(facets, captions, t) for t in (first, second)]
    figures += [_difference(name, everyone, loads[0][name], loads[1][name]) for name in loads[0]]
    found = changes([c.labels for c in captions], first, second)
    names = {f.name for f in facets}
    return SideBySide(
        len(captions),
        tuple(figures),
        compare(captions, second, first),
        _matrices(facets, captions, first, second),
        tuple(c for c in found if c.facet in names),
    )


_Figure = Callable[[np.ndarray], float | None]


def _functions(
    facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], picked: Sequence[int]
) -> dict[str, _Figure]:
    gold = [captions[i].labels[facet.name] for i in picked]
    given = [tagged[i].tags[facet.name] for i in picked]
    right = np.asarray([g == p for g, p in zip(gold, given, strict=True)])
    return figure_functions(facet, gold, given, right)


def _workload(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> dict[str, _Figure]:
    automatic = np.asarray([not t.needs_review for t in tagged])
    right = tags_right(facets, captions, tagged)

    def share(rows: np.ndarray) -> float:
        return float(automatic[rows].mean())

    def right_of_it(rows: np.ndarray) -> float | None:
        kept = rows[automatic[rows]]
        return float(right[kept].mean()) if len(kept) else None

    return {"automatic": share, "automatic, all right": right_of_it}


def _difference(name: str, missions: Sequence[str], first: _Figure, second: _Figure) -> Difference:
    def gap(rows: np.ndarray) -> float | None:
        a, b = first(rows), second(rows)
        return None if a is None or b is None else b - a

    everything = np.arange(len(missions))
    return Difference(name, first(everything), second(everything), gap(everything), bootstrap(missions, gap))


def _matrices(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    first: Sequence[TaggedCaption],
    second: Sequence[TaggedCaption],
) -> dict[str, tuple[tuple[int, ...], ...]]:
    out = {}
    for facet in facets:
        a, b = confusion(facet, captions, first), confusion(facet, captions, second)
        if a is not None and b is not None and a.counts is not None and b.counts is not None:
            out[facet.name] = tuple(
                tuple(y - x for x, y in zip(one, two, strict=True)) for one, two in zip(a.counts, b.counts, strict=True)
            )
    return out
