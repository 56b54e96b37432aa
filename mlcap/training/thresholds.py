"""Review thresholds, chosen for what they promise on captions that no fit has seen.

Every value has a threshold of its own, because a probability of 0.8 is worth more for one
value than for another. The thresholds stand where one more automatic caption is right as
often for each value; with given targets no other choice leaves more captions automatic.
A rate of being right at the thresholds goes down step by step from the highest, and after the first
that met the demands the first that fails ends the search. That is in the manner of fixed-sequence testing
(Angelopoulos et al., "Learn then test: calibrating predictive algorithms to achieve risk control", 2021) and not
as strict: the rates and the least probability of the whole are learned on the captions that test them. Where
nothing but chance tells captions apart, a bound of 95 % so chosen fails in 12 of 100 draws and not in 5; what thresholds
keep on captions that did not choose them is measured apart (`benchmarks/promise.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.isotonic import IsotonicRegression

from mlcap.evaluation.intervals import lower_bound
from mlcap.model.probability import whole_probability
from mlcap.model.review import ReviewRule, above_thresholds
from mlcap.types import Facet

#: Lowest rates of being right at a threshold that are tried, from the highest, and lowest probabilities of the whole.
RATES = np.round(np.arange(0.995, 0.5, -0.005), 3)
WHOLES = np.round(np.arange(0.2, 0.99, 0.01), 2)
#: The probabilities that a threshold may have.
GRID = np.round(np.arange(0.3, 1.0, 0.005), 3)
#: A value with fewer captions than this has the thresholds of all values together.
FEWEST = 30
#: With fewer automatic captions than this a lower bound is not believed.
FEWEST_AUTOMATIC = 100


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

    def automatic(self, rule: ReviewRule) -> np.ndarray:
        """Which captions a rule leaves without review: (n,) bool."""
        whole = whole_probability(self.facets, self.probabilities, self.given)
        kept = above_thresholds(rule, self.facets, self.probabilities) & (whole >= rule.whole)
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

    def holds(self, automatic: np.ndarray) -> bool:
        """Whether it holds where these of the captions are automatic, (n,) bool."""
        kept = np.flatnonzero(automatic & self.counted)
        if not len(kept):
            return False
        right = self.tags.single_right[kept]
        if right.mean() < self.single or self.tags.all_right[kept].mean() < self.whole:
            return False
        if self.sure:
            enough = len(kept) >= FEWEST_AUTOMATIC
            if not enough or lower_bound([self.missions[i] for i in kept.tolist()], right) < self.single:
                return False
        if self.groups is None:
            return True
        shares = [right[self.groups[kept] == g] for g in np.unique(self.groups[kept])]
        return all(len(s) < FEWEST or s.mean() >= self.group_single for s in shares)


def _curve(probability: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How often captions of each probability of `GRID` are right, never falling (isotonic regression; Zadrozny & Elkan, 2002)."""
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(probability, right)
    return np.asarray(fitted.predict(GRID))


def _curves(facet: Facet, probability: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    best, top = probability.argmax(axis=1), probability.max(axis=1)
    pooled = _curve(top, right)
    return [
        _curve(top[best == place], right[best == place]) if (best == place).sum() >= FEWEST else pooled
        for place in range(len(facet.values))
    ]


def _thresholds(curves: Sequence[np.ndarray], rate: float) -> tuple[float, ...]:
    return tuple(float(GRID[np.argmax(c >= rate)]) if (c >= rate).any() else 1.0 for c in curves)


@dataclass
class _Best:
    rule: ReviewRule
    automatic: int = field(default=0)


def choose_rule(learned: OutOfFoldTags, demands: Sequence[Demand]) -> ReviewRule:
    """Choose the thresholds that leave most captions automatic while every demand holds.

    Args:
        learned: the captions from which it is learned how often each value is right at each probability.
        demands: what must hold; most captions means the counted ones of the first.

    Returns:
        A rule; where none meets the demands, one that sends everything to review.
    """
    curves = {
        f.name: _curves(f, p, learned.single_right)
        for f, p in zip(learned.facets, learned.probabilities, strict=True)
        if not f.multiple
    }
    nothing = ReviewRule({f.name: (1.0,) * len(f.values) for f in learned.facets if not f.multiple}, 1.0)
    best = _Best(nothing)
    wholes = [whole_probability(d.tags.facets, d.tags.probabilities, d.tags.given) for d in demands]
    begun = False
    for rate in RATES:
        single = {name: _thresholds(rows, float(rate)) for name, rows in curves.items()}
        rule = _least_whole(single, demands, wholes)
        if rule is None:
            if begun:
                break
            continue
        begun = True
        first = demands[0]
        count = int((first.tags.automatic(rule) & first.counted).sum())
        if count > best.automatic:
            best = _Best(rule, count)
    return best.rule


def _least_whole(
    single: dict[str, tuple[float, ...]], demands: Sequence[Demand], wholes: Sequence[np.ndarray]
) -> ReviewRule | None:
    """The rule of these thresholds with the least probability of the whole at which all demands hold; None without one."""
    reached = [d.tags.automatic(ReviewRule(single, 0.0)) for d in demands]
    for least in WHOLES:
        if all(d.holds(r & (w >= least)) for d, r, w in zip(demands, reached, wholes, strict=True)):
            return ReviewRule(single, float(least))
    return None
