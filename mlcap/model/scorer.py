"""Applying learned weights with numpy alone: what `tag` runs, without scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mlcap.errors import ArtifactError
from mlcap.features.blocks import CATALOGUE
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
        without_catalogue: the same, were there no record beside the caption; mentions are left out here too.
        origin: (captions,) how probable the text makes the origin that the image id of the record names; 1
            where it names none.
    """

    scores: list[np.ndarray]
    without_background: list[np.ndarray]
    without_catalogue: list[np.ndarray]
    origin: np.ndarray


class Scorer:
    """Scores captions for every facet.

    Args:
        layout: the columns.
        weights: the facets' weights.
        origin: those of where pictures come from (`mlcap.model.origin`); None where training had too few image ids.
    """

    def __init__(self, layout: Layout, weights: Sequence[FacetWeights], origin: FacetWeights | None = None) -> None:
        self.layout = layout
        self.weights = tuple(weights)
        self.origin = origin
        _ = layout.counter, layout.own  # Made now, so that processes which begin as copies of this one share them.
        # Rows of one caption's columns are gathered together for all facets, so columns lie along the first axis;
        # published weights are float32, so gathering them as such loses nothing and takes half the memory.
        self._common = np.ascontiguousarray(np.vstack([w.common for w in self.weights]).T, dtype=np.float32)
        self._not_background = 1.0 - self.layout.background
        self._not_catalogue = np.ones(layout.common)
        self._not_catalogue[layout.slices[CATALOGUE]] = 0.0
        ends = np.cumsum([0, *(len(w.facet.values) for w in self.weights)])
        self._places = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self._intercept = np.concatenate([w.intercept for w in self.weights])

    def score(self, features: Sequence[CaptionFeatures]) -> Scored:
        """Score captions, in order.

        Raises:
            ArtifactError: a score is not finite, which no sound version gives.
        """
        whole = np.empty((len(features), len(self._intercept)))
        lead, text = np.empty_like(whole), np.empty_like(whole)
        origin = np.ones(len(features))
        for row, one in enumerate(features):
            columns, amounts = self.layout.vector(one)
            weights = self._common.take(columns, axis=0).astype(np.float64)
            every = np.empty((3, len(amounts)))
            every[0] = amounts
            np.multiply(amounts, self._not_background[columns], out=every[1])
            np.multiply(amounts, self._not_catalogue[columns], out=every[2])
            whole[row], lead[row], text[row] = every @ weights + self._intercept
            if one.origin:
                origin[row] = self._origin_probability(one.origin, columns)
            for place, w in zip(self._places, self.weights, strict=True):
                for column, name in enumerate(w.facet.names if w.facet.multiple and one.mentions else ()):
                    if name in one.mentions:
                        own = self.layout.mention_columns(one, name)
                        whole[row, place.start + column] += w.mentions[column, own].sum()
        if not all(np.isfinite(scores).all() for scores in (whole, lead, text)):
            raise ArtifactError("the model version gives scores that are not finite; fetch or train it again")
        of_whole, of_lead, of_text = ([scores[:, p] for p in self._places] for scores in (whole, lead, text))
        return Scored(of_whole, of_lead, of_text, origin)

    def _origin_probability(self, origin: str, columns: np.ndarray) -> float:
        """How probable the columns of the text make an origin, 0 to 1; 1 where it is not known."""
        if self.origin is None or origin not in self.origin.facet.names:
            return 1.0
        # The columns of its blocks are flags, so all that are filled have the amount 1.
        scores = self.origin.common[:, columns].sum(axis=1) + self.origin.intercept
        return float(self.origin.probabilities(scores[None])[0, self.origin.facet.names.index(origin)])

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
