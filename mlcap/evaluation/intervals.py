"""Bootstrap intervals over missions: captions of one mission are drawn together."""

from __future__ import annotations

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
