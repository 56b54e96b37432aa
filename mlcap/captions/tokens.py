"""Masked words: what a caption says, without what would be learned by heart.

Names, dates, times, mission numbers and image ids are replaced by their kind, so that
the model learns what "_person checks a suit" shows and not who did it on which flight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlcap.captions.codes import Code
from mlcap.captions.people import Person

#: Code kinds that are masked, and the mask; mission masks carry no programme, which is a feature of its own.
MASKS = {"image-id": "_id", "mission": "_mission", "date": "_date", "time": "_time"}

_WORD = re.compile(r"_[a-z]+|[^\W\d_]+(?:['-][^\W\d_]+)*|\d[\d,.]*(?:st|nd|rd|th)?|[(),;:]")
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Token:
    """One masked word in lower case and its span in the normalised text."""

    text: str
    start: int
    end: int


def _masked_spans(codes: list[Code], people: list[Person]) -> list[tuple[int, int, str]]:
    spans = [(c.start, c.end, MASKS[c.kind]) for c in codes if c.kind in MASKS]
    spans += [(p.start, p.end, "_person") for p in people]
    spans.sort(key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int, str]] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _words(text: str, start: int, end: int) -> list[Token]:
    out = []
    for match in _WORD.finditer(text, start, end):
        word = match.group().lower()
        if _NUMBER.search(word):
            word = "_num"
        elif word.endswith("'s"):
            word = word[:-2]
        out.append(Token(word, match.start(), match.end()))
    return out


def masked_tokens(
    text: str, codes: list[Code], people: list[Person], start: int = 0, end: int | None = None
) -> list[Token]:
    """Split `text[start:end]` into masked words and marks of punctuation.

    Args:
        text: the normalised caption.
        codes, people: what was found in the whole of it.
    """
    stop = len(text) if end is None else end
    out: list[Token] = []
    here = start
    for first, last, mask in _masked_spans(codes, people):
        if last <= start or first >= stop:
            continue
        out.extend(_words(text, here, max(here, first)))
        out.append(Token(mask, first, last))
        here = max(here, last)
    if here < stop:
        out.extend(_words(text, here, stop))
    return out


def ngrams(tokens: list[Token], longest: int) -> list[str]:
    """All runs of 1 to `longest` words; punctuation breaks no run and starts none."""
    words = [t.text for t in tokens if t.text[0].isalpha() or t.text[0] == "_"]
    return [" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)]
