"""Text from files, made fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with a space for each character that is not printable, so that none can steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def one_line(text: str) -> str:
    """The printable text on one line, each stretch of white space one space."""
    return " ".join(printable(text).split())
