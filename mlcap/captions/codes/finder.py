"""Finding every code of a text: image ids, missions, vehicles, dates, times, places, agencies and role words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mlcap.captions.codes.dates import find_dates
from mlcap.captions.codes.image_ids import image_id_form
from mlcap.captions.codes.missions import find_missions
from mlcap.captions.codes.types import Code
from mlcap.lexicon import Match, lexicon, small_letters, word_spans

#: Kinds in the order in which overlapping codes of different kinds are listed.
KINDS = ("image-id", "mission", "vehicle", "date", "time", "place", "agency", "role")
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
#: Kinds whose codes are phrases of the lexicon, and their table.
_TABLES = {"vehicle": "vehicles", "place": "places", "agency": "agencies"}
#: Forms of image ids that are too plain to be known as such in running text.
_PLAIN_IDS = ("marshall", "clock", "ksc-plain")
#: Values that stand beside another: "backup commander" is both.
_BESIDE = ("backup-crew", "prime-crew")

_FIGURE = re.compile(r"\d")
# A word with a figure in it is worth a look as an image id.
_ID_WORD = re.compile(r"(?<![\w/-])(?=[A-Za-z0-9])(?=[\w\[\]-]{0,60}\d)[A-Za-z0-9][\w-]{5,40}(?:\[\d+\])?")


def find_codes(text: str, kinds: Iterable[str] = KINDS) -> list[Code]:
    """Find the codes of a text.

    Args:
        text: the text to search, best in normalised spelling.
        kinds: which to look for, of `KINDS`.

    Returns:
        Codes by position. Within one kind none overlaps another (role words: within one
        value, "backup commander" being both): the one that starts first stands, of two
        with one start the longer.
    """
    small, spans = small_letters(text), word_spans(text)
    wanted = set(kinds)
    return [c for c in codes_among(text, small, spans, lexicon().find(text, small, spans)) if c.kind in wanted]


def is_telling_id(word: str) -> bool:
    """Whether a word is an image id of a form that nothing else has, so that it is known as one wherever it stands."""
    named = image_id_form(word)
    return named is not None and named[0].name not in _PLAIN_IDS


def codes_among(
    text: str, small: str, spans: Sequence[tuple[int, int]], found: Mapping[str, Sequence[Match]]
) -> list[Code]:
    """Give the codes of a text in which the lexicon's phrases were found already.

    Args:
        text, small: the text, and the same in small letters.
        spans: of its words.
        found: table -> phrases, as `Lexicon.find` gives them.
    """
    codes: list[Code] = []
    if _FIGURE.search(text):
        for match in _ID_WORD.finditer(text):
            named = image_id_form(match.group())
            if named and named[0].name not in _PLAIN_IDS:
                codes.append(Code("image-id", match.group(), match.group(), named[0].name, *match.span()))
        find_dates(text, codes.append)
    find_missions(text, small, spans, codes.append)
    sections = lexicon().sections
    for kind, table in _TABLES.items():
        names = sections[table]
        for section, start, end in found[table]:
            codes.append(Code(kind, text[start:end], names[section].name, names[section].sort, start, end))
    codes += _role_words(text, found["roles"])
    return _without_overlaps(codes)


def _role_words(text: str, matches: Sequence[Match]) -> list[Code]:
    """Role words; sections of the table claim their words in its order."""
    values = lexicon().sections["roles"]
    taken = bytearray(len(text) if matches else 0)
    out: list[Code] = []
    for section, start, end in sorted(matches, key=lambda m: (m.section, m.start, -m.end)):
        value = values[section].name
        if value not in _BESIDE:
            if taken.find(1, start, end) >= 0:
                continue
            taken[start:end] = b"\1" * (end - start)
        if value != "-":
            out.append(Code("role", text[start:end], value, value, start, end))
    return out


def _without_overlaps(codes: list[Code]) -> list[Code]:
    codes.sort(key=lambda c: (c.start, -c.end, _RANK[c.kind]))
    kept: list[Code] = []
    ends: dict[str, int] = {}
    for code in codes:
        table = code.group if code.kind == "role" else code.kind
        if code.start >= ends.get(table, 0):
            ends[table] = code.end
            kept.append(code)
    kept.sort(key=lambda c: (c.start, _RANK[c.kind], c.end))
    return kept
