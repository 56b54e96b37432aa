"""Two model versions side by side on the same labelled captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.compare import ChangedTag, Comparison, changed_tags, compare
from mlcap.evaluation.confusion import confusion
from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import Average, averages, difference, share
from mlcap.evaluation.outcomes import tags_right
from mlcap.rounding import rounded
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: What becomes of a tag that changes: its label was met by the first version, by the second, or by neither.
WORSE, BETTER, NEITHER, UNLABELLED = "worse", "better", "neither", "no label"


@dataclass(frozen=True)
class MetricDifference:
    """One metric of both versions: the second's less the first's, with its paired 95 % interval by mission.

    Metrics are None where there is nothing to count, the interval also where there is one mission only.
    """

    metric: str
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class SideBySide:
    """The comparison of two versions.

    Attributes:
        captions: how many captions.
        metrics: the averages of every facet, then the workload.
        tags: share of facets right per caption, as the promotion of versions compares it.
        matrices: single-valued facet -> (values, values) counts of the second less the first.
        changed_tags: every tag that differs, caption by caption.
    """

    captions: int
    metrics: tuple[MetricDifference, ...]
    tags: Comparison
    matrices: dict[str, tuple[tuple[int, ...], ...]]
    changed_tags: tuple[ChangedTag, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals; each changed tag says what became of it."""
        data: dict[str, Any] = rounded(asdict(self))
        tags = self.tags
        return {
            **data,
            # The second is the candidate, as where one is promoted.
            "tags": rounded(
                asdict(MetricDifference("tags", tags.current, tags.candidate, tags.difference, tags.interval))
            ),
            "changed_tags": [changed_data(t) for t in self.changed_tags],
        }


def changed_data(tag: ChangedTag) -> dict[str, Any]:
    """A changed tag as plain data for JSON, with what became of it."""
    return {**asdict(tag), "verdict": verdict(tag)}


def verdict(tag: ChangedTag) -> str:
    """Say what became of a changed tag."""
    if tag.label is None:
        return UNLABELLED
    return WORSE if tag.before == tag.label else BETTER if tag.after == tag.label else NEITHER


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
    metrics: list[MetricDifference] = []
    for facet in facets:
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        if picked:
            missions = [captions[i].mission for i in picked]
            both = [_averages(facet, captions, t, picked) for t in (first, second)]
            metrics += [_difference(f"{facet.name} {n}", missions, both[0][n], both[1][n]) for n in both[0]]
    everyone = [c.mission for c in captions]
    loads = [_workload(facets, captions, t) for t in (first, second)]
    metrics += [_difference(name, everyone, loads[0][name], loads[1][name]) for name in loads[0]]
    found = changed_tags([c.labels for c in captions], first, second)
    names = {f.name for f in facets}
    return SideBySide(
        len(captions),
        tuple(metrics),
        compare(captions, second, first),
        _matrices(facets, captions, first, second),
        tuple(c for c in found if c.facet in names),
    )


def _averages(
    facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], picked: Sequence[int]
) -> dict[str, Average]:
    gold = [captions[i].labels[facet.name] for i in picked]
    return averages(facet, gold, [tagged[i].tags[facet.name] for i in picked])


def _workload(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> dict[str, Average]:
    automatic = np.asarray([not t.needs_review for t in tagged])
    right = tags_right(facets, captions, tagged)
    return {"automatic": share(automatic), "automatic, all right": share(right, automatic)}


def _difference(name: str, missions: Sequence[str], first: Average, second: Average) -> MetricDifference:
    gap = difference(first, second)
    return MetricDifference(name, first.value, second.value, gap.value, bootstrap(missions, gap))


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
