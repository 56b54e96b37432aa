"""Reading what the catalogue says of a picture beside its caption: image id, date, centre, title and keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from mlcap.captions.codes import Code, codes_among
from mlcap.captions.codes.dates import first_date
from mlcap.captions.codes.image_ids import image_id_form
from mlcap.captions.normalise import normalise
from mlcap.captions.people import find_people
from mlcap.captions.tokens import masked_tokens
from mlcap.lexicon import lexicon, small_letters, word_spans

#: A title, or keywords, are read up to this many characters.
LONGEST_FIELD = 1000
#: What the image library and photo streams hang onto the id of a file for its size.
SIZE_SUFFIX = re.compile(r"[~_-](?:orig|large|medium|small|thumb|lrg|med|sm)$", re.IGNORECASE)


_FILE_SUFFIX = re.compile(r"\.(?:jpe?g|tiff?|png|webp|dng|cr2|nef|xmp)$", re.IGNORECASE)
_LONGEST_ID = 200


@dataclass(frozen=True)
class FieldText:
    """A short text of the catalogue, read.

    Attributes:
        words: its masked words.
        codes: what it names.
        cues, scenes: the numbers of the sections of the lexicon of which it holds a phrase.
    """

    words: Sequence[str] = ()
    codes: Sequence[Code] = ()
    cues: frozenset[int] = frozenset()
    scenes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Catalogue:
    """The bibliographic fields of a record, read; those that it lacks are empty.

    Attributes:
        image_id: its identifier as given, "" where its form is not known.
        id_form, id_source, mission: the form of the identifier, where such pictures are made, and the mission that it names.
        id_center: the centre whose pictures have such identifiers, "" where several do.
        origin: where such pictures come from (`ImageIdForm.origin`).
        center: the centre that holds the picture, in capitals.
        day: when the picture was taken or published, None where the record does not say, or names a year alone.
        title, keywords: read.
    """

    image_id: str = ""
    id_form: str = ""
    id_source: str = ""
    mission: str = ""
    id_center: str = ""
    origin: str = ""
    center: str = ""
    day: date | None = None
    title: FieldText = FieldText()
    keywords: FieldText = FieldText()


#: Nothing is known but the caption.
NO_CATALOGUE = Catalogue()


def plain_id(text: str) -> str:
    """An identifier without what files and exports hang onto it: brackets, a folder, a suffix, a mark of size."""
    name = normalise(text[:_LONGEST_ID]).text.strip(" ()[]").rpartition("/")[2].rpartition("\\")[2]
    return SIZE_SUFFIX.sub("", _FILE_SUFFIX.sub("", name))


def read_catalogue(fields: Mapping[str, str]) -> Catalogue:
    """Read the bibliographic fields of a record.

    Args:
        fields: any of `nasa_id`, `title`, `keywords`, `date_created` and `center`, as
            `mlcap.records.names.catalogue_fields` gives them; others are passed over.
    """
    if not fields:
        return NO_CATALOGUE
    identifier = plain_id(fields.get("nasa_id", ""))
    named = image_id_form(identifier)
    form = named[0] if named else None
    return Catalogue(
        image_id=identifier if form else "",
        id_form=form.name if form else "",
        id_source=form.source if form else "",
        mission=named[1] if named else "",
        id_center=form.center if form else "",
        origin=form.origin if form else "",
        center=_center(fields.get("center", "")),
        day=_day(fields.get("date_created", "")),
        title=read_field(fields.get("title", "")),
        keywords=read_field(fields.get("keywords", "")),
    )


#: Centre as it is filed -> words by which records write it out. Codes of earlier times (LRC) stay as they are, since versions
#: learned them apart; `mlcap.features.contradictions` knows of which centre they are.
CENTERS = {
    "JSC": ("JOHNSON", "LYNDON B JOHNSON", "MANNED SPACECRAFT"),
    "KSC": ("KENNEDY", "JOHN F KENNEDY"),
    "MSFC": ("MARSHALL", "GEORGE C MARSHALL"),
    "GSFC": ("GODDARD",),
    "ARC": ("AMES",),
    "LARC": ("LANGLEY",),
    "GRC": ("GLENN", "JOHN H GLENN", "LEWIS"),
    "AFRC": ("ARMSTRONG", "NEIL A ARMSTRONG", "DRYDEN"),
    "SSC": ("STENNIS", "JOHN C STENNIS"),
    "JPL": ("JET PROPULSION",),
    "HQ": ("HEADQUARTERS",),
}
_WRITTEN_OUT = {words: code for code, names in CENTERS.items() for words in names}
#: What stands around the name of a centre that is written out.
_AROUND_CENTER = frozenset("NASA THE S SPACE FLIGHT SPACEFLIGHT RESEARCH CENTER CENTRE LABORATORY FACILITY".split())


def _center(text: str) -> str:
    """A centre as records file it, in capitals, however it is written: KSC of "NASA's Kennedy Space Center (KSC)"."""
    words = "".join(c if c.isalnum() else " " for c in text[:_LONGEST_ID].upper()).split()
    name = [word for word in words if word not in _AROUND_CENTER]
    code = next((word for word in name if word in CENTERS), "")
    return code or _WRITTEN_OUT.get(" ".join(name)) or "".join(words)


#: As records write days: 2026-05-12T08:00:00Z, 2026:05:12 as cameras do, 20260512 as IPTC does; 2026-05 where no day is known.
_DATE = re.compile(r"\s*(\d{4})(?:[-:/](\d\d?)(?:[-:/](\d\d?))?|(\d\d)(\d\d)(?:\d{6})?)(?![-:/]?\d)")


def recorded_date(text: str) -> tuple[int, int, int] | None:
    """Year, month and day (0 where it says no day) of a record's date, however it is written; None where it says no month."""
    text = text[:_LONGEST_ID]
    found = _DATE.match(text)
    parts = [p for p in found.groups() if p] if found else first_date(text).split("-")
    try:
        year, month, day = (*map(int, parts), *(0,) * (3 - len(parts)))
        date(year, month, day or 1)
    except ValueError:
        return None
    return year, month, day


def _day(text: str) -> date | None:
    found = recorded_date(text)
    # The first of a year stands where no more than the year is known.
    return None if found is None or not found[2] or found[1:] == (1, 1) else date(*found)


@lru_cache(maxsize=4096)
def read_field(text: str) -> FieldText:
    """Read a title or keywords; equal ones, of which archives have many, once."""
    if not text.strip():
        return FieldText()
    plain = normalise(text[:LONGEST_FIELD]).text
    small, spans = small_letters(plain), word_spans(plain)
    found = lexicon().find(plain, small, spans, frozenset((0,)))
    codes = codes_among(plain, small, spans, found)
    words = masked_tokens(small, codes, find_people(plain)).words
    cues, scenes = (frozenset(match.section for match in found[table]) for table in ("cues", "scenes"))
    return FieldText(tuple(words), tuple(codes), cues, scenes)
