"""Scores of captions by fits that never saw their desk: how a version does on a desk that nobody trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mlcap.training.counts import CaptionCounts
from mlcap.training.fit import fit_counted
from mlcap.training.parameters import TrainingParameters
from mlcap.training.processes import in_processes
from mlcap.types import Facet, LabelledCaption

#: A desk with fewer captions says too little.
FEWEST = 40
#: Captions of people who thought them up are of no desk; they only go with one in whose manner they are.
COMPOSED = "composed"


@dataclass(frozen=True)
class LeftOut:
    """Captions scored by fits without any caption of their desks, real or composed in their manner.

    Attributes:
        rows: (n,) which captions, desk after desk.
        desks: (n,) the desk of each.
        scores: for every facet an array of shape (n, values), before calibration.
        without_background: the same, were there nothing from the background.
    """

    rows: np.ndarray
    desks: np.ndarray
    scores: list[np.ndarray]
    without_background: list[np.ndarray]


@dataclass(frozen=True)
class _Work:
    facets: Sequence[Facet]
    captions: Sequence[LabelledCaption]
    counts: CaptionCounts
    desk: np.ndarray
    real: np.ndarray
    parameters: TrainingParameters

    def score(self, name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Score the real captions of one desk, in order."""
        labels = [c.labels for c in self.captions]
        fitted = fit_counted(self.facets, labels, self.counts, np.flatnonzero(self.desk != name), self.parameters)
        held = self.counts.amounts(fitted.known, np.flatnonzero((self.desk == name) & self.real))
        scores = [fitted.amount_scores(facet, held) for facet in self.facets]
        return scores, [fitted.lead_scores(facet, held) for facet in self.facets]


def desks_of(captions: Sequence[LabelledCaption]) -> list[str]:
    """The desks with enough real captions to be left out, where at least two are."""
    counts = Counter(c.slices.get("desk", "") for c in captions if c.source != COMPOSED)
    names = sorted(name for name, n in counts.items() if name and n >= FEWEST)
    return names if len(names) > 1 else []


def score_left_out(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    counts: CaptionCounts,
    parameters: TrainingParameters,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> LeftOut | None:
    """Score the captions of each desk by a fit without it.

    Args:
        counts: of the captions.
        jobs: processes to use; the result does not depend on it.
        advance: called after each desk of `desks_of`.

    Returns:
        None where fewer than two desks have enough captions.

    Raises:
        TrainingError: without a desk only one value of a single-valued facet is left.
    """
    names = desks_of(captions)
    if not names:
        return None
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    real = np.asarray([c.source != COMPOSED for c in captions])
    work = _Work(facets, captions, counts, desk, real, parameters)
    rows, parts = [], []
    for name, part in zip(names, in_processes(work.score, names, jobs), strict=True):
        rows.append(np.flatnonzero((desk == name) & real))
        parts.append(part)
        advance()
    every = np.concatenate(rows)
    scores, lead = (
        [np.concatenate([p[kind][place] for p in parts]) for place in range(len(facets))] for kind in (0, 1)
    )
    return LeftOut(every, desk[every], scores, lead)
