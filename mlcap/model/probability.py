"""From scores to probabilities, values and certainty: each rule once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcap.logistic import sigmoid, softmax
from mlcap.types import Facet, FacetValue

#: No probability is given as nearer to 0 or 1 than this: no caption is certain.
CERTAINTY = 0.001
#: Probabilities are told to so many places.
DIGITS = 4


def link(facet: Facet, calibrated: np.ndarray) -> np.ndarray:
    """Probabilities from calibrated scores, both of shape (captions, values)."""
    return sigmoid(calibrated) if facet.multiple else softmax(calibrated)


def told(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities as they are told, with four places, none nearer to 0 or 1 than `CERTAINTY`; shape kept."""
    return np.asarray(np.clip(probabilities, CERTAINTY, 1 - CERTAINTY).round(DIGITS))


def picks(facet: Facet, probabilities: np.ndarray, thresholds: np.ndarray | float) -> np.ndarray:
    """Which values captions are given: bool, shape (captions, values).

    Args:
        probabilities: shape (captions, values); uncalibrated scores will do as well.
        thresholds: shape (values,), or one for all; a value of a multi-valued facet is given above its own,
            and the most probable value of a single-valued facet whatever they are.
    """
    if facet.multiple:
        return np.asarray(probabilities > thresholds)
    return np.asarray(probabilities.argmax(axis=1)[:, None] == np.arange(len(facet.values)))


def given_names(facet: Facet, given: np.ndarray) -> list[tuple[str, ...]]:
    """The names of the values of each caption, from `picks`; one for a single-valued facet."""
    if facet.multiple:
        return [tuple(n for n, held in zip(facet.names, row, strict=True) if held) for row in given.tolist()]
    return [(facet.names[place],) for place in given.argmax(axis=1).tolist()]


def picked_values(facet: Facet, given: np.ndarray) -> list[FacetValue]:
    """The value or values of each caption in the form that labels have, from `picks`."""
    names = given_names(facet, given)
    return list(names) if facet.multiple else [one[0] for one in names]


def certainty(facet: Facet, probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The probability that what is given is right, value by value, shape as the probabilities'.

    For a multi-valued facet each value's own, given or not; for a single-valued one that of the
    value given, and 1 for the others, so that products and minima are of what is given.
    """
    return np.where(given, probabilities, 1 - probabilities if facet.multiple else 1.0)


def whole_probability(
    facets: Sequence[Facet], probabilities: Sequence[np.ndarray], given: Sequence[np.ndarray]
) -> np.ndarray:
    """Estimate the probability that every facet of a caption is right, as if its parts were independent.

    Args:
        probabilities: for every facet an array of shape (captions, values).
        given: for every facet what `picks` gives.

    Returns:
        Shape (captions,).
    """
    out = np.ones(len(probabilities[0]))
    for facet, p, g in zip(facets, probabilities, given, strict=True):
        out *= certainty(facet, p, g).prod(axis=1) if facet.multiple else p.max(axis=1)
    return out
