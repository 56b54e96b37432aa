"""Finding every code of every table in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlcap.captions.codes.dates import find_dates
from mlcap.captions.codes.image_ids import image_id_form
from mlcap.captions.codes.missions import find_missions, find_vehicles
from mlcap.captions.codes.places import find_places
from mlcap.captions.codes.roles import find_role_words
from mlcap.captions.codes.types import Code

#: Kinds in the order in which overlapping codes of different kinds are listed.
KINDS = ("image-id", "mission", "vehicle", "date", "time", "place", "agency", "role")

# A word with a digit, a hyphen or an underscore in it is worth a look as an image id.
_ID_WORD = re.compile(r"(?<![\w/-])(?=[\w\[\]-]*\d)[A-Za-z0-9][\w-]{5,40}(?:\[\d+\])?")


def find_codes(text: str, kinds: Iterable[str] = KINDS) -> list[Code]:
    """Find the codes of a text.

    Args:
        text: the text to search, best in normalised spelling.
        kinds: which tables to use, of `KINDS`.

    Returns:
        Codes by position. Within one kind none overlaps another (role words: within one
        value, "backup commander" being both): the one that starts first stands, of two
        with one start the longer.
    """
    wanted = set(kinds)
    found: list[Code] = []

    def add(kind: str, canonical: str, group: str, start: int, end: int) -> None:
        if kind in wanted:
            found.append(Code(kind, text[start:end], canonical, group, start, end))

    if "image-id" in wanted:
        for match in _ID_WORD.finditer(text):
            named = image_id_form(match.group())
            if named and named[0].name not in ("marshall", "clock", "ksc-plain"):
                add("image-id", match.group(), named[0].name, match.start(), match.end())
    if "mission" in wanted:
        find_missions(text, add)
    if "vehicle" in wanted:
        find_vehicles(text, add)
    if wanted & {"date", "time"}:
        find_dates(text, add)
    if wanted & {"place", "agency"}:
        find_places(text, add)
    if "role" in wanted:
        find_role_words(text, add)
    order = {kind: rank for rank, kind in enumerate(KINDS)}
    found.sort(key=lambda c: (order[c.kind], c.start, -c.end))
    kept: list[Code] = []
    ends: dict[str, int] = {}
    for code in found:
        table = f"role:{code.group}" if code.kind == "role" else code.kind
        if code.start >= ends.get(table, 0):
            ends[table] = code.end
            kept.append(code)
    kept.sort(key=lambda c: (c.start, order[c.kind], c.end))
    return kept
