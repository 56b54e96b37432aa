"""Review thresholds, chosen on out-of-fold probabilities for stated targets.

Every value has a threshold of its own, because a probability of 0.8 is worth more for one
value than for another. The thresholds stand where one more automatic caption is right as
often for each value; with given targets no other choice leaves more captions automatic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from mlcap.model.probability import whole_probability
from mlcap.model.review import ReviewRule, above_thresholds
from mlcap.types import Facet

#: Lowest rates of being right at a threshold that are tried, and lowest probabilities of the whole.
RATES = np.round(np.arange(0.5, 0.995, 0.01), 2)
WHOLES = np.round(np.arange(0.2, 0.99, 0.01), 2)
#: The probabilities that a threshold may have.
GRID = np.round(np.arange(0.3, 1.0, 0.005), 3)
#: A value with fewer captions than this has the thresholds of all values together.
FEWEST = 30


@dataclass(frozen=True)
class OutOfFoldTags:
    """Tags given out of fold, of n captions.

    Attributes:
        facets: the facets.
        probabilities: for every facet an array of shape (n, values).
        given: for every facet an array of shape (n, values), bool.
        single_right: (n,) whether all single-valued facets are right.
        all_right: (n,) whether all facets are right.
    """

    facets: Sequence[Facet]
    probabilities: Sequence[np.ndarray]
    given: Sequence[np.ndarray]
    single_right: np.ndarray
    all_right: np.ndarray


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


def choose_rule(tags: OutOfFoldTags, counted: np.ndarray, single_target: float, all_target: float) -> ReviewRule:
    """Choose the thresholds that leave most captions automatic at the targets.

    Args:
        tags: out of fold, of all captions; how often each value is right at each probability is learned from all.
        counted: (n,) bool, the captions on which the targets must be reached: those whose mix is the archive's.
        single_target, all_target: the shares of right single values, and of captions right in
            every facet, to reach among the automatic captions.

    Returns:
        A rule; where none reaches the targets, one that sends everything to review.
    """
    curves = {
        f.name: _curves(f, p, tags.single_right)
        for f, p in zip(tags.facets, tags.probabilities, strict=True)
        if not f.multiple
    }
    whole = whole_probability(tags.facets, tags.probabilities, tags.given)
    best, most = ReviewRule({f.name: (1.0,) * len(f.values) for f in tags.facets if not f.multiple}, 1.0), 0
    for rate in RATES:
        single = {name: _thresholds(rows, float(rate)) for name, rows in curves.items()}
        reached = counted & above_thresholds(ReviewRule(single, 0.0), tags.facets, tags.probabilities)
        for least in WHOLES:
            kept = reached & (whole >= least)
            count = int(kept.sum())
            if count <= most:
                break  # Fewer captions still with a higher threshold of the whole.
            if tags.single_right[kept].mean() >= single_target and tags.all_right[kept].mean() >= all_target:
                best, most = ReviewRule(single, float(least)), count
                break
    return best
