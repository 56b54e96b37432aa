"""Text from files, made fit for a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """The text with a space for each character that is not printable, so that none can steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def one_line(text: str) -> str:
    """The printable text on one line, each stretch of white space one space."""
    return " ".join(printable(text).split())


def has_controls(text: str) -> bool:
    """Whether a text holds a control character or a line end; spaces and signs of every kind are none."""
    return not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text)
