"""Labels that out-of-fold prediction doubts: a fit that never saw the caption's mission is sure of something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlcap.evaluation.doubts import Doubt, doubts_of
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import CaptionFeatures
from mlcap.model import probability
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.settings import Settings
from mlcap.types import Facet, LabelledCaption


def doubts(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    settings: Settings,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> list[Doubt]:
    """Find the labels that grouped cross-validation contradicts, most surely contradicted first.

    Args:
        features: of the captions, in the same order.
        jobs: processes to use; the result does not depend on it.
        advance: called after each fold.

    Raises:
        TrainingError: there are too few missions, or values in them.
    """
    found = out_of_fold_scores(facets, captions, features, settings, jobs, advance)
    out: list[Doubt] = []
    for facet, scores in zip(facets, found.scores, strict=True):
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        if picked:
            labels = [captions[i].labels[facet.name] for i in picked]
            thresholds = np.full(len(facet.values), 0.5)
            p = _calibrated(facet, scores[picked], indicator(facet, labels))
            predicted = [probability.picked(facet, row, thresholds) for row in p]
            out += doubts_of(facet, picked, labels, predicted, probability.certainty(facet, p, thresholds))
    return sorted(out, key=lambda d: (-d.probability, captions[d.index].id, d.facet))


def _calibrated(facet: Facet, scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Probabilities, calibrated on the very scores; both of shape (captions, values)."""
    if facet.multiple:
        slope, offset = fit_sigmoid(scores, gold)
        return probability.link(facet, scores * slope + offset)
    return probability.link(facet, scores / fit_temperature(scores, gold.argmax(axis=1)))
