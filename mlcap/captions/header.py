"""The header of a caption: image id, date or dateline before the first sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mlcap.captions.codes import find_codes, image_id_form
from mlcap.captions.codes.dates import first_date

#: (name of the form, pattern for the beginning of a normalised caption).
HEADER_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # ISS041-E-012345 (9 Oct. 2014) ---    nhq201503120007 (March 12, 2015) ---    jsc2018e012345 -
    (
        "id and date",
        re.compile(r"\s*(?P<id>[A-Za-z0-9][\w\[\]-]{3,40})\s*\((?P<date>[^()]{4,60})\)\s*(?:-{1,3}|--+)\s*"),
    ),
    # 4127:   11-42-17:   2013-05-21-09-14-02[1]
    ("frame number", re.compile(r"\s*(?P<id>\d{4}|\d{2}-\d{2}-\d{2}(?:-\d{1,3})?)\s?(?::|\s--?)\s+")),
    ("file stamp", re.compile(r"\s*(?P<id>(?:19|20)\d{2}(?:-\d{2}){5}(?:\[\d+\])?)[.:]?\s+(?:-{1,3}\s+)?")),
    ("id", re.compile(r"\s*(?P<id>(?=[\w-]*\d)[A-Za-z0-9][\w-]{5,40})\s*(?:-{2,3}|:|\s-)\s+")),
    # KENNEDY SPACE CENTER, FLA. --   CAPE CANAVERAL, Fla. -   VANDENBERG AIR FORCE BASE, Calif. --
    (
        "dateline",
        re.compile(
            r"\s*(?P<place>[A-Z][A-Z .,'&-]{5,48}[A-Z],? ?"
            r"(?:(?:[A-Z][A-Za-z]{1,9}|N\. ?M|D\. ?C)\.?,?)?"  # the state
            r"(?: \([^()]{3,40}\))?)"
            r"\s*(?P<date>\([^()]{4,40}\))?\s*(?:--+|-|:)\s+"
        ),
    ),
    # BAIKONUR, Kazakhstan.   It must name a place, or it may be a headline.
    (
        "dateline with a stop",
        re.compile(
            r"\s*(?P<place>[A-Z][A-Z ,'-]{3,48}[A-Z](?:, ?(?:[A-Z][A-Za-z]{1,12}|N\. ?M|D\. ?C))?)\.\s+(?=[\"'A-Z])"
        ),
    ),
    ("date", re.compile(r"\s*\((?P<date>[^()]{6,40}\d{4})\)\s*(?:-{1,3})\s*")),
)


@dataclass(frozen=True)
class Header:
    """What stood before the first sentence.

    Attributes:
        form: the name of its form, "" where there is none.
        image_id: the identifier as written, "" where none.
        id_form: the form of the identifier ("shuttle-film"), "" where none or unknown.
        id_source: where such pictures are made ("orbit", "ground", ...), "" where unknown.
        mission: the canonical mission that the identifier names, "" where none.
        date: canonical date of the header, "" where none.
        place: the dateline's place as written, "" where none.
        end: where the body starts in the normalised text.
    """

    form: str = ""
    image_id: str = ""
    id_form: str = ""
    id_source: str = ""
    mission: str = ""
    date: str = ""
    place: str = ""
    end: int = 0

    @property
    def place_sorts(self) -> tuple[str, ...]:
        """The sorts of the places that the dateline names."""
        return _place_sorts(self.place)


@lru_cache(maxsize=1024)
def _place_sorts(place: str) -> tuple[str, ...]:
    return tuple(code.group for code in find_codes(place.title(), ("place",))) if place else ()


def read_header(text: str) -> Header:
    """Read the header of a normalised caption; without one, an empty `Header` that ends at 0."""
    head = text[:200]
    for form, pattern in HEADER_FORMS:
        match = pattern.match(head)
        if not match:
            continue
        groups = match.groupdict()
        image_id = groups.get("id") or ""
        date = groups.get("date") or ""
        named = image_id_form(image_id) if image_id else None
        if form == "id" and not named:
            continue
        day = first_date(date) if date else ""
        place = (groups.get("place") or "").strip()
        if form == "dateline with a stop":
            if not _place_sorts(place):
                continue
            form = "dateline"
        if form == "id and date" and not named and not day:
            continue
        return Header(
            form=form,
            image_id=image_id,
            id_form=named[0].name if named else "",
            id_source=named[0].source if named else "",
            mission=named[1] if named else "",
            date=day,
            place=place,
            end=match.end(),
        )
    return Header()
