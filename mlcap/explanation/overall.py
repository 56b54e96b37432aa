"""The strongest features of each value over all captions: what a model version has learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcap.features.blocks import LETTER_NAMES, MENTIONS, WORD_NAMES
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.rounding import rounded

#: A word's TF-IDF in captions of usual length; flags and mentions count 1.
WORD_AMOUNT = 0.2


@dataclass(frozen=True)
class LearnedWeight:
    """One feature and its weight for one value; `push` is what a usual amount of it adds to the score."""

    block: str
    feature: str
    weight: float
    push: float


@dataclass(frozen=True)
class LearnedValue:
    """The features that speak most for and against a value, strongest first."""

    facet: str
    value: str
    pro: tuple[LearnedWeight, ...]
    con: tuple[LearnedWeight, ...]


def strongest_features(scorer: Scorer, most: int) -> list[LearnedValue]:
    """Give the `most` strongest features for and against every value.

    Weights of a single-valued facet are given less the mean over its values, since what pushes all
    values alike changes no probability. Letter n-grams are left out: they repeat the words.
    Features are ordered by what a usual amount of them pushes: a word's amount is below 1, a flag's is 1.
    """
    names = scorer.layout.features
    own = [(MENTIONS, name) for name in scorer.layout.vocabulary[MENTIONS]]
    out: list[LearnedValue] = []
    for weights in scorer.weights:
        matrix = _matrix(weights)
        every = [*names, *own] if weights.facet.multiple else names
        usual = np.asarray([WORD_AMOUNT if block in WORD_NAMES else 1.0 for block, _ in every])
        pushes = matrix * usual
        kept = np.asarray([i for i, (block, _) in enumerate(every) if block not in LETTER_NAMES], dtype=np.intp)
        for row, value in enumerate(weights.facet.names):
            order = kept[np.argsort(-pushes[row, kept], kind="stable")]
            ends = (order[:most], order[::-1][:most])
            learned, against = (
                [LearnedWeight(every[i][0], every[i][1], float(matrix[row, i]), float(pushes[row, i])) for i in end]
                for end in ends
            )
            out.append(
                LearnedValue(
                    weights.facet.name,
                    value,
                    tuple(w for w in learned if w.weight > 0),
                    tuple(w for w in against if w.weight < 0),
                )
            )
    return out


def _matrix(weights: FacetWeights) -> np.ndarray:
    """Weights of shape (values, columns), centred where the facet is single-valued."""
    common = weights.common.astype(np.float64)
    if weights.facet.multiple:
        return np.hstack([common, weights.mentions])
    return np.asarray(common - common.mean(axis=0, keepdims=True))


def as_data(learned: Sequence[LearnedValue]) -> dict[str, dict[str, dict[str, list[dict[str, object]]]]]:
    """As plain data for JSON: facet -> value -> for, against -> features with their weights."""
    out: dict[str, dict[str, dict[str, list[dict[str, object]]]]] = {}
    for one in learned:
        sides = {"for": one.pro, "against": one.con}
        out.setdefault(one.facet, {})[one.value] = {
            side: [
                {"block": w.block, "feature": w.feature, "weight": rounded(w.weight), "push": rounded(w.push)}
                for w in side_weights
            ]
            for side, side_weights in sides.items()
        }
    return out
