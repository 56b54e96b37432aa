"""Linear probabilistic classifiers for single-valued and multi-valued facets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted, validate_data

from mlcap.errors import FitError
from mlcap.logistic import sigmoid, softmax
from mlcap.training.matrix import CaptionMatrix, common_columns
from mlcap.training.pairs import fit_pairs
from mlcap.training.ratios import column_weights

#: Score of a value that no training caption has: as good as never.
NEVER = -12.0


class SingleValueClassifier(ClassifierMixin, BaseEstimator):
    """A linear support vector machine over the values of a single-valued facet, each against the rest.

    Fitted by LIBLINEAR (Fan et al., 2008), its columns weighed by log-count ratios (`mlcap.training.ratios`). A softmax over the scores with a temperature learned out of
    fold makes probabilities.

    Args:
        values: every value of the facet, in order; one without examples scores `NEVER`. () for those in the labels.
        C: inverse of the regularisation, as in scikit-learn.
        ratios: how far columns weigh by how unevenly values have them, from 0 (not at all) to 1.
        allowed: the names that labels may have where `values` is (); () for any. Labels that are numbers are not held
            to it, since scikit-learn numbers them for itself.

    Attributes:
        classes_: (values,) the values, in the order of the columns of `scores` and `predict_proba`.
        coef_: (values, columns), intercept_: (values,).
        temperature_: scores are divided by it before the softmax (Guo et al., "On
            calibration of modern neural networks", 2017); 1 until calibrated.

    Example:
        >>> X, y = [[0.0, 1.0], [0.2, 0.9], [1.0, 0.1], [0.9, 0.0]], ["day", "day", "night", "night"]
        >>> classifier = mlcap.SingleValueClassifier(values=("day", "night", "dusk"), C=10.0).fit(X, y)
        >>> [str(value) for value in classifier.predict([[0.0, 2.0], [2.0, 0.0]])], classifier.scores(X).shape
        (['day', 'night'], (4, 3))
    """

    def __init__(
        self, values: Sequence[str] = (), C: float = 0.2, ratios: float = 0.2, allowed: Sequence[str] = ()
    ) -> None:
        self.values = values
        self.C = C
        self.ratios = ratios
        self.allowed = allowed

    def fit(self, X: sp.csr_matrix, y: Sequence[str]) -> SingleValueClassifier:
        """Fit on X, shape (captions, columns), and one value each.

        Raises:
            FitError: a label is missing or no value, or all captions have the same one.
            ValueError: X holds something else than numbers, or not as many rows as there are labels.
        """
        _check_given(y)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        found = np.unique(y)
        values = list(self.values) if len(self.values) else found.tolist()
        allowed = values if len(self.values) or found.dtype.kind not in "UO" else list(self.allowed) or values
        odd = next((value for value in found.tolist() if value not in allowed), None)
        if odd is not None:
            raise FitError(f"label {odd!r} is none of the values {', '.join(map(str, allowed))}")
        if len(found) < 2:
            raise FitError(
                f"all captions have the same value, {str(found[0])!r}; one class cannot be told apart, give captions of others"
            )
        self.classes_ = np.asarray(values)
        self.coef_ = np.zeros((len(self.classes_), X.shape[1]))
        self.intercept_ = np.full(len(self.classes_), NEVER)
        X = sp.csr_matrix(X)
        # Two values are told apart by one machine, half of whose scores stands for each.
        learned = found.tolist() if len(found) > 2 else found.tolist()[1:]
        weights = column_weights(X, np.asarray(y)[:, None] == np.asarray(learned), self.ratios)
        model = LinearSVC(C=self.C, max_iter=10_000, tol=1e-5, random_state=0)
        for name, weight in zip(learned, weights, strict=True):
            model.fit(X @ sp.diags(weight), y == name)
            place = values.index(name)
            self.coef_[place], self.intercept_[place] = model.coef_[0] * weight, model.intercept_[0]
        if len(learned) == 1:
            first, second = values.index(found[0]), values.index(found[1])
            self.coef_[second] /= 2
            self.intercept_[second] /= 2
            self.coef_[first], self.intercept_[first] = -self.coef_[second], -self.intercept_[second]
        self.temperature_ = 1.0
        return self

    def scores(self, X: sp.csr_matrix) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def decision_function(self, X: sp.csr_matrix) -> np.ndarray:
        """Scores before calibration as scikit-learn wants them: as `scores`, and of two values their difference, (captions,)."""
        scores = self.scores(X)
        return scores if scores.shape[1] != 2 else np.asarray(scores[:, 1] - scores[:, 0])

    def predict_proba(self, X: sp.csr_matrix) -> np.ndarray:
        """Calibrated probabilities, shape (captions, values); rows add up to 1."""
        return softmax(self.scores(X) / self.temperature_)

    def predict(self, X: sp.csr_matrix) -> np.ndarray:
        """The most probable value of each caption, shape (captions,)."""
        scores = self.scores(X)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _is_missing(label: Any) -> bool:
    """Whether a label is what a data frame gives an empty cell of a column of texts or lists."""
    if isinstance(label, float):
        return math.isnan(label)
    return label is None or type(label).__name__ in ("NAType", "NaTType")


def _check_given(y: Any) -> None:
    """Check that each label is one, and none is missing.

    Raises:
        FitError: one is missing, as a data frame gives an empty cell, or holds several.
    """
    for place, label in enumerate(y if isinstance(y, list | tuple) or getattr(y, "ndim", 0) == 1 else ()):
        if isinstance(label, list | tuple | set | dict) and any(isinstance(one, str) for one in label):
            raise FitError(
                f"label {place} (counted from 0) is {list(label)!r}; a facet of one value takes one name for each caption,"
                " and MultiValueClassifier several"
            )
        if _is_missing(label):
            raise FitError(f"label {place} (counted from 0) is missing ({label}); leave captions without a label out")


def _named(Y: Any, values: Sequence[str]) -> str:
    """What is wrong with labels that are names, or lists of names, where 0 and 1 are wanted; "" where they are none."""
    labels = list(Y) if isinstance(Y, list | tuple) or getattr(Y, "ndim", 0) == 1 else []
    text = next((label for label in labels if isinstance(label, str)), None)
    if text is not None:
        return f"labels must say of each caption and value whether it holds, not name values ({text!r})"
    gap = next((place for place, label in enumerate(labels) if _is_missing(label)), None)
    if gap is not None:
        return f"the label of caption {gap} (counted from 0) is missing ({labels[gap]})"
    lists = [label for label in labels if isinstance(label, list | tuple | set)]
    names = [name for label in lists for name in label if isinstance(name, str)]
    if odd := [name for name in names if len(values) and name not in values]:
        return f"label {odd[0]!r} is none of the values {', '.join(map(str, values))}"
    if names or not all(lists):
        return "labels must say of each caption and value whether it holds, not list names"
    return ""


class MultiValueClassifier(ClassifierMixin, BaseEstimator):
    """Logistic regression over all (caption, value) pairs of a multi-valued facet at once.

    Every value has weights of its own for the common columns. Its mention columns are
    weighted twice: by weights that all values share, so that a rare role learns from
    the common ones which mentions are depicted, and by weights of its own (feature
    augmentation after Daume, "Frustratingly easy domain adaptation", 2007).

    A `CaptionMatrix` says which columns are common; in any other matrix all are.

    Args:
        values: every value of the facet, in order. () for as many as the labels have columns.
        C: inverse of the regularisation, as in scikit-learn.
        shared, own: how strongly shared and own mention weights may speak.
        ratios: how far common columns weigh by how unevenly values have them, from 0 (not at all) to 1.

    Attributes:
        classes_: (values,) the values; their places where none were named.
        coef_: (values, columns): a value's own row has weights in its own mention columns only.
        intercept_: (values,).
        slope_, offset_: (values,): calibration of the scores (Platt, "Probabilistic outputs
            for support vector machines", 1999); 1 and 0 until calibrated.
        thresholds_: (values,) a value is given above its own; 0.5 until chosen.

    Example:
        >>> X, Y = [[0.0, 1.0], [0.2, 0.9], [1.0, 0.1], [0.9, 0.0]], [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> classifier = mlcap.MultiValueClassifier(values=("cook", "helm"), C=50.0).fit(X, Y)
        >>> classifier.predict([[0.0, 2.0], [2.0, 0.0]]).tolist()
        [[1, 0], [0, 1]]
    """

    def __init__(
        self, values: Sequence[str] = (), C: float = 1.0, shared: float = 0.5, own: float = 0.3, ratios: float = 0.0
    ) -> None:
        self.values = values
        self.C = C
        self.shared = shared
        self.own = own
        self.ratios = ratios

    def fit(self, X: sp.csr_matrix, Y: np.ndarray) -> MultiValueClassifier:
        """Fit on X, shape (captions, columns), and Y, of 0 and 1 or bool, shape (captions, values).

        Raises:
            FitError: Y is no such matrix.
            ValueError: X holds something else than numbers, or not as many rows as Y.
        """
        given = X
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        target = self._target(Y)
        check_consistent_length(X, target)
        count = target.shape[1]
        common = common_columns(given, count) if isinstance(given, CaptionMatrix) else X.shape[1]
        width = (X.shape[1] - common) // count
        self.classes_ = np.asarray(self.values if len(self.values) else np.arange(count))
        self.coef_ = np.zeros((count, X.shape[1]))
        self.intercept_ = np.full(count, NEVER)
        self.slope_, self.offset_ = np.ones(count), np.zeros(count)
        self.thresholds_ = np.full(count, 0.5)
        if not target.any():
            return self
        X = sp.csr_matrix(X)
        # Columns that no caption fills learn nothing.
        filled = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1])[:common])
        spans = [slice(common + place * width, common + (place + 1) * width) for place in range(count)]
        some = X[:, filled]
        weigh = column_weights(some, target, self.ratios)
        weights = fit_pairs(some, [X[:, span] for span in spans], target, self.C, self.shared, self.own, weigh)
        self.coef_[:, filled] = weights.common
        for place, span in enumerate(spans):
            self.coef_[place, span] = weights.mentions[place]
        self.intercept_ = weights.intercept
        return self

    def _target(self, Y: Any) -> np.ndarray:
        hint = "; give 0 and 1, shape (captions, values), as scikit-learn's MultiLabelBinarizer makes them"
        if Y is None:
            raise FitError(f"requires y to be passed, but the target y is None{hint}")
        if fault := _named(Y, self.values):
            raise FitError(f"{fault}{hint}")
        found = np.asarray(Y)
        if found.dtype.kind == "f":
            assert_all_finite(found, input_name="y")
        if found.ndim != 2 or found.dtype.kind not in "biuf" or not np.isin(found, (0, 1)).all():
            kind = type_of_target(found, raise_unknown=True) if found.ndim in (1, 2) else f"of {found.ndim} dimensions"
            raise FitError(f"labels must say of each caption and value whether it holds, and are {kind}{hint}")
        if len(self.values) and found.shape[1] != len(self.values):
            raise FitError(f"labels have {found.shape[1]} columns for {len(self.values)} values{hint}")
        return found.astype(bool)

    def decision_function(self, X: sp.csr_matrix) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def predict_proba(self, X: sp.csr_matrix) -> np.ndarray:
        """Calibrated probability of each value by itself, shape (captions, values)."""
        return sigmoid(self.decision_function(X) * self.slope_ + self.offset_)

    def predict(self, X: sp.csr_matrix) -> np.ndarray:
        """Whether each value holds, 0 or 1, shape (captions, values)."""
        return np.asarray(self.predict_proba(X) > self.thresholds_).astype(int)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.one_d_labels, tags.target_tags.two_d_labels = False, True
        tags.target_tags.multi_output, tags.target_tags.single_output = True, False
        tags.classifier_tags.multi_label, tags.classifier_tags.multi_class = True, False
        return tags
