"""How far probabilities can be trusted, and how much work review makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability table: probabilities from `low` up, and how often they were right."""

    low: float
    captions: int
    mean_probability: float
    right: float


@dataclass(frozen=True)
class Workload:
    """What a person is spared: shares of the captions, 0 to 1; the accuracies are None where nothing is automatic."""

    captions: int
    automatic: float
    event_right: float | None
    all_right: float | None


def reliability(probability: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """Group probabilities in equal bins; empty bins are left out."""
    p, ok = np.asarray(probability, dtype=float), np.asarray(right, dtype=bool)
    found = np.minimum((p * bins).astype(int), bins - 1)
    return [
        Bin(b / bins, int((found == b).sum()), float(p[found == b].mean()), float(ok[found == b].mean()))
        for b in range(bins)
        if (found == b).any()
    ]


def calibration_error(probability: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """Expected calibration error in equal bins (Naeini et al., 2015), 0 to 1; None without captions."""
    table = reliability(probability, right, bins)
    count = sum(b.captions for b in table)
    return sum(b.captions * abs(b.mean_probability - b.right) for b in table) / count if count else None


def workload(automatic: Sequence[bool], event_right: Sequence[bool], all_right: Sequence[bool]) -> Workload:
    """Forecast the work: what share needs no review, and how right that share is."""
    auto = np.asarray(automatic, dtype=bool)
    kept = int(auto.sum())
    return Workload(
        len(auto),
        kept / len(auto) if len(auto) else 0.0,
        float(np.asarray(event_right, dtype=bool)[auto].mean()) if kept else None,
        float(np.asarray(all_right, dtype=bool)[auto].mean()) if kept else None,
    )
