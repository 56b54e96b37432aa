"""Linear probabilistic classifiers for single-valued and multi-valued facets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from mlcap.model.probability import sigmoid, softmax

#: Score of a value that no training caption has: as good as never.
NEVER = -12.0


class SingleValueClassifier(ClassifierMixin, BaseEstimator):
    """A linear support vector machine over the values of a single-valued facet, each against the rest.

    Fitted by LIBLINEAR (Fan et al., 2008). A softmax over the scores with a temperature learned out of
    fold makes probabilities.

    Args:
        values: every value of the facet, in order; one without examples scores `NEVER`.
        strength: inverse of the regularisation (C of scikit-learn).

    Attributes:
        coef_: (values, columns), intercept_: (values,).
        temperature_: scores are divided by it before the softmax (Guo et al., "On
            calibration of modern neural networks", 2017); 1 until calibrated.
    """

    def __init__(self, values: Sequence[str] = (), strength: float = 0.2) -> None:
        self.values = values
        self.strength = strength

    def fit(self, X: sp.csr_matrix, y: Sequence[str]) -> SingleValueClassifier:
        """Fit on X, shape (captions, columns), and one value each.

        Raises:
            ValueError: all captions have the same value.

        """
        self.classes_ = np.asarray(self.values)
        self.coef_ = np.zeros((len(self.classes_), X.shape[1]))
        self.intercept_ = np.full(len(self.classes_), NEVER)
        places = [list(self.values).index(name) for name in np.unique(np.asarray(y))]
        model = LinearSVC(C=self.strength, max_iter=10_000, tol=1e-5, random_state=0)
        model.fit(X, np.asarray(y))
        coef, intercept = model.coef_, model.intercept_
        if len(places) == 2:
            coef, intercept = np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
        self.coef_[places] = coef
        self.intercept_[places] = intercept
        self.temperature_ = 1.0
        return self

    def decision_function(self, X: sp.csr_matrix) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        check_is_fitted(self)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def predict_proba(self, X: sp.csr_matrix) -> np.ndarray:
        """Calibrated probabilities, shape (captions, values); rows add up to 1."""
        return softmax(self.decision_function(X) / self.temperature_)

    def predict(self, X: sp.csr_matrix) -> np.ndarray:
        """The most probable value of each caption, shape (captions,)."""
        return np.asarray(self.classes_[self.decision_function(X).argmax(axis=1)])


class MultiValueClassifier(ClassifierMixin, BaseEstimator):
    """Logistic regression over all (caption, value) pairs of a multi-valued facet at once.

    Every value has weights of its own for the common columns. Its mention columns are
    weighted twice: by weights that all values share, so that a rare role learns from
    the common ones which mentions are depicted, and by weights of its own (feature
    augmentation after Daume, "Frustratingly easy domain adaptation", 2007).

    Args:
        values: every value of the facet, in order.
        common: number of common columns; the mention columns of the values follow in order.
        strength: inverse of the regularisation (C of scikit-learn).
        shared, own: how strongly shared and own mention weights may speak.

    Attributes:
        coef_: (values, columns): a value's own row has weights in its own mention columns only.
        intercept_: (values,).
        slope_, offset_: (values,): calibration of the scores (Platt, "Probabilistic outputs
            for support vector machines", 1999); 1 and 0 until calibrated.
    """

    def __init__(
        self, values: Sequence[str] = (), common: int = 0, strength: float = 1.0, shared: float = 0.5, own: float = 0.3
    ) -> None:
        self.values = values
        self.common = common
        self.strength = strength
        self.shared = shared
        self.own = own

    def fit(self, X: sp.csr_matrix, Y: np.ndarray) -> MultiValueClassifier:
        """Fit on X, shape (captions, columns), and Y, bool, shape (captions, values)."""
        count = len(self.values)
        mentions = (X.shape[1] - self.common) // count
        design = self._design(X, mentions)
        model = LogisticRegression(C=self.strength, solver="liblinear", max_iter=1000, tol=1e-5, random_state=0)
        target = np.asarray(Y, dtype=bool).T.ravel()
        self.classes_ = np.asarray(self.values)
        self.coef_ = np.zeros((count, X.shape[1]))
        self.intercept_ = np.full(count, NEVER)
        self.slope_, self.offset_ = np.ones(count), np.zeros(count)
        if not target.any():
            return self
        model.fit(design, target)
        weights = model.coef_[0]
        own_common = weights[: count * self.common].reshape(count, self.common)
        start = count * self.common
        shared = weights[start : start + mentions] * self.shared
        own = weights[start + mentions : start + mentions * (1 + count)].reshape(count, mentions) * self.own
        bias = weights[start + mentions * (1 + count) :] * self._BIAS
        for place in range(count):
            first = self.common + place * mentions
            self.coef_[place, : self.common] = own_common[place]
            self.coef_[place, first : first + mentions] = shared + own[place]
            self.intercept_[place] = model.intercept_[0] + bias[place]
        return self

    #: Weight of the indicator column that gives each value an intercept of its own, hardly regularised.
    _BIAS = 3.0

    def _design(self, X: sp.csr_matrix, mentions: int) -> sp.csr_matrix:
        """One row a pair, value by value: [common of each value | shared mentions | own mentions | intercepts]."""
        count, rows = len(self.values), X.shape[0]
        common = X[:, : self.common]
        parts = []
        for place in range(count):
            first = self.common + place * mentions
            mine = X[:, first : first + mentions]
            parts.append(
                sp.hstack(
                    [
                        *_placed(common, place, count),
                        mine * self.shared,
                        *_placed(mine * self.own, place, count),
                        *_placed(sp.csr_matrix(np.full((rows, 1), self._BIAS)), place, count),
                    ]
                ).tocsr()
            )
        return sp.vstack(parts).tocsr()

    def decision_function(self, X: sp.csr_matrix) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        check_is_fitted(self)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def predict_proba(self, X: sp.csr_matrix) -> np.ndarray:
        """Calibrated probability of each value by itself, shape (captions, values)."""
        return sigmoid(self.decision_function(X) * self.slope_ + self.offset_)

    def predict(self, X: sp.csr_matrix) -> np.ndarray:
        """Whether each value holds, bool, shape (captions, values)."""
        return np.asarray(self.predict_proba(X) > getattr(self, "thresholds_", 0.5))


def _placed(block: sp.csr_matrix, place: int, count: int) -> list[Any]:
    """The block at one of `count` equal places, zeros at the others."""
    rows, columns = block.shape
    return [sp.csr_matrix((rows, columns * place)), block, sp.csr_matrix((rows, columns * (count - 1 - place)))]
