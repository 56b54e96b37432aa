"""Masked words: what a caption says, without what would be learned by heart.

Names, dates, times, mission numbers and image ids are replaced by their kind, so that
the model learns what "_person checks a suit" shows and not who did it on which flight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlcap.captions.codes import Code
from mlcap.captions.people import Person

#: Code kinds that are masked, and the mask; mission masks carry no programme, which is a feature of its own.
MASKS = {"image-id": "_id", "mission": "_mission", "date": "_date", "time": "_time"}

_WORD = re.compile(r"_[a-z]+|[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d,.]*(?:st|nd|rd|th)?|[(),;:]")


class Token(NamedTuple):
    """One masked word in lower case and its span in the normalised text; `word` says whether it is no mark of punctuation."""

    text: str
    start: int
    end: int
    word: bool


def _masked_spans(codes: Sequence[Code], people: Sequence[Person]) -> list[tuple[int, int, str]]:
    spans = [(c.start, c.end, MASKS[c.kind]) for c in codes if c.kind in MASKS]
    spans += [(p.start, p.end, "_person") for p in people]
    spans.sort(key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int, str]] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _words(text: str, start: int, end: int, out: list[Token]) -> None:
    for match in _WORD.finditer(text, start, end):
        first, last = match.span()
        word = text[first:last].lower()
        if word[0].isdigit():
            word = "_num"
        elif word.endswith("'s"):
            word = word[:-2]
        out.append(Token(word, first, last, word[0].isalpha() or word[0] == "_"))


def masked_tokens(text: str, codes: Sequence[Code], people: Sequence[Person]) -> list[Token]:
    """Split a text into masked words and marks of punctuation.

    Args:
        text: the normalised caption.
        codes, people: what was found in it.
    """
    out: list[Token] = []
    here = 0
    for first, last, mask in _masked_spans(codes, people):
        if first > here:
            _words(text, here, first, out)
        out.append(Token(mask, first, last, word=True))
        here = max(here, last)
    if here < len(text):
        _words(text, here, len(text), out)
    return out
