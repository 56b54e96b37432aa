"""Splitting a caption into sentences: full stops of abbreviations and initials do not end one."""

from __future__ import annotations

import re
from functools import cache

from mlcap.lexicon import lexicon, word_list

#: Where a sentence may end.
_MARK = re.compile(r"[.!?]+|\n")
# Each run of marks is taken whole, so that a row of dots costs no more than its length.
_END = re.compile(
    r"(?<![.!?])[.!?]++[\"')\]]*+(?=\s|$)"
    r"|(?<!\.)\.{2,}+(?=[A-Z])"
    r"|\n\s*\n"
    # A full stop without a space behind it.
    r"|(?<=[a-z]{3})\.(?=[A-Z][a-z]{2,} [a-z])"
    r"|(?<=[a-z\d])\.(?=(?:NASA|Photo|Image)\b)"
)
_LAST_WORD = re.compile(r"[\w.&'-]+$")
_NEXT_WORD = re.compile(r"[\"'(\[]*([\w'-]*)")
_LONGEST_WORD = 40
_LETTERS_WITH_STOPS = re.compile(r"(?:[a-z]\.)+[a-z]")


def _is_end(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark.startswith("\n"):
        return True
    if mark[0] in "!?" or mark.startswith(".."):
        return True
    before = _LAST_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
    word = before.group() if before else ""
    start = match.end()
    while start < len(text) and text[start].isspace():
        start += 1
    after = _NEXT_WORD.match(text, start)
    following = after.group(1) if after else ""
    if not following and start >= len(text):
        return True
    if following[:1].islower():
        return False
    key = word.lower().rstrip(".").lstrip("'\"(-")
    starts_one = following.lower() in word_list("starters")
    if len(word) == 1 and word.isupper():
        # An initial, as in "Rick D. Husband"; "vitamin C. The" is rarer than names are.
        return starts_one and following != "A"
    if key in word_list("abbreviations that may end") or _LETTERS_WITH_STOPS.fullmatch(key):
        return starts_one or (following in ("STS", "NASA") and key in ("a.m", "p.m"))
    if key in word_list("abbreviations"):
        return key in word_list("abbreviations that are words") and starts_one
    return True


_LETTER = re.compile(r"[^\W\d_]")


def _first_letter(text: str, start: int) -> int:
    """Where the first letter from `start` on stands; the end where there is none."""
    found = _LETTER.search(text, start)
    return found.start() if found else len(text)


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Split `text[start:end]` into sentences.

    Returns:
        Half-open spans in order, without the white space between them; none is empty.
    """
    stop = len(text) if end is None else end
    text = text[:stop]
    spans: list[tuple[int, int]] = []
    here, letter = start, _first_letter(text, start)
    for mark in _MARK.finditer(text, start):
        # Figures and signs alone, as the number of a list's item, say nothing without what comes after them.
        match = _END.match(text, mark.start()) if mark.start() >= letter else None
        if match is None or not _is_end(text, match):
            continue
        spans.append((here, match.end()))
        here, letter = match.end(), _first_letter(text, match.end())
    spans.append((here, stop))
    trimmed = []
    for first, last in spans:
        while first < last and text[first].isspace():
            first += 1
        while first < last and text[last - 1].isspace():
            last -= 1
        if first < last:
            trimmed.append((first, last))
    return trimmed


def sentence_breaks(text: str, start: int, end: int) -> list[int]:
    """Where a sentence may begin within one, because its writer forgot a full stop before it.

    A capitalised starter after a word in small letters or figures; whether a sentence does
    begin there is for who knows what it says.
    """
    found = [match.start() for match in _starter().finditer(text, start, end)]
    return [at for at in found if _SMALL_BEFORE.search(text, max(start, at - _LONGEST_WORD), at)]


@cache
def _starter() -> re.Pattern[str]:
    words = "|".join(word.capitalize() for word in lexicon().words["starters without a stop"])
    return re.compile(rf"(?<=[a-z\d)] )(?:{words})\b")


_SMALL_BEFORE = re.compile(r"(?<![\w'-])(?:[a-z]{2,}|\d+|[a-z]+\)) $")
