"""Review thresholds, chosen for what they promise on captions that no fit has seen.

One threshold stands for all values of a facet: thresholds of their own for values, learned from how often each is right,
do worse on other missions and much worse on other desks (docs/decisions/0018-records-and-the-promise.md). It goes down step
by step from the highest, a path that no caption taught; with each goes the least probability of the whole at which enough
captions are right in everything. The first lower bound below its target ends the path, so that all before it hold
together with the confidence of one test (fixed-sequence testing; Angelopoulos et al., "Learn then test: calibrating
predictive algorithms to achieve risk control", 2021). In how many draws of captions such a bound fails is counted by
`benchmarks/guarantees.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlcap.evaluation.intervals import lower_bound
from mlcap.model.probability import whole_probability
from mlcap.model.review import ReviewRule, above_thresholds
from mlcap.types import Facet

#: The thresholds that are tried, from the highest, and the least probabilities of the whole.
THRESHOLDS = np.round(np.arange(0.995, 0.295, -0.005), 3)
WHOLES = np.round(np.arange(0.2, 0.99, 0.01), 2)
#: A group with fewer automatic captions than this says nothing.
FEWEST = 30
#: With fewer automatic captions than this, or a smaller share of all, a lower bound is not tested: chance would end the path.
FEWEST_AUTOMATIC, LEAST_AUTOMATIC = 100, 0.2


@dataclass(frozen=True)
class OutOfFoldTags:
    """Tags given to n captions by fits that never saw them.

    Attributes:
        facets: the facets.
        probabilities: for every facet an array of shape (n, values).
        given: for every facet an array of shape (n, values), bool.
        single_right: (n,) whether all single-valued facets are right.
        all_right: (n,) whether all facets are right.
        odd: (n,) whether the caption goes to review for another reason than its probabilities; None for never.
    """

    facets: Sequence[Facet]
    probabilities: Sequence[np.ndarray]
    given: Sequence[np.ndarray]
    single_right: np.ndarray
    all_right: np.ndarray
    odd: np.ndarray | None = None

    @cached_property
    def whole(self) -> np.ndarray:
        """The probability that every facet is right: (n,)."""
        return whole_probability(self.facets, self.probabilities, self.given)

    def among(self, rows: np.ndarray) -> OutOfFoldTags:
        """The tags of some of the captions, by their places or a mask."""
        odd = None if self.odd is None else self.odd[rows]
        probabilities, given = [p[rows] for p in self.probabilities], [g[rows] for g in self.given]
        return OutOfFoldTags(self.facets, probabilities, given, self.single_right[rows], self.all_right[rows], odd)

    def automatic(self, rule: ReviewRule) -> np.ndarray:
        """Which captions a rule leaves without review: (n,) bool."""
        kept = above_thresholds(rule, self.facets, self.probabilities) & (self.whole >= rule.whole)
        return kept if self.odd is None else kept & ~self.odd


@dataclass(frozen=True)
class Demand:
    """What must hold of the automatic ones among some captions.

    Attributes:
        tags: of the captions.
        counted: (n,) bool, those on which it must hold.
        single: least share of right single values.
        whole: least share of captions right in every facet.
        sure: whether the share of right single values must be reached by its lower bound (95 %), missions drawn whole.
        missions: (n,) the mission of each caption, where `sure`.
        groups: (n,) the group of each caption, none of which may be below `group_single`; None without groups.
        group_single: least share of right single values in each group with enough automatic captions.
    """

    tags: OutOfFoldTags
    counted: np.ndarray
    single: float
    whole: float
    sure: bool = False
    missions: Sequence[str] = ()
    groups: np.ndarray | None = None
    group_single: float = 0.0

    def least_whole(self, automatic: np.ndarray) -> float:
        """The least of `WHOLES` above which enough captions are right in everything, where these may be automatic, (n,) bool.

        Returns:
            1 where no probability of the whole is enough.
        """
        kept = np.flatnonzero(automatic & self.counted)
        kept = kept[np.argsort(-self.tags.whole[kept], kind="stable")]
        # Above each of `WHOLES` are the first so many of these.
        first = np.searchsorted(-self.tags.whole[kept], -WHOLES, side="right")
        right = np.r_[0, np.cumsum(self.tags.all_right[kept])][first]
        enough = (first > 0) & (right >= self.whole * first)
        return float(WHOLES[enough.argmax()]) if enough.any() else 1.0

    def met(self, automatic: np.ndarray) -> bool:
        """Whether the shares, without their bound, hold where these captions are automatic, (n,) bool."""
        kept = np.flatnonzero(automatic & self.counted)
        if not len(kept):
            return False
        right = self.tags.single_right[kept]
        if right.mean() < self.single or self.tags.all_right[kept].mean() < self.whole:
            return False
        groups = self.groups if self.groups is None else self.groups[kept]
        shares = [] if groups is None else [right[groups == g] for g in np.unique(groups)]
        return all(len(s) < FEWEST or s.mean() >= self.group_single for s in shares)

    def testable(self, automatic: np.ndarray) -> bool:
        """Whether so many captions are automatic that a lower bound says something; true where none is asked for."""
        count = int((automatic & self.counted).sum())
        return not self.sure or count >= max(FEWEST_AUTOMATIC, LEAST_AUTOMATIC * int(self.counted.sum()))

    def sure_of(self, automatic: np.ndarray) -> bool:
        """Whether the lower bound reaches the share of right single values; true where none is asked for."""
        if not self.sure:
            return True
        kept = np.flatnonzero(automatic & self.counted)
        return lower_bound([self.missions[i] for i in kept.tolist()], self.tags.single_right[kept]) >= self.single


def rule_at(threshold: float, demands: Sequence[Demand]) -> ReviewRule:
    """The rule of a threshold, with the least probability of the whole that the demands ask for."""
    facets = demands[0].tags.facets
    single = {f.name: (threshold,) * len(f.values) for f in facets if not f.multiple}
    return ReviewRule(single, max(d.least_whole(d.tags.automatic(ReviewRule(single, 0.0))) for d in demands))


def choose_rule(demands: Sequence[Demand]) -> ReviewRule:
    """Choose the rule that leaves most captions automatic while every demand holds.

    Args:
        demands: what must hold; most captions means the counted ones of the first.

    Returns:
        A rule; where none meets the demands, one that sends everything to review.
    """
    best, most = ReviewRule({f.name: (1.0,) * len(f.values) for f in demands[0].tags.facets if not f.multiple}, 1.0), 0
    for threshold in THRESHOLDS.tolist():
        rule = rule_at(threshold, demands)
        kept = [d.tags.automatic(rule) for d in demands]
        if not all(d.testable(automatic) for d, automatic in zip(demands, kept, strict=True)):
            continue
        if not all(d.sure_of(automatic) for d, automatic in zip(demands, kept, strict=True)):
            break
        count = int((kept[0] & demands[0].counted).sum())
        if count > most and all(d.met(automatic) for d, automatic in zip(demands, kept, strict=True)):
            best, most = rule, count
    return best
