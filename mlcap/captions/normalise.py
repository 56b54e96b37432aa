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
    # The full-width twins of what stands on a keyboard.
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}

#: Spaces of every width within a line.
SPACES = "\t\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
#: What ends a line, beside the line end itself.
LINE_ENDS = "\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
#: Characters without a form of their own: joiners, marks of direction and byte order, soft hyphens.
FORMAT = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"


def _one_of(table: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _from(table: dict[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: table[match.group()]


#: (what it mends, characters without any of which there is nothing to mend ("" for a look at all), pattern,
#: replacement); the order matters.
STEPS: tuple[tuple[str, str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    ("mojibake", "\u00e2\u00c2", _one_of(MOJIBAKE), _from(MOJIBAKE)),
    # Entities before tags: captions hold "&lt;br&gt;" where a form escaped them once too often.
    ("HTML entities", "&", re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[A-Za-z]{2,8});"), _entity),
    (
        "HTML tags",
        "<",
        re.compile(r"</?(?:a|b|i|p|br|em|strong|font|span|div|u|sup|sub)(?:\s[^<>]{0,400})?/?>", re.IGNORECASE),
        " ",
    ),
    ("format characters", "", re.compile(f"[{FORMAT}]"), ""),
    ("typographic characters", "", _one_of(PLAIN), _from(PLAIN)),
    # Where an export has escaped its line ends and nobody has undone it.
    ("line ends written out", "\\", re.compile(r"\\r\\n|\\[rn](?=[A-Z\s\"'(\\]|$)"), "\n"),
    ("tabs written out", "\\", re.compile(r"\\t(?=[A-Z\d\s\"'(\\]|$)"), " "),
    ("lines", "", re.compile(rf"\r\n?|[{LINE_ENDS}]"), "\n"),
    ("spaces", "", re.compile(f"[{SPACES}]"), " "),
    ("en dash between words", "\u2013", re.compile(r" \u2013(?= )"), " --"),
    ("en dash", "\u2013", re.compile(r"\u2013"), "-"),
    ("lost apostrophe", "?\ufffd", re.compile(r"(?<=[A-Za-z])[?\ufffd](?=(?:s|S|t|re|ve|ll|d|m)\b)"), "'"),
    ("lost fraction", "?\ufffd", re.compile(r"(?<=\d) ?[?\ufffd](?= ?-?[a-z])"), ""),
    ("lost quotation mark", "?\ufffd", re.compile(r"(?<=\s)[?\ufffd](?=[A-Za-z])|\ufffd"), '"'),
    ("control characters", "", re.compile(r"[\x00-\x08\x0e-\x1f\x7f]"), " "),
    ("spaces at a line's ends", "\n", re.compile(r"(?<! ) *\n *"), "\n"),
    ("word parted at a line end", "\n", re.compile(r"(?<=[a-z])-\n(?=[a-z])"), ""),
    ("single line end", "\n", re.compile(r"(?<!\n)\n(?!\n)"), " "),
    ("spaces in a row", " ", re.compile(r" {2,}"), " "),
)


#: Without one of these a text is in plain spelling already.
_ODD = re.compile(r"[^\x20-\x7e]|[&<?`\\]|  ")


def normalise(text: str) -> MappedText:
    """Give the plain spelling of a caption, with the way back to its own characters."""
    mapped = MappedText.of(text)
    if not _ODD.search(text):
        return mapped
    for _, signs, pattern, new in STEPS:
        if not signs or any(sign in mapped.text for sign in signs):
            mapped = mapped.replace(pattern, new)
    return mapped
