"""Applying learned weights with numpy alone: what `tag` runs, without scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mlcap.errors import ArtifactError
from mlcap.features.extract import CaptionFeatures
from mlcap.features.words import different_words
from mlcap.model.layout import Layout
from mlcap.model.probability import link
from mlcap.types import Facet


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

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores of shape (captions, values) into calibrated probabilities of the same shape."""
        return link(self.facet, scores * self.slope + self.offset)


@dataclass(frozen=True)
class Scored:
    """Captions, scored: for every facet an array of shape (captions, values).

    Attributes:
        scores: before calibration.
        without_background: the same, were there nothing from the background; mentions are left out, so it
            says something for single-valued facets only.
    """

    scores: list[np.ndarray]
    without_background: list[np.ndarray]


class Scorer:
    """Scores captions for every facet.

    Args:
        layout: the columns.
        weights: the facets' weights.
    """

    def __init__(self, layout: Layout, weights: Sequence[FacetWeights]) -> None:
        self.layout = layout
        self.weights = tuple(weights)
        _ = layout.counter, layout.own  # Made now, so that processes which begin as copies of this one share them.
        # Rows of one caption's columns are gathered together for all facets, so columns lie along the first axis;
        # published weights are float32, so gathering them as such loses nothing and takes half the memory.
        self._common = np.ascontiguousarray(np.vstack([w.common for w in self.weights]).T, dtype=np.float32)
        self._not_background = 1.0 - self.layout.background
        ends = np.cumsum([0, *(len(w.facet.values) for w in self.weights)])
        self._places = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self._intercept = np.concatenate([w.intercept for w in self.weights])

    def score(self, features: Sequence[CaptionFeatures]) -> Scored:
        """Score captions, in order.

        Raises:
            ArtifactError: a score is not finite, which no sound version gives.
        """
        whole = np.empty((len(features), len(self._intercept)))
        lead = np.empty_like(whole)
        for row, one in enumerate(features):
            columns, amounts = self.layout.vector(one)
            weights = self._common.take(columns, axis=0).astype(np.float64)
            both = np.empty((2, len(amounts)))
            both[0] = amounts
            np.multiply(amounts, self._not_background[columns], out=both[1])
            whole[row], lead[row] = both @ weights + self._intercept
            for place, w in zip(self._places, self.weights, strict=True):
                for column, name in enumerate(w.facet.names if w.facet.multiple and one.mentions else ()):
                    if name in one.mentions:
                        own = self.layout.mention_columns(one, name)
                        whole[row, place.start + column] += w.mentions[column, own].sum()
        if not (np.isfinite(whole).all() and np.isfinite(lead).all()):
            raise ArtifactError("the model version gives scores that are not finite; fetch or train it again")
        return Scored([whole[:, p] for p in self._places], [lead[:, p] for p in self._places])

    def probabilities(self, scored: Scored) -> list[np.ndarray]:
        """Calibrated probabilities: for every facet an array of shape (captions, values)."""
        return [w.probabilities(s) for w, s in zip(self.weights, scored.scores, strict=True)]

    def known_words(self, features: CaptionFeatures) -> tuple[int, float]:
        """How many different words of the lead training has seen, and their share, 0 to 1; 1 for a lead without words."""
        known = self.layout.columns("lead")
        words = different_words(features.units["lead"])
        found = sum(w in known for w in words)
        return found, found / len(words) if words else 1.0

    def unknown_programmes(self, features: CaptionFeatures) -> list[str]:
        """Name the programmes of which the caption speaks and training has seen no mission."""
        named = [name.partition(" mission=")[2] for name in features.flags["codes"]]
        known = self.layout.columns("codes")
        return [
            programme
            for programme in dict.fromkeys(filter(None, named))
            if not any(f"{zone} mission={programme}" in known for zone in ("lead", "background"))
        ]
