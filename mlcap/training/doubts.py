"""Labels that out-of-fold prediction doubts: a fit that never saw the caption's mission is sure of something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlcap.evaluation.doubts import Doubt, doubts_of
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import CaptionFeatures
from mlcap.model.probability import certainty, link, picked_values, picks
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, LabelledCaption


def doubts(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    parameters: TrainingParameters,
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
    found = out_of_fold_scores(facets, captions, features, parameters, jobs, advance)
    out: list[Doubt] = []
    for facet, scores in zip(facets, found.scores, strict=True):
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        if picked:
            labels = [captions[i].labels[facet.name] for i in picked]
            p = _calibrated(facet, scores[picked], indicator(facet, labels))
            given = picks(facet, p, 0.5)
            out += doubts_of(facet, picked, labels, picked_values(facet, given), certainty(facet, p, given))
    return sorted(out, key=lambda d: (-d.probability, captions[d.index].id, d.facet))


def _calibrated(facet: Facet, scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Probabilities, calibrated on the very scores; both of shape (captions, values)."""
    if facet.multiple:
        slope, offset = fit_sigmoid(scores, gold)
        return link(facet, scores * slope + offset)
    return link(facet, scores / fit_temperature(scores, gold.argmax(axis=1)))
