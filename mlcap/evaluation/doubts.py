"""Labels that a prediction doubts: it is sure of something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.metrics import indicator
from mlcap.rounding import rounded
from mlcap.types import Facet, FacetValue


@dataclass(frozen=True)
class Doubt:
    """One doubted label.

    Most doubts are the model's errors, and a label is only ever changed by somebody who reads
    the caption again.

    Attributes:
        index: the caption's, among all that were looked at.
        facet: the facet's name.
        labelled: the label; for a multi-valued facet the doubted value, "" where it is not among the labels.
        predicted: what is predicted instead, "" for a value that should not be there.
        probability: how sure the prediction is, 0 to 1.
    """

    index: int
    facet: str
    labelled: str
    predicted: str
    probability: float

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {**asdict(self), "probability": rounded(self.probability)}


def doubts_of(
    facet: Facet,
    indices: Sequence[int],
    labels: Sequence[FacetValue],
    predicted: Sequence[FacetValue],
    certainty: np.ndarray,
) -> list[Doubt]:
    """List where a prediction of one facet contradicts the labels, caption by caption and value by value.

    Args:
        indices: of the captions.
        labels, predicted: theirs, in the same order.
        certainty: shape (captions, values): how probable it is that a value is rightly predicted, or
            rightly left out; see `mlcap.model.probability.certainty`.
    """
    gold, given = indicator(facet, labels), indicator(facet, predicted)
    out: list[Doubt] = []
    for row, index in enumerate(indices):
        if facet.multiple:
            for column in np.flatnonzero(gold[row] != given[row]):
                name = facet.names[column]
                sides = (name, "") if gold[row, column] else ("", name)
                out.append(Doubt(index, facet.name, *sides, float(certainty[row, column])))
        elif labels[row] != predicted[row]:
            best = int(given[row].argmax())
            out.append(Doubt(index, facet.name, str(labels[row]), str(predicted[row]), float(certainty[row, best])))
    return out
