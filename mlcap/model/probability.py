"""From scores to probabilities, values and certainty: each rule once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcap.types import Facet, FacetValue

#: No probability is given as nearer to 0 or 1 than this: no caption is certain.
CERTAINTY = 0.001


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of one value each, shape (captions, values), from scores of that shape."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Probability of each value by itself, of any shape, from scores of that shape."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * scores)))


def link(facet: Facet, calibrated: np.ndarray) -> np.ndarray:
    """Probabilities from calibrated scores, both of shape (captions, values)."""
    return sigmoid(calibrated) if facet.multiple else softmax(calibrated)


def picked(facet: Facet, probabilities: np.ndarray, thresholds: np.ndarray) -> FacetValue:
    """The value or values of one caption.

    Args:
        probabilities: shape (values,).
        thresholds: shape (values,); a value of a multi-valued facet is given above its own, and the most
            probable value of a single-valued facet whatever they are.
    """
    if facet.multiple:
        return tuple(n for i, n in enumerate(facet.names) if probabilities[i] > thresholds[i])
    return facet.names[int(probabilities.argmax())]


def certainty(facet: Facet, probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The probability that what is picked is right, value by value, shape as the probabilities'.

    For a multi-valued facet each value's own, given or not; for a single-valued one that of the
    most probable value, and 1 for the others, so that products and minima are of what is picked.
    """
    if facet.multiple:
        return np.where(probabilities > thresholds, probabilities, 1 - probabilities)
    out = np.ones_like(probabilities)
    best = probabilities.argmax(axis=-1)
    np.put_along_axis(out, np.expand_dims(best, -1), probabilities.max(axis=-1, keepdims=True), axis=-1)
    return out


def whole_probability(
    facets: Sequence[Facet], probabilities: Sequence[np.ndarray], thresholds: Sequence[np.ndarray]
) -> np.ndarray:
    """Estimate the probability that every facet of a caption is right, as if its parts were independent.

    Args:
        probabilities: for every facet an array of shape (captions, values).
        thresholds: for every facet an array of shape (values,).

    Returns:
        Shape (captions,).
    """
    out = np.ones(len(probabilities[0]))
    for facet, p, t in zip(facets, probabilities, thresholds, strict=True):
        out *= certainty(facet, p, t).prod(axis=1)
    return np.asarray(out)
