"""Blocks of counted words: word n-grams of a zone, single words, and letter n-grams within them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from mlcap.captions import Caption

#: Half-open spans in the normalised text.
Spans = list[tuple[int, int]]


@lru_cache(maxsize=50_000)
def letters_of(word: str, lengths: tuple[int, ...]) -> tuple[str, ...]:
    """Runs of letters within a word, which survive typing errors and endings; masks have none."""
    if word.startswith("_"):
        return ()
    padded = f" {word} "
    return tuple(padded[i : i + n] for n in lengths for i in range(len(padded) - n + 1))


@dataclass(frozen=True)
class WordBlock:
    """A block whose features are counted and weighted by TF-IDF.

    Attributes:
        name: its name.
        zone: the zone whose words it holds, "" for the whole caption.
        longest: how many words a feature has at most.
        letters: the lengths of letter n-grams that stand in place of the words, () for the words themselves.
        rarest: in how many captions a feature must stand to be known.
    """

    name: str
    zone: str
    longest: int
    letters: tuple[int, ...]
    rarest: int

    def _stretches(self, caption: Caption) -> Iterator[tuple[int, int]]:
        """The first word, and one past the last, of each stretch over which word n-grams may go."""
        if not self.zone:
            yield 0, len(caption.tokens.words)
            return
        starts = caption.tokens.word_starts
        for sentence in caption.sentences:
            if sentence.zone == self.zone:
                first = bisect_left(starts, sentence.start)
                yield first, bisect_left(starts, sentence.end, first)

    def units(self, caption: Caption) -> list[str]:
        """What is counted: word n-grams, or for a block of letters the words that they are of; with repetition."""
        out: list[str] = []
        for first, last in self._stretches(caption):
            words = caption.tokens.words[first:last]
            out += words
            if self.longest > 1:
                out += map(" ".join, pairwise(words))
        return out

    def features_of(self, unit: str) -> tuple[str, ...]:
        """The features that a unit brings."""
        return letters_of(unit, self.letters) if self.letters else (unit,)

    def spans(self, caption: Caption) -> dict[str, Spans]:
        """Feature -> where it stands in the normalised text; letter n-grams stand where their words do."""
        found: dict[str, Spans] = defaultdict(list)
        words, starts, ends = caption.tokens.words, caption.tokens.word_starts, caption.tokens.word_ends
        for first, last in self._stretches(caption):
            for place in range(first, last):
                for feature in dict.fromkeys(self.features_of(words[place])):
                    found[feature].append((starts[place], ends[place]))
                if self.longest > 1 and place + 1 < last:
                    found[f"{words[place]} {words[place + 1]}"].append((starts[place], ends[place + 1]))
        return found


def different_words(names: Sequence[str]) -> set[str]:
    """The different single words among the units of a block, without masks."""
    return {name for name in names if " " not in name and not name.startswith("_")}
