"""Numbers as captions write them: figures, words and Roman numerals."""

from __future__ import annotations

import re
from functools import cache

from mlcap.lexicon import lexicon

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


@cache
def number_words() -> dict[str, int]:
    """Numbers in words, to twenty-nine."""
    words = lexicon().numbered("numbers")
    twenty = next(word for word, number in words.items() if number == 20)
    return words | {f"{twenty}-{word}": 20 + number for word, number in words.items() if 0 < number < 10}


@cache
def number_pattern() -> str:
    """A pattern for any of the forms, to be embedded in others; Roman numerals only in capitals."""
    words = sorted((w.replace("-", "[- ]") for w in number_words()), key=len, reverse=True)
    return r"(?:\d{1,3}|(?-i:[IVXL]{1,6})\b|" + "|".join(words) + ")"


def to_int(text: str) -> int:
    """Read `12`, `Twelve` or `XII`.

    Raises:
        ValueError: the text is no number in any of these forms.
    """
    if text.isdigit():
        return int(text)
    word = re.sub(r"\s+", "-", text.lower())
    if word in number_words():
        return number_words()[word]
    if text and set(text) <= set(_ROMAN):
        values = [_ROMAN[c] for c in text]
        return sum(-v if any(w > v for w in values[i + 1 :]) else v for i, v in enumerate(values))
    raise ValueError(f"not a number: {text!r}")
