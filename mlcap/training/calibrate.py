"""Calibration, learned on out-of-fold scores."""

from __future__ import annotations

import numpy as np

from mlcap.logistic import sigmoid, softmax


def fit_temperature(scores: np.ndarray, gold: np.ndarray) -> float:
    """Find the temperature under which the gold values are most probable.

    Targets are smoothed (Laplace's rule, as Platt, 1999, does it for two classes): where few captions are all right, their
    probabilities do not go to 1.

    Args:
        scores: (captions, values), out of fold.
        gold: (captions,) index of the right value.

    Returns:
        A temperature between 0.02 and 5 (Guo et al., 2017), by golden-section search.
    """
    count, values = scores.shape
    target = np.full(scores.shape, 1 / (count + values))
    target[np.arange(count), gold] = (count + 1) / (count + values)

    def loss(log_t: float) -> float:
        p = softmax(scores / np.exp(log_t))
        return float(-(target * np.log(np.maximum(p, 1e-9))).sum(axis=1).mean())

    low, high = np.log(0.02), np.log(5.0)
    ratio = (np.sqrt(5.0) - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    for _ in range(60):
        if loss(a) < loss(b):
            high, b = b, a
            a = high - ratio * (high - low)
        else:
            low, a = a, b
            b = low + ratio * (high - low)
    return float(np.exp((low + high) / 2))


def fit_sigmoid(scores: np.ndarray, gold: np.ndarray) -> tuple[float, float]:
    """Fit (slope, offset) of a sigmoid to all (caption, value) pairs at once by Newton's method.

    One pair for all values, since rare values have too few examples for one of their own;
    targets are smoothed as in Platt (1999).

    Args:
        scores, gold: (captions, values), out of fold; gold is bool.
    """
    x, y = scores.ravel(), gold.ravel()
    positive, negative = int(y.sum()), int((~y).sum())
    if not positive or not negative:
        return 1.0, 0.0
    target = np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2))
    fitted = np.array([1.0, 0.0])

    def loss(at: np.ndarray) -> float:
        z = at[0] * x + at[1]
        return float((np.logaddexp(0, z) - target * z).sum())

    for _ in range(100):
        p = sigmoid(fitted[0] * x + fitted[1])
        gradient = np.array([((p - target) * x).sum(), (p - target).sum()])
        w = np.maximum(p * (1 - p), 1e-12)
        hessian = np.array([[(w * x * x).sum() + 1e-9, (w * x).sum()], [(w * x).sum(), w.sum() + 1e-9]])
        step = np.linalg.solve(hessian, gradient)
        # A full Newton step may overshoot where the sigmoid is flat.
        while loss(fitted - step) > loss(fitted) and np.abs(step).max() > 1e-9:
            step = step / 2
        fitted = fitted - step
        if np.abs(step).max() < 1e-9:
            break
    return float(fitted[0]), float(fitted[1])
