"""Feature matrices: TF-IDF over the words of each zone beside flags and mention features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from mlcap.features.extract import FLAG_BLOCKS, MENTION_BLOCK, WORD_BLOCKS, CaptionFeatures, extract

BLOCKS = (*WORD_BLOCKS, *FLAG_BLOCKS)

#: Block -> in how many captions a feature must stand to be known.
RAREST = {
    "lead": 2,
    "background": 4,
    "lead-letters": 6,
    "words": 3,
    "letters": 8,
    "header": 2,
    "codes": 2,
    "cues": 3,
    "scenes": 3,
    "people": 2,
    "time": 2,
    MENTION_BLOCK: 3,
}


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


class _BlockOf:
    """Picks the feature names of one block from a caption's features (a class, so that it can be copied and saved)."""

    def __init__(self, block: str) -> None:
        self.block = block

    def __call__(self, features: CaptionFeatures) -> Sequence[str]:
        return features.blocks[self.block]


def _itself(names: Sequence[str]) -> Sequence[str]:
    return names


def analyzer_of(block: str) -> Any:
    """What gives the feature names of a block: of a caption, or for mentions the names themselves."""
    return _itself if block == MENTION_BLOCK else _BlockOf(block)


class CaptionVectorizer(TransformerMixin, BaseEstimator):
    """Turn `CaptionFeatures` into a sparse matrix.

    Columns are the blocks in the order of `BLOCKS`, each in alphabetical order of its
    features, then for every value of `values` one copy of the mention features. Word
    blocks are TF-IDF with sublinear term frequency and unit length (Salton & Buckley,
    "Term-weighting approaches in automatic text retrieval", 1988), flags are 0 or 1.

    Args:
        values: the values of multi-valued facets, in order.
        rarest: block -> in how many captions a feature must stand; `RAREST` where None.

    Attributes:
        vocabulary_: block -> its feature names in column order.
        idf_: word block -> inverse document frequencies, float64, in column order.
        offsets_: block or `mentions:VALUE` -> (first column, one past the last).
    """

    def __init__(self, values: Sequence[str] = (), rarest: Mapping[str, int] | None = None) -> None:
        self.values = values
        self.rarest = rarest

    def fit(self, X: Sequence[CaptionFeatures], y: Any = None) -> CaptionVectorizer:
        """Learn vocabularies and inverse document frequencies."""
        rarest = {**RAREST, **(self.rarest or {})}
        if len(X) < 50:  # With a handful of captions every feature is rare.
            rarest = dict.fromkeys(rarest, 1)
        self.vectorizers_: dict[str, CountVectorizer] = {}
        self.vocabulary_: dict[str, list[str]] = {}
        self.idf_: dict[str, np.ndarray] = {}
        for block in BLOCKS:
            if block in WORD_BLOCKS:
                vectorizer = TfidfVectorizer(analyzer=_BlockOf(block), min_df=rarest[block], sublinear_tf=True)
            else:
                vectorizer = CountVectorizer(
                    analyzer=_BlockOf(block), min_df=rarest[block], binary=True, dtype=np.float64
                )
            self._fit_block(block, vectorizer, X)
        mentions = [names for features in X for value in self.values if (names := features.mentions.get(value))]
        self._fit_block(
            MENTION_BLOCK,
            CountVectorizer(analyzer=_itself, min_df=rarest[MENTION_BLOCK], binary=True, dtype=np.float64),
            mentions,
        )
        self.offsets_ = column_offsets(self.vocabulary_, self.values)
        return self

    def _fit_block(self, block: str, vectorizer: CountVectorizer, documents: Sequence[Any]) -> None:
        self.vocabulary_[block] = []
        if block in WORD_BLOCKS:
            self.idf_[block] = np.zeros(0)
        try:
            vectorizer.fit(documents)
        except ValueError:
            return  # No caption has a feature of this block often enough: the block stays empty.
        self.vectorizers_[block] = vectorizer
        self.vocabulary_[block] = [str(name) for name in vectorizer.get_feature_names_out()]
        if block in WORD_BLOCKS:
            self.idf_[block] = np.asarray(vectorizer.idf_, dtype=np.float64)

    def transform(self, X: Sequence[CaptionFeatures]) -> sp.csr_matrix:
        """Give the matrix, shape (captions, columns), float64."""
        check_is_fitted(self)
        parts = [self._part(block, X) for block in BLOCKS]
        parts += [self._part(MENTION_BLOCK, [f.mentions.get(value, ()) for f in X]) for value in self.values]
        return sp.hstack(parts).tocsr()

    def _part(self, block: str, documents: Sequence[Any]) -> sp.csr_matrix:
        if block not in self.vectorizers_:
            return sp.csr_matrix((len(documents), 0))
        return self.vectorizers_[block].transform(documents)


def column_offsets(vocabulary: Mapping[str, Sequence[str]], values: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Say where each block stands: block or `mentions:VALUE` -> (first column, one past the last)."""
    offsets: dict[str, tuple[int, int]] = {}
    here = 0
    sizes = [(block, len(vocabulary[block])) for block in BLOCKS]
    sizes += [(f"{MENTION_BLOCK}:{value}", len(vocabulary[MENTION_BLOCK])) for value in values]
    for name, size in sizes:
        offsets[name] = (here, here + size)
        here += size
    return offsets


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
