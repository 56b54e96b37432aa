"""Numbers as captions write them: figures, words and Roman numerals."""

from __future__ import annotations

import re

WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
}
WORDS |= {f"twenty-{word}": 20 + WORDS[word] for word in "one two three four five six seven eight nine".split()}

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}

#: A pattern for any of the forms, to be embedded in others; Roman numerals only in capitals.
NUMBER = (
    r"(?:\d{1,3}|(?-i:[IVXL]{1,6})\b|"
    + "|".join(sorted((w.replace("-", "[- ]") for w in WORDS), key=len, reverse=True))
    + r")"
)


def to_int(text: str) -> int:
    """Read `12`, `Twelve` or `XII`.

    Raises:
        ValueError: the text is no number in any of these forms.
    """
    if text.isdigit():
        return int(text)
    word = re.sub(r"\s+", "-", text.lower())
    if word in WORDS:
        return WORDS[word]
    if text and set(text) <= set(_ROMAN):
        values = [_ROMAN[c] for c in text]
        return sum(-v if any(w > v for w in values[i + 1 :]) else v for i, v in enumerate(values))
    raise ValueError(f"not a number: {text!r}")
