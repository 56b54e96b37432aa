"""Exact bounds of a share that was counted in a random sample (Clopper & Pearson, 1934), and what they need.

The two bounds are the ends of one interval: with the stated confidence the share lies between them.
"""

from __future__ import annotations

import math

#: The confidence with which both bounds hold together.
CONFIDENCE = 0.95
#: No answer is looked for among samples larger than this.
MOST = 100_000


def lower_bound(right: int, count: int, confidence: float = CONFIDENCE) -> float:
    """The share that the population reaches at least: the lower end of the interval of this confidence.

    Args:
        right: how many of the sample are right.
        count: how many the sample holds; with none of them nothing is known and the bound is 0.
    """
    if not 0 <= right <= count:
        raise ValueError(f"{right} of {count} cannot be right")
    if right == 0:
        return 0.0
    # Loaded here: the inverse of the incomplete beta function, of which a command that measures nothing has no need.
    from scipy.special import betaincinv

    return float(betaincinv(right, count - right + 1, (1 - confidence) / 2))


def upper_bound(right: int, count: int, confidence: float = CONFIDENCE) -> float:
    """The share that the population reaches at most: the upper end of the interval of this confidence."""
    return 1.0 - lower_bound(count - right, count, confidence)


def sample_that_tells(share: float, target: float, known: int, confidence: float = CONFIDENCE) -> int | None:
    """How many more of a sample would tell on which side of a target the population is, did it go on at the same share.

    Args:
        share: of right ones so far.
        known: how many there are so far.

    Returns:
        0 where it is told already; None where `MOST` would not tell.
    """

    def tells(count: int) -> bool:
        right = round(share * count)
        return lower_bound(right, count, confidence) >= target or upper_bound(right, count, confidence) < target

    if known and tells(known):
        return 0
    low, high = known, max(known, 1)
    while not tells(high):
        low, high = high, high * 2
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if tells(middle):
            high = middle
        else:
            low = middle
    return high - known


def no_smaller_by_chance(right: int, count: int, right_before: int, count_before: int) -> float:
    """The probability, were both samples of one share, that the later holds as few right ones or fewer (Fisher's exact test).

    Args:
        right, count: of the later sample.
        right_before, count_before: of the earlier one.
    """
    total, hits = count + count_before, right + right_before
    whole = math.comb(total, count)
    return (
        sum(
            math.comb(hits, k) * math.comb(total - hits, count - k)
            for k in range(max(0, count - (total - hits)), right + 1)
        )
        / whole
    )
