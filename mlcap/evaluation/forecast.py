"""How much work review makes: at the model's thresholds, and were the bar set elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.outcomes import tags_right, whole_probabilities
from mlcap.rounding import rounded
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: Shares of whole tag sets right among the automatic captions for which a forecast is made.
TARGETS = (0.90, 0.93, 0.95, 0.97, 0.99)
#: A threshold chosen on fewer captions than this says nothing of others.
FEWEST = 20


@dataclass(frozen=True)
class Forecast:
    """One line of a workload forecast, counted on the labelled captions.

    Attributes:
        target: the share of captions right in every tag that the automatic ones should reach;
            None for the model's own thresholds.
        automatic: share of the captions that need no review, 0 to 1.
        review: share that does; the two add up to 1.
        single_right: share of the automatic captions right in every single-valued facet.
        all_right: share of the automatic captions right in every facet. Both are None where
            nothing is automatic.
    """

    target: float | None
    automatic: float
    review: float
    single_right: float | None
    all_right: float | None

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        data: dict[str, Any] = rounded(asdict(self))
        return data


def forecasts(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    tagged: Sequence[TaggedCaption],
    targets: Sequence[float] = TARGETS,
) -> list[Forecast]:
    """Forecast the work at the model's thresholds, then at each target.

    For a target, captions are automatic above a threshold on the probability that all tags
    are right. The threshold for the missions of one half is chosen on the other half, so
    that no caption helps to choose the threshold that it is counted at. Captions that go
    to review for another reason than uncertainty go there at every target. Where a half
    has fewer than `FEWEST` captions there is the first line only.

    Args:
        captions: labelled, at least one.
        tagged: their tags, in the same order.
    """
    single = tags_right([f for f in facets if not f.multiple], captions, tagged)
    whole = tags_right(facets, captions, tagged)
    odd = np.asarray([any(reason.kind.of_caption for reason in t.reasons) for t in tagged])
    sure = np.where(odd, 0.0, whole_probabilities(facets, tagged))
    halves = _halves([c.mission for c in captions])
    kept = np.asarray([not t.needs_review for t in tagged])
    lines = [_line(None, kept, single, whole)]
    if min(halves.sum(), (~halves).sum()) < FEWEST:
        return lines
    for target in targets:
        kept = np.zeros(len(captions), dtype=bool)
        for half in (False, True):
            here, other = halves == half, halves != half
            kept |= here & (sure >= _threshold(sure[other], whole[other], target))
        lines.append(_line(target, kept, single, whole))
    return lines


def _halves(missions: Sequence[str]) -> np.ndarray:
    """Say for each caption whether its mission lies in the second half; halves about equally large."""
    names, counts = np.unique(np.asarray(missions), return_counts=True)
    loads, second = [0, 0], {}
    for i in np.argsort(-counts, kind="stable"):
        half = int(loads[1] < loads[0])
        second[str(names[i])] = bool(half)
        loads[half] += int(counts[i])
    return np.asarray([second[m] for m in missions])


def _threshold(sure: np.ndarray, right: np.ndarray, target: float) -> float:
    """The lowest threshold at which the captions above it reach the target; above every probability where none does."""
    order = np.argsort(-sure, kind="stable")
    ranked = sure[order]
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # A threshold cannot part captions of equal probability.
    last_of_equals = np.append(ranked[1:] < ranked[:-1], True) if len(ranked) else np.zeros(0, dtype=bool)
    reached = np.flatnonzero((shares >= target) & last_of_equals & (ranked > 0))
    return float(ranked[reached[-1]]) if len(reached) else 2.0


def _line(target: float | None, kept: np.ndarray, single: np.ndarray, whole: np.ndarray) -> Forecast:
    share = float(kept.mean())
    if not kept.any():
        return Forecast(target, 0.0, 1.0, None, None)
    return Forecast(target, share, 1 - share, float(single[kept].mean()), float(whole[kept].mean()))
