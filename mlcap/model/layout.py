"""The layout of columns: which feature of which block stands where, and how much of it a caption has.

Columns are the blocks of `mlcap.features.blocks` in their order, each in alphabetical order of
its features: the common columns. Mention columns are counted by themselves; every value of
a multi-valued facet has weights of its own for them. Word blocks are TF-IDF with sublinear
term frequency and unit length (Salton & Buckley, "Term-weighting approaches in automatic
text retrieval", 1988), everything else is 0 or 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from mlcap.features.blocks import BLOCKS, FLAG_BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.features.extract import CaptionFeatures
from mlcap.features.words import WordBlock

#: Columns of the letters of this many different words are remembered for a block.
MOST_REMEMBERED = 20_000
_NOTHING = np.zeros(0, dtype=np.intp)
_LOG = 1.0 + np.log(np.arange(1, 1001, dtype=np.float64))


class FeatureCounter:
    """Counts the features of captions, each feature by its number.

    Args:
        numbers: block -> feature name -> its number, asked for with `get`; a feature without one is passed over.
    """

    def __init__(self, numbers: Mapping[str, Mapping[str, int]]) -> None:
        self._numbers = numbers
        #: Word block -> word -> the numbers of its letters.
        self._letters: dict[str, dict[str, np.ndarray]] = {b.name: {} for b in WORD_BLOCKS if b.letters}

    def count(self, features: CaptionFeatures) -> tuple[np.ndarray, np.ndarray]:
        """Count the features of a caption, block after block: (numbers, times), shapes (nonzero,)."""
        numbers: list[np.ndarray] = []
        times: list[np.ndarray] = []
        for block in WORD_BLOCKS:
            found, often = self._count(block, features.units[block.name])
            numbers.append(found)
            times.append(often)
        flags: list[int] = []
        for flag_block in FLAG_BLOCKS:
            known = self._numbers[flag_block.name]
            flags += [n for n in map(known.get, features.flags[flag_block.name]) if n is not None]
        numbers.append(np.asarray(flags, dtype=np.intp))
        times.append(np.ones(len(flags), dtype=np.intp))
        return np.concatenate(numbers), np.concatenate(times)

    def _count(self, block: WordBlock, units: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the units of a block, and how often each occurs, shapes (nonzero,)."""
        if not block.letters:
            known = self._numbers[block.name]
            counts = Counter(map(known.get, units))
            counts.pop(None, None)
            size = len(counts)
            return np.fromiter(counts.keys(), np.intp, size), np.fromiter(counts.values(), np.intp, size)
        remembered = self._letters[block.name]
        parts = list(map(remembered.get, units))
        filled = [self._remember(block, units[i]) if part is None else part for i, part in enumerate(parts)]
        every = np.sort(np.concatenate(filled)) if filled else _NOTHING
        if not len(every):
            return _NOTHING, _NOTHING
        last = np.ones(len(every), dtype=bool)
        np.not_equal(every[1:], every[:-1], out=last[:-1])
        ends = last.nonzero()[0]
        times = ends.copy()
        times[1:] -= ends[:-1]
        times[0] += 1
        return every[ends].astype(np.intp), times

    def _remember(self, block: WordBlock, word: str) -> np.ndarray:
        """The numbers of a word's letter n-grams."""
        remembered, known = self._letters[block.name], self._numbers[block.name]
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        found = [n for n in map(known.get, block.features_of(word)) if n is not None]
        remembered[word] = np.asarray(found, dtype=np.int32)
        return remembered[word]


class Layout:
    """The columns of a model version or of a training.

    Args:
        vocabulary: block -> feature names in column order, for every block and `mentions`.
        idf: inverse document frequencies of the columns of the word blocks, which come first.

    Attributes:
        vocabulary, idf: as given.
        common: how many common columns there are.
        slices: block -> where its columns stand among the common ones.
        mentions: how many mention columns there are.
        background: (common,) whether a column speaks of the background alone.
    """

    def __init__(self, vocabulary: Mapping[str, Sequence[str]], idf: np.ndarray) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self.slices: dict[str, slice] = {}
        here = 0
        for block in BLOCKS:
            self.slices[block.name] = slice(here, here + len(vocabulary[block.name]))
            here = self.slices[block.name].stop
        self.common = here
        self.mentions = len(vocabulary[MENTIONS])
        self._idf = np.ones(here)
        self._idf[: len(idf)] = idf
        self._block = np.zeros(here, dtype=np.intp)
        self._flag = np.ones(here, dtype=bool)
        self.background = np.zeros(here, dtype=bool)
        for place, columns in enumerate(self.slices.values()):
            self._block[columns] = place
        for block in WORD_BLOCKS:
            self._flag[self.slices[block.name]] = False
            self.background[self.slices[block.name]] = block.zone == "background"
        for flag_block in FLAG_BLOCKS:
            names = vocabulary[flag_block.name]
            self.background[self.slices[flag_block.name]] = [name.startswith("background ") for name in names]

    @cached_property
    def _columns(self) -> dict[str, dict[str, int]]:
        return {
            block: {name: where.start + i for i, name in enumerate(self.vocabulary[block])}
            for block, where in self.slices.items()
        }

    @cached_property
    def own(self) -> dict[str, int]:
        """Feature name -> mention column."""
        return {name: i for i, name in enumerate(self.vocabulary[MENTIONS])}

    @cached_property
    def counter(self) -> FeatureCounter:
        """Counts by common columns."""
        return FeatureCounter(self._columns)

    def columns(self, block: str) -> Mapping[str, int]:
        """Feature name -> common column, for one block."""
        return self._columns[block]

    def feature_at(self, column: int) -> tuple[str, str]:
        """The block and name of a common column."""
        starts = [self.slices[b.name].start for b in BLOCKS]
        # An empty block starts where the next one does, so the last that starts here holds the column.
        block = BLOCKS[bisect_right(starts, column) - 1].name
        return block, self.vocabulary[block][column - self.slices[block].start]

    @property
    def features(self) -> list[tuple[str, str]]:
        """(block, name) of every common column, in order."""
        return [(block.name, name) for block in BLOCKS for name in self.vocabulary[block.name]]

    def vector(self, features: CaptionFeatures) -> tuple[np.ndarray, np.ndarray]:
        """Give the common columns that a caption fills: (columns, amounts), shapes (nonzero,)."""
        columns, times = self.counter.count(features)
        amounts = self._weighted(columns, times)
        ends = np.searchsorted(self._block[columns], np.arange(len(WORD_BLOCKS)), side="right").tolist()
        start = 0
        for end in ends:
            if end > start:
                part = amounts[start:end]
                part /= np.sqrt(part @ part)
                start = end
        return columns, amounts

    def _weighted(self, columns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Counts weighed by sublinear frequency and rarity, before anything is made of unit length: shape (n,)."""
        weighted = self._idf.take(columns)
        if len(times):
            weighted *= _LOG.take(times - 1) if times.max() <= len(_LOG) else 1.0 + np.log(times)
        return weighted

    def amounts(self, columns: np.ndarray, times: np.ndarray, captions: np.ndarray) -> np.ndarray:
        """Weigh the counts of several captions at once, as `vector` weighs those of one.

        Args:
            columns, times: as the counter gives them, one caption after another: shapes (n,).
            captions: (n,) which caption each is of, rising.

        Returns:
            Shape (n,).
        """
        weighted = self._weighted(columns, times)
        if not len(columns):
            return weighted
        stretch = self._block[columns] + len(BLOCKS) * captions
        starts = np.flatnonzero(np.concatenate([[True], stretch[1:] != stretch[:-1]]))
        lengths = np.sqrt(np.add.reduceat(weighted * weighted, starts))
        weighted /= np.repeat(lengths, np.diff(np.append(starts, len(columns))))
        weighted[self._flag[columns]] = 1.0
        return weighted

    def mention_columns(self, features: CaptionFeatures, value: str) -> np.ndarray:
        """The mention columns of one value that a caption fills, each with 1: shape (nonzero,), ascending."""
        known = self.own
        return np.asarray(sorted({known[n] for n in features.mentions.get(value, ()) if n in known}), dtype=np.intp)

    def mention_column(self, name: str) -> int | None:
        """The mention column of a feature, None where training knows it not."""
        return self.own.get(name)
