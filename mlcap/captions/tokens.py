"""Masked words: what a caption says, without what would be learned by heart.

Names, dates, times, mission numbers and image ids are replaced by their kind, so that
the model learns what "_person checks a suit" shows and not who did it on which flight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.captions.codes import Code
from mlcap.captions.people import Person

#: Code kinds that are masked, and the mask; mission masks carry no programme, which is a feature of its own.
MASKS = {"image-id": "_id", "mission": "_mission", "date": "_date", "time": "_time"}

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d,.]*(?:st|nd|rd|th)?|[(),;:]")


@dataclass(frozen=True)
class Tokens:
    """Masked words and marks of punctuation of a caption, in order; `words` are those that are no punctuation.

    Attributes:
        texts: each token in lower case.
        starts, ends: its half-open span in the normalised text.
        words, word_starts, word_ends: the same of the words alone.
    """

    texts: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    words: Sequence[str]
    word_starts: Sequence[int]
    word_ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.texts)


def _masked_spans(codes: Sequence[Code], people: Sequence[Person]) -> list[tuple[int, int, str]]:
    spans = [(c.start, c.end, MASKS[c.kind]) for c in codes if c.kind in MASKS]
    spans += [(p.start, p.end, "_person") for p in people]
    spans.sort(key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int, str]] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def masked_tokens(small: str, codes: Sequence[Code], people: Sequence[Person]) -> Tokens:
    """Split a text into masked words and marks of punctuation.

    Args:
        small: the normalised caption in small letters.
        codes, people: what was found in it.
    """
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    here = 0
    for first, last, mask in [*_masked_spans(codes, people), (len(small), len(small), "")]:
        if first > here:
            for match in _WORD.finditer(small, here, first):
                word = match[0]
                texts.append("_num" if word[0].isdigit() else word.removesuffix("'s"))
                starts.append(match.start())
                ends.append(match.end())
        if mask:
            texts.append(mask)
            starts.append(first)
            ends.append(last)
        here = max(here, last)
    places = [place for place, word in enumerate(texts) if word not in _MARKS]
    if len(places) == len(texts):
        return Tokens(texts, starts, ends, texts, starts, ends)
    words = [texts[place] for place in places]
    return Tokens(texts, starts, ends, words, [starts[place] for place in places], [ends[place] for place in places])


_MARKS = frozenset("(),;:")
