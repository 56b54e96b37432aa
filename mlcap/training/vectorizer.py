"""Feature matrices: the columns of a layout learned from captions, and captions laid out in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mlcap.errors import FitError
from mlcap.features.blocks import BLOCKS, MENTIONS
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.model.layout import Layout
from mlcap.text import no_caption, no_captions
from mlcap.training.counts import CaptionCounts, count_features, weigh_counts
from mlcap.training.matrix import CaptionMatrix


class CaptionReader(TransformerMixin, BaseEstimator):
    """Read captions: n texts (a list, an array, a pandas Series) become a list of n `CaptionFeatures`.

    It learns nothing, so it may stand before a cache: `Pipeline(steps, memory=...)`.

    Args:
        extra_words: value -> pattern of further words that mention it, from the taxonomy.

    Example:
        >>> features = mlcap.CaptionReader().fit_transform(["A crane waits.", "Divers wave."])
        >>> [sorted(one.units["lead"])[:2] for one in features]
        [['a', 'a crane'], ['divers', 'divers wave']]
    """

    def __init__(self, extra_words: Mapping[str, Any] | None = None) -> None:
        self.extra_words = extra_words

    def fit(self, X: Iterable[str], y: Any = None) -> CaptionReader:
        """Check the captions and learn nothing: reading a caption depends on that caption alone.

        Raises:
            FitError: they are no list of texts.
        """
        _check_texts(X)
        return self

    def transform(self, X: Iterable[str]) -> list[CaptionFeatures]:
        """Read each text.

        Raises:
            FitError: they are no list of texts.
        """
        return [extract(text, self.extra_words) for text in _check_texts(X)]

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def _check_texts(X: Any) -> list[str]:
    """Captions as a list.

    Raises:
        FitError: they are none.
    """
    if fault := no_captions(X):
        raise FitError(fault)
    texts = list(X)
    odd = next((place for place, text in enumerate(texts) if not isinstance(text, str)), None)
    if odd is not None:
        raise FitError(no_caption(texts[odd], odd))
    return texts


class CaptionVectorizer(TransformerMixin, BaseEstimator):
    """Turn `CaptionFeatures` into a `CaptionMatrix`.

    Columns are the common ones of the layout, then for every value of `values` one copy of the
    mention columns. Each block of features may have a weight, by which its columns are multiplied: it says how
    strongly the block may speak for the same price in regularisation.

    Args:
        values: the values of multi-valued facets, in order.
        weights: block -> weight; one without is switched off, and `mentions` stands for the mention columns of every
            value. None for 1 everywhere.

    Attributes:
        layout_: the columns (`mlcap.model.layout.Layout`).
        offsets_: block or `mentions:VALUE` -> (first column, one past the last).
        scale_: (columns,) the weight of each.

    Example:
        >>> features = mlcap.CaptionReader().fit_transform(["A crane waits.", "Divers wave."])
        >>> matrix = mlcap.CaptionVectorizer(weights={"lead": 2.0}).fit_transform(features)
        >>> matrix.shape[0], round(float((matrix @ matrix.T).diagonal()[0]), 6)
        (2, 4.0)
    """

    def __init__(self, values: Sequence[str] = (), weights: Mapping[str, float] | None = None) -> None:
        self.values = values
        self.weights = weights

    def fit(self, X: Sequence[CaptionFeatures], y: Any = None) -> CaptionVectorizer:
        """Learn vocabularies and inverse document frequencies.

        Raises:
            FitError: there is no caption, one was not read yet, or a weight is of no block or no number from 0.
        """
        features = _check_features(X)
        if not features:
            raise FitError("there is no caption to learn from")
        counts = CaptionCounts.of(features, tuple(self.values))
        return self.set_layout(counts.learn(np.arange(len(features))).layout)

    def set_layout(self, layout: Layout) -> CaptionVectorizer:
        """Take over a layout that was learned before; counts as fitting.

        Raises:
            FitError: a weight is of no block or no number from 0.
        """
        self.layout_ = layout
        self.offsets_ = {b.name: (layout.slices[b.name].start, layout.slices[b.name].stop) for b in BLOCKS}
        for place, value in enumerate(self.values):
            start = layout.common + place * layout.mentions
            self.offsets_[f"{MENTIONS}:{value}"] = (start, start + layout.mentions)
        self.scale_ = np.ones(layout.common + len(self.values) * layout.mentions)
        if self.weights is not None:
            known = {*(b.name for b in BLOCKS), MENTIONS}
            odd = next((name for name in self.weights if name not in known), None)
            if odd is not None:
                raise FitError(f"there is no block {odd!r} to weigh; blocks are {', '.join(sorted(known))}")
            for name, weight in self.weights.items():
                if not isinstance(weight, Real) or not 0 <= weight < inf:
                    raise FitError(f"the weight of block {name!r} must be a number from 0, not {weight!r}")
            for name, (start, end) in self.offsets_.items():
                self.scale_[start:end] = self.weights.get(name.partition(":")[0], 0.0)
        return self

    def transform(self, X: Sequence[CaptionFeatures]) -> CaptionMatrix:
        """Give the matrix, shape (captions, columns), float64.

        Raises:
            FitError: a caption was not read yet.
        """
        check_is_fitted(self)
        return self.weigh(weigh_counts(self.layout_, count_features(self.layout_, self.values, _check_features(X))))

    def weigh(self, amounts: sp.csr_matrix) -> CaptionMatrix:
        """Weigh amounts in the columns of the layout, shape kept; columns that are switched off are empty."""
        data = amounts.data * self.scale_[amounts.indices]
        out = CaptionMatrix((data, amounts.indices, amounts.indptr), shape=amounts.shape)
        if not self.scale_.all():
            out.eliminate_zeros()
        out.common = self.layout_.common
        return out

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the columns: block (for mentions with the value) and feature, as `lead crane`."""
        check_is_fitted(self)
        common = [f"{block} {name}" for block, name in self.layout_.features]
        own = self.layout_.vocabulary[MENTIONS]
        return np.asarray([*common, *(f"{MENTIONS}:{v} {name}" for v in self.values for name in own)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def _check_features(X: Any) -> list[CaptionFeatures]:
    features = list(X)
    if not all(isinstance(one, CaptionFeatures) for one in features):
        raise FitError("captions must be read before they are laid out; put a CaptionReader before this")
    return features
