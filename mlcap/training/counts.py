"""Captions as counts of their features: laid out once, so that a fit on some of them need not read them again."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import scipy.sparse as sp

from mlcap.features.blocks import BLOCKS, MENTIONS, RAREST_MENTION, WORD_BLOCKS
from mlcap.features.extract import CaptionFeatures
from mlcap.model.layout import FeatureCounter, Layout

#: Of fewer captions than this every feature is rare, and all are known.
FEWEST = 50
#: Captions weighed together; bounds the memory, not the result.
_BATCH = 512


class _Growing(dict[str, int]):
    """Numbers for names: a name without one is given the next when it is asked for."""

    def __init__(self, numbers: Iterator[int]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, name: str) -> int:
        found = self[name] = next(self._numbers)
        return found

    #: Asked millions of times, so it is the dictionary's own look-up, which comes to `__missing__`.
    get = dict.__getitem__  # type: ignore[assignment]


@dataclass(frozen=True)
class _Raw:
    """Counted features, caption after caption.

    Attributes:
        numbers, times: (n,) int32, of each caption its common features and then its mentions, of which
            the number is that of the feature times the number of values, plus the place of the value.
        lengths: (captions, 2) how many common ones and how many mentions.
    """

    numbers: np.ndarray
    times: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(
        cls,
        counter: FeatureCounter,
        mentions: Mapping[str, int],
        values: Sequence[str],
        captions: Iterable[CaptionFeatures],
    ) -> _Raw:
        """Count captions, of which one at a time is held."""
        numbers, times, lengths = array("i"), array("i"), array("i")
        for one in captions:
            found, count = counter.count(one)
            own = [
                number * len(values) + place
                for place, value in enumerate(values)
                for name in one.mentions.get(value, ())
                if (number := mentions.get(name)) is not None
            ]
            numbers.frombytes(found.astype(np.intc).tobytes())
            times.frombytes(count.astype(np.intc).tobytes())
            numbers.extend(own)
            times.extend([1] * len(own))
            lengths.extend((len(found), len(own)))
        counted = [np.frombuffer(found, dtype=np.intc) for found in (numbers, times, lengths)]
        return cls(counted[0], counted[1], counted[2].reshape(-1, 2))

    def matrix(self, values: int, common: np.ndarray, mentions: np.ndarray) -> sp.csr_matrix:
        """Lay the counts out: number of common features and of mentions -> column of its kind; int32, see `count_features`."""
        is_mention = np.repeat(np.tile([False, True], len(self.lengths)), self.lengths.ravel())
        columns = np.empty_like(self.numbers)
        columns[~is_mention] = common[self.numbers[~is_mention]]
        number, place = np.divmod(self.numbers[is_mention], max(values, 1))
        columns[is_mention] = len(common) + place * len(mentions) + mentions[number]
        ends = np.concatenate([[0], np.cumsum(self.lengths.sum(axis=1))]).astype(np.int32)
        shape = (len(self.lengths), len(common) + values * len(mentions))
        out = sp.csr_matrix((self.times, columns, ends), shape=shape)
        out.sort_indices()
        return out


def count_features(layout: Layout, values: Sequence[str], captions: Iterable[CaptionFeatures]) -> sp.csr_matrix:
    """Count the features of captions.

    Args:
        values: those with mention columns of their own, which follow the common ones value by value.

    Returns:
        int32, shape (captions, columns); columns rise within a row.
    """
    raw = _Raw.of(layout.counter, layout.own, values, captions)
    return raw.matrix(len(values), np.arange(layout.common), np.arange(layout.mentions))


def weigh_counts(layout: Layout, counts: sp.csr_matrix) -> sp.csr_matrix:
    """Turn counts in the columns of a layout into amounts (`Layout.amounts`), mention columns as they are: float64."""
    data = counts.data.astype(np.float64)
    for first in range(0, counts.shape[0], _BATCH):
        ends = counts.indptr[first : first + _BATCH + 1]
        here = slice(ends[0], ends[-1])
        columns, rows = counts.indices[here], np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        common = columns < layout.common
        data[here][common] = layout.amounts(columns[common], counts.data[here][common], rows[common])
    return sp.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True)
class Known:
    """What was learned of some captions.

    Attributes:
        layout: its columns.
        columns: where these, and the mention columns of each value, stand in the counts.
    """

    layout: Layout
    columns: np.ndarray


@dataclass(frozen=True)
class CaptionCounts:
    """Captions as counts of every feature that any of them has.

    Attributes:
        layout: every feature; the inverse document frequencies are none yet.
        values: those with mention columns of their own, in order.
        counts: int32, shape (captions, columns), as `count_features` gives them.
    """

    layout: Layout
    values: tuple[str, ...]
    counts: sp.csr_matrix

    @classmethod
    def of(cls, captions: Iterable[CaptionFeatures], values: Sequence[str]) -> CaptionCounts:
        """Count the features of captions, of which one at a time is held."""
        numbers = count()
        common = {block.name: _Growing(numbers) for block in BLOCKS}
        mentions = _Growing(count())
        raw = _Raw.of(FeatureCounter(common), mentions, values, captions)
        vocabulary = {block: sorted(found) for block, found in common.items()}
        words = sum(len(vocabulary[b.name]) for b in WORD_BLOCKS)
        layout = Layout({**vocabulary, MENTIONS: sorted(mentions)}, np.ones(words))
        columns = np.empty(layout.common, dtype=np.intc)
        for block, found in common.items():
            columns[[found[name] for name in vocabulary[block]]] = np.arange(layout.common)[layout.slices[block]]
        own = np.empty(layout.mentions, dtype=np.intc)
        own[[mentions[name] for name in layout.vocabulary[MENTIONS]]] = np.arange(layout.mentions)
        return cls(layout, tuple(values), raw.matrix(len(values), columns, own))

    def learn(self, rows: Sequence[int] | np.ndarray) -> Known:
        """Learn vocabularies and inverse document frequencies of some of the captions."""
        whole, counts = self.layout, self.counts[rows]
        size = counts.shape[0]
        documents = np.bincount(counts.indices, minlength=counts.shape[1])
        common = {b.name: documents[whole.slices[b.name]] for b in BLOCKS}
        mentions = documents[whole.common :].reshape(len(self.values), whole.mentions).sum(axis=0)
        few = size < FEWEST
        known = {b.name: np.flatnonzero(common[b.name] >= (1 if few else b.rarest)) for b in BLOCKS}
        known[MENTIONS] = np.flatnonzero(mentions >= (1 if few else RAREST_MENTION))
        names = {block: [whole.vocabulary[block][i] for i in found.tolist()] for block, found in known.items()}
        # Smoothed, as if one more caption held every feature once.
        documents_known = np.concatenate([common[b.name][known[b.name]] for b in WORD_BLOCKS])
        idf = np.log((1 + size) / (1 + documents_known)) + 1
        kept = [known[b.name] + whole.slices[b.name].start for b in BLOCKS]
        kept += [known[MENTIONS] + whole.common + place * whole.mentions for place in range(len(self.values))]
        return Known(Layout(names, idf), np.concatenate(kept))

    def amounts(self, known: Known, rows: Sequence[int] | np.ndarray) -> sp.csr_matrix:
        """Give the amounts of some of the captions in what was learned of these or others: float64, shape (rows, columns)."""
        return weigh_counts(known.layout, self.counts[rows][:, known.columns])
