"""Intervals over missions: captions of one mission are drawn together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlcap.evaluation.metrics import Average

DRAWS = 500
#: Draws of as many missions as this are counted at a time; bounds the memory, not the result.
_AT_ONCE = 1 << 20


def bootstrap(
    missions: Sequence[str], average: Average, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float] | None:
    """Give the 95 % percentile interval of a metric (Efron & Tibshirani, 1993).

    Args:
        missions: the group of each caption.
        average: the metric, of the same captions; draws in which there is nothing to count are left out.

    Returns:
        (low, high), or None where there never is anything to count or there is one mission only.
    """
    number = {mission: i for i, mission in enumerate(dict.fromkeys(missions))}
    count = len(number)
    if count < 2:
        return None  # One mission says nothing of how others would do.
    sums = np.zeros((count, average.counts.shape[1]))
    np.add.at(sums, [number[m] for m in missions], average.counts)
    rng = np.random.default_rng(seed)
    found = []
    left = draws
    while left:
        part = min(left, max(1, _AT_ONCE // count))
        picked = rng.integers(0, count, (part, count))
        # How often each mission is drawn, so that a draw costs one product whatever its captions are.
        times = np.bincount((picked + count * np.arange(part)[:, None]).ravel(), minlength=part * count)
        found.append(average.formula(times.reshape(part, count) @ sums))
        left -= part
    values = np.concatenate(found)
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


#: The quantile of the normal distribution for a one-sided bound of 95 %.
_ONE_SIDED = 1.645


def lower_bound(missions: Sequence[str], right: np.ndarray) -> float:
    """Give the one-sided 95 % lower bound of a share, the missions being what was drawn.

    The share of n captions in G missions is a ratio of sums over missions; its standard error is that of cluster
    sampling (Cochran, "Sampling techniques", 1977, ch. 9A). It is widened as if two right and two wrong captions had
    been seen beside, so that it means something where all or few are right (Agresti & Coull, 1998).

    Args:
        missions: the mission of each caption, at least one.
        right: (n,) bool.
    """
    count = len(right)
    share = (float(right.sum()) + 2) / (count + 4)
    names, place = np.unique(np.asarray(missions), return_inverse=True)
    groups = len(names)
    over = np.bincount(place, weights=right.astype(float) - float(right.mean()), minlength=groups)
    clustered = float((over @ over) / count**2) * (groups / max(groups - 1, 1))
    spread = math.sqrt(max(clustered, share * (1 - share) / (count + 4)))
    return max(0.0, float(right.mean()) - _ONE_SIDED * spread)
