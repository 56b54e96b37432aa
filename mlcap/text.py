"""Text from files, made fit for a terminal."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

_C1 = re.compile("[\x7f-\x9f]")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


#: Letters that show nothing: a cell of braille without dots, and what fills up a block of Hangul.
_EMPTY_LETTERS = "\u2800\u3164\u115f\u1160\uffa0\u034f"


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: it holds spaces, signs of format and the like alone."""
    text = text.strip()
    return not text or (not text[0].isalnum() and all(map(_is_unseen, text))) or not text.strip(_EMPTY_LETTERS)


def _is_unseen(c: str) -> bool:
    return c.isspace() or c in _EMPTY_LETTERS or "\ufe00" <= c <= "\ufe0f" or unicodedata.category(c) == "Cf"


def no_captions(given: object) -> str:
    """Say why something is no list of captions, "" where it may be one: a list, a column of a table, a stream."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return f"captions must be a list of texts, not one {type(given).__name__}"
    if getattr(given, "ndim", 1) != 1:
        return "captions must be one column; of a table give the column with the captions"
    return ""


def no_caption(value: object, place: int | None = None) -> str:
    """Say what is wrong with a caption that is no text, and what to do.

    Args:
        place: where it stands among others, counted from 0; None for one alone.
    """
    name = "a caption" if place is None else f"caption {place} (counted from 0)"
    kind = type(value).__name__
    if value is None or kind in ("NAType", "NaTType") or (isinstance(value, float) and math.isnan(value)):
        return (
            f"{name} is missing ({value}, as a data frame gives an empty cell); leave such rows out, as"
            " table.dropna(subset=[COLUMN]) does, or give ''"
        )
    return f"{name} must be a text, not {kind}; leave it out or give ''"


def printable(text: str) -> str:
    """The text with a space for each character that is not printable, so that none can steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def directions_told(text: str) -> str:
    """The text with marks that turn the direction of what follows told as `[U+202E]`, so that none shows words mirrored.

    They are those of embeddings, overrides and isolates (Unicode Standard Annex #9, section 2).
    """
    return _TURNS.sub(lambda m: f"[U+{ord(m[0]):04X}]", text)


def one_line(text: str) -> str:
    """The printable text on one line, each stretch of white space one space."""
    return " ".join(printable(text).split())


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what it counts: `1 record`, `2 records`; `many` where the plural is not `one` with an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def escaped(json_text: str) -> str:
    """JSON with its control characters escaped that JSON allows as they are: DEL and C1, of which some steer terminals."""
    return json_text if not _C1.search(json_text) else _C1.sub(lambda m: f"\\u{ord(m[0]):04x}", json_text)


def has_controls(text: str) -> bool:
    """Whether a text holds a control character or a line end; spaces and signs of every kind are none."""
    return not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text)


def encodable(text: str) -> str:
    """A text that UTF-8 can hold: halves of characters are question marks."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
