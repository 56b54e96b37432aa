"""Wider review for versions from few captions: the fewer missions were read out of fold, the more goes to review.

Thresholds chosen where few missions were read are too low by luck: of many choices the best one looks better than it is.
How far a share measured on n missions may be off falls as 1 / sqrt(n) (twice the largest standard error of a share), so of
the captions that thresholds leave automatic such a share goes to review beside, the least certain first, and never all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from mlcap.model.probability import DIGITS, told, whole_probability
from mlcap.model.review import ReviewRule
from mlcap.training.thresholds import OutOfFoldTags

#: No more than this share of the automatic captions goes to review beside, however few missions there are.
MOST = 0.5


def effective_groups(groups: Sequence[Hashable]) -> float:
    """How many groups of equal size would say as much (Kish, "Survey sampling", 1965); between 1 and their number."""
    sizes = Counter(groups).values()
    return sum(sizes) ** 2 / sum(size * size for size in sizes)


def review_share(groups: float) -> float:
    """The share of the automatic captions that goes to review beside where so many groups were read out of fold."""
    return min(MOST, 1 / math.sqrt(groups))


def widened(rule: ReviewRule, tags: OutOfFoldTags, counted: np.ndarray, groups: Sequence[Hashable]) -> ReviewRule:
    """Raise the thresholds of a rule, each by the same part of its way to 1, until few enough captions are automatic.

    Args:
        rule: the rule that meets its demands on the captions.
        tags: of n captions, out of fold.
        counted: (n,) bool, those that count.
        groups: (n,) the group (mission) of each.

    Returns:
        A rule that leaves a share of `review_share` fewer of the counted captions automatic; by less than one caption more
        than that where captions are equally certain.
    """
    kept = np.flatnonzero(tags.automatic(rule) & counted)
    if not len(kept):
        return rule
    share = review_share(effective_groups([groups[i] for i in np.flatnonzero(counted).tolist()]))
    parts = np.sort(_parts(rule, tags, kept))
    part = float(parts[math.ceil((1 - share) * len(kept)) - 1])
    single = {name: tuple(_raised(least, part) for least in row) for name, row in rule.single.items()}
    return ReviewRule(single, _raised(rule.whole, part))


def _parts(rule: ReviewRule, tags: OutOfFoldTags, kept: np.ndarray) -> np.ndarray:
    """What part of the way from 1 down to each threshold must be left open for a caption to stay automatic: (kept,)."""
    # No threshold may lie above all probabilities that can be told.
    probabilities, given = [told(p[kept]) for p in tags.probabilities], [g[kept] for g in tags.given]
    out = _part(whole_probability(tags.facets, probabilities, given), np.full(len(kept), rule.whole))
    for facet, p in zip(tags.facets, probabilities, strict=True):
        if not facet.multiple:
            out = np.maximum(out, _part(p.max(axis=1), np.asarray(rule.single[facet.name])[p.argmax(axis=1)]))
    return out


def _part(probability: np.ndarray, least: np.ndarray) -> np.ndarray:
    return np.asarray((1 - probability) / np.where(least < 1, 1 - least, 1.0))


def _raised(least: float, part: float) -> float:
    """A threshold of which this part of the way to 1 is left open; cut to the places that probabilities are told to."""
    scale = 10**DIGITS
    return float(max(least, math.floor((1 - (1 - least) * part) * scale) / scale))
