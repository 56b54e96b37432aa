"""Bootstrap intervals over missions: captions of one mission are drawn together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

DRAWS = 500


def bootstrap(
    missions: Sequence[str], figure: Callable[[np.ndarray], float | None], draws: int = DRAWS, seed: int = 0
) -> tuple[float, float] | None:
    """Give the 95 % percentile interval of a figure (Efron & Tibshirani, 1993).

    Args:
        missions: the group of each caption.
        figure: computes the figure of the captions at the given indices; None is left out.

    Returns:
        (low, high), or None where the figure never could be computed or there is one mission only.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for index, mission in enumerate(missions):
        groups[mission].append(index)
    if len(groups) < 2:
        return None  # One mission says nothing of how others would do.
    members = [np.asarray(g) for g in groups.values()]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        picked = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        value = figure(picked)
        if value is not None:
            found.append(value)
    if not found:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
