"""Comparing two model versions on the same captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import share
from mlcap.evaluation.outcomes import share_right
from mlcap.types import FacetValue, LabelledCaption, TaggedCaption


@dataclass(frozen=True)
class Comparison:
    """How much better the candidate is than the current version.

    Attributes:
        captions: how many captions of held-out missions both were measured on.
        candidate, current: mean share of facets right per caption.
        difference: candidate minus current.
        interval: its paired 95 % interval, drawn by mission; None of fewer than two missions.
        of_one: of one mission the interval drawn by caption, which says nothing of other missions; else None.
        at_hand: how many labelled captions the captions were looked for among.
    """

    captions: int
    candidate: float | None
    current: float | None
    difference: float | None
    interval: tuple[float, float] | None
    of_one: tuple[float, float] | None = None
    at_hand: int = 0

    @property
    def clearly_worse(self) -> bool:
        """Whether even the upper end of the interval is below zero; where one mission is all there is, of that one."""
        found = self.interval or self.of_one
        return found is not None and found[1] < 0

    @property
    def gains(self) -> bool:
        """Whether the candidate is right more often, be it by chance."""
        return self.difference is not None and self.difference > 0

    @property
    def told(self) -> bool:
        """Whether chance alone would hardly make the difference."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


@dataclass(frozen=True)
class ChangedTag:
    """One tag that two versions give differently: the caption's index, the facet, both values, and the label (None without)."""

    index: int
    facet: str
    before: FacetValue
    after: FacetValue
    label: FacetValue | None


def changed_tags(
    labels: Sequence[Mapping[str, FacetValue]], before: Sequence[TaggedCaption], after: Sequence[TaggedCaption]
) -> list[ChangedTag]:
    """List the tags that differ between two versions, caption by caption.

    Args:
        labels: the labels of each caption, empty where it has none.

    """
    return [
        ChangedTag(index, name, value, b.tags[name], label.get(name))
        for index, (label, a, b) in enumerate(zip(labels, before, after, strict=True))
        for name, value in a.tags.items()
        if name in b.tags and b.tags[name] != value
    ]


def compare(
    captions: Sequence[LabelledCaption], candidate: Sequence[TaggedCaption], current: Sequence[TaggedCaption]
) -> Comparison:
    """Compare two versions' tags of the same captions, pair by pair, drawn by mission."""
    if not captions:
        return Comparison(0, None, None, None, None)
    a, b = share_right(captions, candidate), share_right(captions, current)
    difference = a - b
    interval = bootstrap([c.mission for c in captions], share(difference))
    of_one = bootstrap([c.id for c in captions], share(difference)) if interval is None else None
    means = float(a.mean()), float(b.mean()), float(difference.mean())
    return Comparison(len(captions), *means, interval, of_one, len(captions))
