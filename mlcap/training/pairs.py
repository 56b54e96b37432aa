"""Logistic regression over (caption, value) pairs that share the weights of their mentions.

Laid out as one matrix, every caption would stand in it once a value, its common columns each
time at other places. Here the common columns stand once, with a column of weights for every
value. What is minimised is what LIBLINEAR minimises (Fan et al., 2008), half the squared
length of all weights, the intercept's among them, and C times the logistic loss; a trust
region Newton method with conjugate gradients does it (Lin et al., "Trust region Newton method
for large-scale logistic regression", 2008).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from mlcap.logistic import sigmoid

#: Weight of the indicator column that gives each value an intercept of its own, hardly regularised.
BIAS = 3.0
#: Done when the gradient is this small beside the first one, times the share of the rarer outcome.
_TOLERANCE = 1e-7
_MOST_STEPS = 1000


@dataclass(frozen=True)
class PairWeights:
    """Learned weights: `common` (values, common columns), `mentions` (values, mention columns), `intercept` (values,)."""

    common: np.ndarray
    mentions: np.ndarray
    intercept: np.ndarray


class _Objective:
    """What is minimised, for a vector of all weights: [common by value | shared | own by value | biases | intercept].

    Args:
        common: (captions, columns) common amounts.
        mentions: for every value (captions, mention columns).
        target: (captions, values) bool.
        C: weight of the loss.
        shared, own: how strongly shared and own mention weights may speak.
        weigh: how strongly each common weight may speak, shape (values, common columns).
    """

    def __init__(
        self,
        common: sp.csr_matrix,
        mentions: Sequence[sp.csr_matrix],
        target: np.ndarray,
        C: float,
        shared: float,
        own: float,
        weigh: np.ndarray,
    ) -> None:
        self._common, self._common_back = common, common.T.tocsr()
        self._mentions = sp.block_diag(mentions, format="csr")
        self._mentions_back = self._mentions.T.tocsr()
        self._signs = np.where(target, 1.0, -1.0)
        self._C, self._shared, self._own, self._weigh = C, shared, own, np.ascontiguousarray(weigh.T)
        values, width = target.shape[1], mentions[0].shape[1]
        self._ends = np.cumsum([common.shape[1] * values, width, values * width, values, 1])
        self._curvature, self._at = np.zeros(target.shape), np.zeros(0)

    @property
    def size(self) -> int:
        """How many weights there are."""
        return int(self._ends[-1])

    def weights(self, w: np.ndarray) -> PairWeights:
        """Part a vector of weights."""
        values = self._signs.shape[1]
        common, shared, own, biases, intercept = np.split(w, self._ends[:-1])
        mentions = shared * self._shared + own.reshape(values, -1) * self._own
        return PairWeights((common.reshape(-1, values) * self._weigh).T, mentions, biases * BIAS + intercept)

    def _scores(self, w: np.ndarray) -> np.ndarray:
        parts = self.weights(w)
        captions, values = self._signs.shape
        by_mentions = (self._mentions @ parts.mentions.ravel()).reshape(values, captions).T
        return np.asarray(self._common @ np.ascontiguousarray(parts.common.T) + by_mentions + parts.intercept)

    def _back(self, of_scores: np.ndarray) -> np.ndarray:
        """What a change of each score means for each weight: the transpose of `_scores`."""
        values = self._signs.shape[1]
        by_mentions = (self._mentions_back @ of_scores.T.ravel()).reshape(values, -1)
        by_value = of_scores.sum(axis=0)
        return np.concatenate(
            [
                ((self._common_back @ of_scores) * self._weigh).ravel(),
                by_mentions.sum(axis=0) * self._shared,
                by_mentions.ravel() * self._own,
                by_value * BIAS,
                [by_value.sum()],
            ]
        )

    def value_and_gradient(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient, shape (size,)."""
        margins = self._signs * self._scores(w)
        wrong = sigmoid(-margins)
        self._curvature, self._at = self._C * wrong * (1 - wrong), w.copy()
        value = 0.5 * (w @ w) + self._C * np.logaddexp(0, -margins).sum()
        return float(value), w - self._back(self._C * self._signs * wrong)

    def hessian_product(self, w: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The Hessian at w times a direction, shape (size,)."""
        if not np.array_equal(w, self._at):  # The step that was tried last was not taken.
            self.value_and_gradient(w)
        return np.asarray(direction + self._back(self._curvature * self._scores(direction)))


def fit_pairs(
    common: sp.csr_matrix,
    mentions: Sequence[sp.csr_matrix],
    target: np.ndarray,
    C: float,
    shared: float,
    own: float,
    weigh: np.ndarray | None = None,
) -> PairWeights:
    """Learn the weights of all values together.

    Args:
        common: (captions, columns) common amounts.
        mentions: for every value (captions, mention columns).
        target: (captions, values) bool.
        C: inverse of the regularisation, as in scikit-learn.
        shared, own: how strongly shared and own mention weights may speak.
        weigh: how strongly each common weight may speak, shape (values, common columns); None for all alike.
    """
    if weigh is None:
        weigh = np.ones((target.shape[1], common.shape[1]))
    objective = _Objective(common, mentions, target, C, shared, own, weigh)
    start = np.zeros(objective.size)
    # More threads than one cost more than they save with vectors of this size, and their sums depend on the number.
    with threadpool_limits(1, user_api="blas"):
        steepness = float(np.linalg.norm(objective.value_and_gradient(start)[1]))
        rarer = max(min(target.sum(), (~target).sum()), 1) / target.size
        found = minimize(
            objective.value_and_gradient,
            start,
            jac=True,
            hessp=objective.hessian_product,
            method="trust-ncg",
            options={
                "gtol": _TOLERANCE * rarer * steepness,
                "initial_trust_radius": steepness,
                "max_trust_radius": 100 * steepness,
                "maxiter": _MOST_STEPS,
            },
        )
    if found.nit >= _MOST_STEPS:
        warnings.warn(f"no end after {_MOST_STEPS} steps", ConvergenceWarning, stacklevel=2)
    return objective.weights(found.x)
