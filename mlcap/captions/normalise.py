"""Normalisation: one plain spelling for what archives wrote in many ways.

Only the reading uses the result; a caption's own text is never changed. Every
step is a named row of `STEPS`, applied in order.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from mlcap.captions.mapped import MappedText

#: UTF-8 that was once read as Windows-1252, and what it stood for.
MOJIBAKE = {
    "\u00e2\u20ac\u2122": "'",
    "\u00e2\u20ac\u02dc": "'",
    "\u00e2\u20ac\u0153": '"',
    "\u00e2\u20ac\u009d": '"',
    "\u00e2\u20ac\u201c": "-",
    "\u00e2\u20ac\u201d": "--",
    "\u00c2\u00a0": " ",
}

#: Typographic characters and their plain forms.
PLAIN = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u02bc": "'",
    "\u00b4": "'",
    "`": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2026": "...",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2212": "-",
    "\u2014": "--",
    "\u2015": "--",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u200b": "",
    "\u200e": "",
    "\ufeff": "",
    "\u00ad": "",
}


def _one_of(table: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _from(table: dict[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: table[match.group()]


#: (what it mends, pattern, replacement); the order matters.
STEPS: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    ("mojibake", _one_of(MOJIBAKE), _from(MOJIBAKE)),
    # Entities before tags: captions hold "&lt;br&gt;" where a form escaped them once too often.
    ("HTML entities", re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[A-Za-z]{2,8});"), _entity),
    (
        "HTML tags",
        re.compile(r"</?(?:a|b|i|p|br|em|strong|font|span|div|u|sup|sub)(?:\s[^<>]{0,400})?/?>", re.IGNORECASE),
        " ",
    ),
    ("typographic characters", _one_of(PLAIN), _from(PLAIN)),
    ("en dash between words", re.compile(r"\s*\s\u2013\s\s*"), " -- "),
    ("en dash", re.compile(r"\u2013"), "-"),
    ("lost apostrophe", re.compile(r"(?<=[A-Za-z])[?\ufffd](?=(?:s|S|t|re|ve|ll|d|m)\b)"), "'"),
    ("lost fraction", re.compile(r"(?<=\d) ?[?\ufffd](?= ?-?[a-z])"), ""),
    ("lost quotation mark", re.compile(r"(?<=\s)[?\ufffd](?=[A-Za-z])|\ufffd"), '"'),
    ("control characters", re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), " "),
    ("spaces in a line", re.compile(r"[ \t]{2,}|\t"), " "),
    ("line ends", re.compile(r"[ \t]*\r\n?[ \t]*"), "\n"),
)


#: Without one of these a text is in plain spelling already.
_ODD = re.compile(r"[^\x20-\x7e\n]|[&<?`]|  ")


def normalise(text: str) -> MappedText:
    """Give the plain spelling of a caption, with the way back to its own characters."""
    mapped = MappedText.of(text)
    if not _ODD.search(text):
        return mapped
    for _, pattern, new in STEPS:
        mapped = mapped.replace(pattern, new)
    return mapped
