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

_WORD = re.compile(r"_[a-z]+|[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d,.]*(?:st|nd|rd|th)?|[(),;:]")


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


def masked_tokens(text: str, codes: Sequence[Code], people: Sequence[Person]) -> Tokens:
    """Split a text into masked words and marks of punctuation.

    Args:
        text: the normalised caption.
        codes, people: what was found in it.
    """
    found: list[tuple[str, int, int]] = []
    here = 0
    for first, last, mask in _masked_spans(codes, people):
        if first > here:
            found += [(m.group().lower(), *m.span()) for m in _WORD.finditer(text, here, first)]
        found.append((mask, first, last))
        here = max(here, last)
    found += [(m.group().lower(), *m.span()) for m in _WORD.finditer(text, here)]
    texts, starts, ends = zip(*found, strict=True) if found else ((), (), ())
    texts = tuple("_num" if word[0].isdigit() else word.removesuffix("'s") for word in texts)
    kept = [(word, *span) for word, *span in zip(texts, starts, ends, strict=True) if word not in _MARKS]
    words, word_starts, word_ends = zip(*kept, strict=True) if kept else ((), (), ())
    return Tokens(texts, starts, ends, words, word_starts, word_ends)


_MARKS = frozenset("(),;:")
