"""Labels that out-of-fold prediction doubts: a fit that never saw the caption's mission is sure of something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.figures import indicator
from mlcap.features.extract import CaptionFeatures
from mlcap.model.probability import sigmoid, softmax
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, LabelledCaption


@dataclass(frozen=True)
class Doubt:
    """One doubted label.

    Attributes:
        index: the caption's place.
        facet: the facet's name.
        labelled: the label; for a multi-valued facet the doubted value, "" where it is not among the labels.
        predicted: what is predicted instead, "" for a value that should not be there.
        probability: how sure the prediction is, out of fold and calibrated, 0 to 1.
    """

    index: int
    facet: str
    labelled: str
    predicted: str
    probability: float

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {**asdict(self), "probability": round(self.probability, 4)}


def doubts(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    settings: TrainingParameters,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> list[Doubt]:
    """Find the labels that grouped cross-validation contradicts, most surely contradicted first.

    Most doubts are the model's errors, and a label is only ever changed by somebody who reads
    the caption again.

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
            gold = indicator(facet, [captions[i].labels[facet.name] for i in picked])
            out += (_of_many if facet.multiple else _of_one)(facet, picked, scores[picked], gold)
    return sorted(out, key=lambda d: (-d.probability, captions[d.index].id, d.facet))


def _of_one(facet: Facet, picked: Sequence[int], scores: np.ndarray, gold: np.ndarray) -> list[Doubt]:
    right = gold.argmax(axis=1)
    p = softmax(scores / fit_temperature(scores, right))
    best = p.argmax(axis=1)
    return [
        Doubt(i, facet.name, facet.names[right[row]], facet.names[best[row]], float(p[row, best[row]]))
        for row, i in enumerate(picked)
        if best[row] != right[row]
    ]


def _of_many(facet: Facet, picked: Sequence[int], scores: np.ndarray, gold: np.ndarray) -> list[Doubt]:
    slope, offset = fit_sigmoid(scores, gold)
    p = sigmoid(scores * slope + offset)
    out = []
    for row, column in np.argwhere((p > 0.5) != gold):
        name, sure = facet.names[column], float(p[row, column])
        out.append(
            Doubt(picked[row], facet.name, name, "", 1 - sure)
            if gold[row, column]
            else Doubt(picked[row], facet.name, "", name, sure)
        )
    return out
