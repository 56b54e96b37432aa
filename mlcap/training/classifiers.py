"""Linear probabilistic classifiers for single-valued and multi-valued facets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from mlcap.model.probability import sigmoid, softmax
from mlcap.training.pairs import fit_pairs

#: Score of a value that no training caption has: as good as never.
NEVER = -12.0


class SingleValueClassifier(ClassifierMixin, BaseEstimator):
    """A linear support vector machine over the values of a single-valued facet, each against the rest.

    Fitted by LIBLINEAR (Fan et al., 2008). A softmax over the scores with a temperature learned out of
    fold makes probabilities.

    Args:
        values: every value of the facet, in order; one without examples scores `NEVER`.
        C: inverse of the regularisation, as in scikit-learn.

    Attributes:
        coef_: (values, columns), intercept_: (values,).
        temperature_: scores are divided by it before the softmax (Guo et al., "On
            calibration of modern neural networks", 2017); 1 until calibrated.
    """

    def __init__(self, values: Sequence[str] = (), C: float = 0.2) -> None:
        self.values = values
        self.C = C

    def fit(self, X: sp.csr_matrix, y: Sequence[str]) -> SingleValueClassifier:
        """Fit on X, shape (captions, columns), and one value each.

        Raises:
            ValueError: all captions have the same value.

        """
        self.classes_ = np.asarray(self.values)
        self.coef_ = np.zeros((len(self.classes_), X.shape[1]))
        self.intercept_ = np.full(len(self.classes_), NEVER)
        places = [list(self.values).index(name) for name in np.unique(np.asarray(y))]
        model = LinearSVC(C=self.C, max_iter=10_000, tol=1e-5, random_state=0)
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
        C: inverse of the regularisation, as in scikit-learn.
        shared, own: how strongly shared and own mention weights may speak.

    Attributes:
        coef_: (values, columns): a value's own row has weights in its own mention columns only.
        intercept_: (values,).
        slope_, offset_: (values,): calibration of the scores (Platt, "Probabilistic outputs
            for support vector machines", 1999); 1 and 0 until calibrated.
    """

    def __init__(
        self, values: Sequence[str] = (), common: int = 0, C: float = 1.0, shared: float = 0.5, own: float = 0.3
    ) -> None:
        self.values = values
        self.common = common
        self.C = C
        self.shared = shared
        self.own = own

    def fit(self, X: sp.csr_matrix, Y: np.ndarray) -> MultiValueClassifier:
        """Fit on X, shape (captions, columns), and Y, bool, shape (captions, values)."""
        count = len(self.values)
        width = (X.shape[1] - self.common) // count
        target = np.asarray(Y, dtype=bool)
        self.classes_ = np.asarray(self.values)
        self.coef_ = np.zeros((count, X.shape[1]))
        self.intercept_ = np.full(count, NEVER)
        self.slope_, self.offset_ = np.ones(count), np.zeros(count)
        if not target.any():
            return self
        # Columns that no caption fills learn nothing.
        filled = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1])[: self.common])
        spans = [slice(self.common + place * width, self.common + (place + 1) * width) for place in range(count)]
        weights = fit_pairs(X[:, filled], [X[:, span] for span in spans], target, self.C, self.shared, self.own)
        self.coef_[:, filled] = weights.common
        for place, span in enumerate(spans):
            self.coef_[place, span] = weights.mentions[place]
        self.intercept_ = weights.intercept
        return self

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
