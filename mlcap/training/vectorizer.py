"""Feature matrices: the columns of a layout learned from captions, and captions laid out in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mlcap.features.blocks import BLOCKS, MENTIONS
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.model.layout import Layout
from mlcap.training.counts import CaptionCounts, count_features, weigh_counts


class CaptionReader(TransformerMixin, BaseEstimator):
    """Read captions: a list of n texts becomes a list of n `CaptionFeatures`.

    Args:
        extra_words: value -> pattern of further words that mention it, from the taxonomy.
    """

    def __init__(self, extra_words: Mapping[str, Any] | None = None) -> None:
        self.extra_words = extra_words

    def fit(self, X: Sequence[str], y: Any = None) -> CaptionReader:
        """Learn nothing; reading a caption depends on that caption alone."""
        return self

    def transform(self, X: Sequence[str]) -> list[CaptionFeatures]:
        """Read each text."""
        return [extract(text, self.extra_words) for text in X]

    def __sklearn_is_fitted__(self) -> bool:
        return True


class CaptionVectorizer(TransformerMixin, BaseEstimator):
    """Turn `CaptionFeatures` into a sparse matrix.

    Columns are the common ones of the layout, then for every value of `values` one copy of the
    mention columns.

    Args:
        values: the values of multi-valued facets, in order.

    Attributes:
        layout_: the columns (`mlcap.model.layout.Layout`).
        offsets_: block or `mentions:VALUE` -> (first column, one past the last).
    """

    def __init__(self, values: Sequence[str] = ()) -> None:
        self.values = values

    def fit(self, X: Sequence[CaptionFeatures], y: Any = None) -> CaptionVectorizer:
        """Learn vocabularies and inverse document frequencies."""
        counts = CaptionCounts.of(X, self.values)
        return self.set_layout(counts.learn(np.arange(len(X))).layout)

    def set_layout(self, layout: Layout) -> CaptionVectorizer:
        """Take over a layout that was learned before; counts as fitting."""
        self.layout_ = layout
        self.offsets_ = {b.name: (layout.slices[b.name].start, layout.slices[b.name].stop) for b in BLOCKS}
        for place, value in enumerate(self.values):
            start = layout.common + place * layout.mentions
            self.offsets_[f"{MENTIONS}:{value}"] = (start, start + layout.mentions)
        return self

    def transform(self, X: Sequence[CaptionFeatures]) -> sp.csr_matrix:
        """Give the matrix, shape (captions, columns), float64."""
        check_is_fitted(self)
        return weigh_counts(self.layout_, count_features(self.layout_, self.values, X))


class BlockWeights(TransformerMixin, BaseEstimator):
    """Multiply the columns of each block by a weight; a block without a weight is switched off.

    A weight says how strongly a block may speak for the same price in regularisation.

    Args:
        offsets: block -> (first column, one past the last), as `CaptionVectorizer.offsets_`.
        weights: block -> weight; `mentions` stands for the mention columns of every value.
    """

    def __init__(self, offsets: Mapping[str, tuple[int, int]], weights: Mapping[str, float]) -> None:
        self.offsets = offsets
        self.weights = weights

    def fit(self, X: Any = None, y: Any = None) -> BlockWeights:
        """Lay the weights out over the columns."""
        columns = max((end for _, end in self.offsets.values()), default=0)
        self.scale_ = np.zeros(columns)
        for name, (start, end) in self.offsets.items():
            self.scale_[start:end] = self.weights.get(name.partition(":")[0], 0.0)
        return self

    def transform(self, X: sp.csr_matrix) -> sp.csr_matrix:
        """Scale the columns of X, shape kept."""
        check_is_fitted(self)
        return X @ sp.diags(self.scale_)
