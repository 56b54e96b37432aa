"""Applying learned weights with numpy alone: what `tag` runs, without scikit-learn.

Gives the scores and probabilities of the scikit-learn pipeline that carries the same
weights (a test holds them together to 1e-6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from mlcap.features.extract import FLAG_BLOCKS, MENTION_BLOCK, WORD_BLOCKS, CaptionFeatures
from mlcap.types import Facet

#: No probability is given as nearer to 0 or 1 than this: no caption is certain.
CERTAINTY = 0.001


@dataclass(frozen=True)
class FacetWeights:
    """The learned weights of one facet, with V values, C common and M mention columns.

    Attributes:
        facet: the facet.
        common: (V, C) weights of the common columns.
        mentions: (V, M) weights of each value's own mention columns; (V, 0) for a
            single-valued facet.
        intercept: (V,).
        slope, offset: (V,) calibration: probability = link(score * slope + offset), where
            link is the softmax over the values or, for a multi-valued facet, the sigmoid.
        thresholds: (V,) a value of a multi-valued facet is given above its threshold;
            unused for a single-valued facet, which gives its most probable value.
    """

    facet: Facet
    common: np.ndarray
    mentions: np.ndarray
    intercept: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    thresholds: np.ndarray


class Scorer:
    """Scores captions for every facet.

    Args:
        vocabulary: block -> feature names in column order.
        idf: word block -> inverse document frequencies in column order.
        weights: the facets' weights.
    """

    def __init__(
        self, vocabulary: Mapping[str, Sequence[str]], idf: Mapping[str, np.ndarray], weights: Sequence[FacetWeights]
    ) -> None:
        self.weights = tuple(weights)
        self.vocabulary = vocabulary
        self.idf = idf
        self._columns: dict[str, dict[str, int]] = {}
        here = 0
        for block in (*WORD_BLOCKS, *FLAG_BLOCKS):
            self._columns[block] = {name: here + i for i, name in enumerate(vocabulary[block])}
            here += len(vocabulary[block])
        self.common_columns = here
        self._mentions = {name: i for i, name in enumerate(vocabulary[MENTION_BLOCK])}
        self._idf = np.ones(here)
        for block in WORD_BLOCKS:
            start = min(self._columns[block].values(), default=0)
            self._idf[start : start + len(idf[block])] = idf[block]
        self._background = np.zeros(here, dtype=bool)
        for block, columns in self._columns.items():
            for name, column in columns.items():
                self._background[column] = block == "background" or (
                    block in FLAG_BLOCKS and name.startswith("background ")
                )
        # Rows of one caption's columns are gathered together, so columns lie along the first axis.
        self._common = [np.ascontiguousarray(w.common.T, dtype=np.float64) for w in self.weights]
        self._own = [np.asarray(w.mentions, dtype=np.float64) for w in self.weights]

    def common_vector(self, features: CaptionFeatures) -> tuple[np.ndarray, np.ndarray]:
        """Give the common columns that a caption fills: (indices, values), shapes (nonzero,)."""
        indices: list[int] = []
        values: list[float] = []
        for block in WORD_BLOCKS:
            known = self._columns[block]
            counts = Counter(column for name in features.blocks[block] if (column := known.get(name)) is not None)
            weighted = [(column, (1.0 + log(count)) * self._idf[column]) for column, count in counts.items()]
            length = sqrt(sum(v * v for _, v in weighted))
            for column, value in weighted:
                indices.append(column)
                values.append(value / length)
        for block in FLAG_BLOCKS:
            known = self._columns[block]
            found = {column for name in features.blocks[block] if (column := known.get(name)) is not None}
            indices.extend(found)
            values.extend([1.0] * len(found))
        return np.asarray(indices, dtype=np.intp), np.asarray(values)

    def mention_vector(self, features: CaptionFeatures, value: str) -> np.ndarray:
        """Give the mention columns of one value that a caption fills, each with 1."""
        known = self._mentions
        return np.asarray(sorted({known[n] for n in features.mentions.get(value, ()) if n in known}), dtype=np.intp)

    def known_words(self, features: CaptionFeatures) -> tuple[int, float]:
        """How many different words of the lead training has seen, and their share, 0 to 1; 1 for a lead without words."""
        known = self._columns["lead"]
        words = {name for name in features.blocks["lead"] if " " not in name and not name.startswith("_")}
        found = sum(w in known for w in words)
        return found, found / len(words) if words else 1.0

    def unknown_programmes(self, features: CaptionFeatures) -> list[str]:
        """Name the programmes of which the caption speaks and training has seen no mission."""
        named = [name.partition(" mission=")[2] for name in features.blocks["codes"]]
        return [
            programme
            for programme in dict.fromkeys(filter(None, named))
            if not any(f"{zone} mission={programme}" in self._columns["codes"] for zone in ("lead", "background"))
        ]

    def values_without_background(self, features: CaptionFeatures) -> dict[str, str]:
        """Say how each single-valued facet would be read if the caption had no background."""
        indices, values = self.common_vector(features)
        kept = ~self._background[indices]
        return {
            w.facet.name: w.facet.names[int((values[kept] @ self._common[place][indices[kept]] + w.intercept).argmax())]
            for place, w in enumerate(self.weights)
            if not w.facet.multiple
        }

    def scores(self, features: Sequence[CaptionFeatures]) -> list[np.ndarray]:
        """Scores before calibration: for every facet an array of shape (captions, values)."""
        out = [np.empty((len(features), len(w.facet.values))) for w in self.weights]
        for row, one in enumerate(features):
            indices, values = self.common_vector(one)
            for place, weights in enumerate(self.weights):
                scores = values @ self._common[place][indices] + weights.intercept
                if weights.facet.multiple and one.mentions:
                    for column, name in enumerate(weights.facet.names):
                        if name in one.mentions:
                            scores[column] += self._own[place][column, self.mention_vector(one, name)].sum()
                out[place][row] = scores
        return out

    def probabilities(self, features: Sequence[CaptionFeatures]) -> list[np.ndarray]:
        """Calibrated probabilities: for every facet an array of shape (captions, values)."""
        return [probabilities_of(w, s) for w, s in zip(self.weights, self.scores(features), strict=True)]


def probabilities_of(weights: FacetWeights, scores: np.ndarray) -> np.ndarray:
    """Turn scores of shape (captions, values) into calibrated probabilities of the same shape."""
    calibrated = scores * weights.slope + weights.offset
    if weights.facet.multiple:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * calibrated)))
    shifted = np.exp(calibrated - calibrated.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
