"""From scores to probabilities: the softmax of one value among several, and the sigmoid of a value by itself."""

from __future__ import annotations

import numpy as np


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of one value each, shape (captions, values), from scores of that shape."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Probability of each value by itself, of any shape, from scores of that shape."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * scores)))
