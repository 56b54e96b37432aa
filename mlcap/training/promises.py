"""Choosing when tags need review: what must hold on the archive's own mix, and on desks that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlcap.evaluation.intervals import lower_bound
from mlcap.evaluation.outcomes import right_everywhere
from mlcap.model.probability import picked_values, picks
from mlcap.model.promise import Kept, Promise
from mlcap.model.review import ReviewRule
from mlcap.rounding import rounded
from mlcap.training.parameters import TrainingParameters
from mlcap.training.thresholds import Demand, OutOfFoldTags, choose_rule
from mlcap.training.widening import widened
from mlcap.types import Facet, LabelledCaption

#: The targets for which thresholds are kept, beside the version's own.
TARGETS = (0.9, 0.92, 0.94, 0.96, 0.97, 0.98)
#: No desk may be as far below the target as this, in the share of right single values.
DESK_SLACK = 0.02
#: How far the share of captions right in everything may lie below the target.
WHOLE_SLACK = 0.1
#: With fewer captions drawn at random than this, the targets are measured on all captions.
FEWEST_DRAWN = 300


def representative(captions: Sequence[LabelledCaption]) -> np.ndarray:
    """The captions whose mix is the archive's: those drawn at random, if they are enough, else all; bool, shape (captions,)."""
    drawn = np.asarray([c.slices.get("sample") == "random" for c in captions])
    return drawn if drawn.sum() >= FEWEST_DRAWN else np.ones(len(captions), dtype=bool)


def tags_of(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    probabilities: Sequence[np.ndarray],
    odd: np.ndarray | None = None,
) -> OutOfFoldTags:
    """The tags that probabilities make, and which are right.

    Args:
        captions: in the order of the probabilities.
        probabilities: for every facet an array of shape (captions, values).
        odd: see `OutOfFoldTags`.
    """
    given = [picks(f, p, 0.5) for f, p in zip(facets, probabilities, strict=True)]
    values = [picked_values(f, g) for f, g in zip(facets, given, strict=True)]
    tags = [dict(zip((f.name for f in facets), row, strict=True)) for row in zip(*values, strict=True)]
    labels = [c.labels for c in captions]
    single = right_everywhere([f for f in facets if not f.multiple], labels, tags)
    return OutOfFoldTags(facets, probabilities, given, single, right_everywhere(facets, labels, tags), odd)


@dataclass(frozen=True)
class LeftOutTags:
    """Tags of captions by fits without their desks.

    Attributes:
        tags: the tags, of n captions.
        desks: (n,) the desk of each.
        missions: (n,) the number of the mission of each.
    """

    tags: OutOfFoldTags
    desks: np.ndarray
    missions: np.ndarray

    def among(self, rows: np.ndarray) -> LeftOutTags:
        """Some of the captions, by their places or a mask."""
        return LeftOutTags(self.tags.among(rows), self.desks[rows], self.missions[rows])

    def kept(self, rule: ReviewRule) -> tuple[Kept, dict[str, Kept]]:
        """How a rule does, on all desks together and on each."""
        automatic = self.tags.automatic(rule)
        together = self._kept(automatic, np.ones(len(automatic), dtype=bool))
        return together, {str(name): self._kept(automatic, self.desks == name) for name in np.unique(self.desks)}

    def _kept(self, automatic: np.ndarray, among: np.ndarray) -> Kept:
        kept = np.flatnonzero(automatic & among)
        if not len(kept):
            return Kept(int(among.sum()), 0, None, None, None)
        right = self.tags.single_right[kept]
        shares = (right.mean(), self.tags.all_right[kept].mean(), lower_bound(self.missions[kept].tolist(), right))
        return Kept(int(among.sum()), len(kept), *(rounded(float(share)) for share in shares))


def choose_review(
    mixed: OutOfFoldTags,
    captions: Sequence[LabelledCaption],
    left_out: LeftOutTags | None,
    parameters: TrainingParameters,
) -> tuple[ReviewRule, tuple[Promise, ...]]:
    """Choose when tags need review.

    Args:
        mixed: tags out of fold by mission, of all captions.
        captions: these captions.
        left_out: tags by desks left out; None where the captions are of too few desks.

    Returns:
        The rule, and what it and rules for other targets promise. Without desks, or where no threshold keeps the target
        on them, nothing is promised, and the rule is wider than the usual targets ask for (`mlcap.training.widening`).
    """
    counted = representative(captions)
    usual = Demand(mixed, counted, parameters.event_target, parameters.all_target)
    promises = () if left_out is None else tuple(_promises(left_out, usual, parameters.desk_target))
    own = next((p.rule for p in promises if p.target == parameters.desk_target), None)
    return own or widened(choose_rule([usual]), mixed, counted, [c.mission for c in captions]), promises


def _promises(left_out: LeftOutTags, usual: Demand, desk_target: float) -> Iterator[Promise]:
    """What rules for several targets promise, the least target first; `usual` must hold beside the one of the version."""
    for target in sorted({*TARGETS, desk_target}):
        own = target == desk_target
        mix = usual if own else replace(usual, single=target, whole=max(target - WHOLE_SLACK, 0.0))
        rule = choose_rule([mix, on_desks(left_out, target)])
        together, desks = left_out.kept(rule)
        if together.automatic:
            yield Promise(target, rule, together, desks)


def on_desks(left_out: LeftOutTags, target: float) -> Demand:
    """What must hold on desks left out for a target."""
    everything = np.ones(len(left_out.desks), dtype=bool)
    return Demand(
        left_out.tags,
        everything,
        target,
        max(target - WHOLE_SLACK, 0.0),
        sure=True,
        missions=left_out.missions.tolist(),
        groups=left_out.desks,
        group_single=target - DESK_SLACK,
    )
