"""What the fields of records are called: the usual names of each in exports, listed once, and how they are compared.

Names are those of NASA's image library, of exiftool (`-j`, `-csv`, with and without groups) and of the exports of
collection and asset management systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from math import isnan
from typing import Any

from mlcap.errors import InputError
from mlcap.types import TEXT_FIELDS

#: Names under which an archive numbers its pictures as it likes: figures alone are then no image id of NASA's.
NUMBERS = ("photo ID", "image ID", "photo number", "photo no", "image number", "image no")
#: Bibliographic field -> what it is usually called; of several the first that is not empty counts.
CATALOGUE: Mapping[str, tuple[str, ...]] = {
    "nasa_id": ("nasa_id", "NASA photo ID", *NUMBERS),
    "title": ("title", "ObjectName", "headline", "photo title", "image title"),
    "keywords": ("keywords", "subject", "subjects", "tags", "subject terms"),
    "date_created": (
        *("date_created", "DateTimeOriginal", "CreateDate", "date taken", "capture date", "photo date"),
        *("image date", "date of photograph", "date"),
    ),
    "center": ("center", "centre", "NASA center"),
    "location": ("location", "sub-location", "photo location", "place", "city"),
    "photographer": ("photographer", "creator", "by-line", "artist", "author"),
}
#: What the field with the caption is usually called, where it is not embedded metadata (`fields.EMBEDDED`).
CAPTIONS = TEXT_FIELDS
#: What pictures are called in the names of fields.
_PICTURES = ("photo", "image", "picture", "photograph")
MORE_CAPTIONS = (
    *(f"{of} caption" for of in _PICTURES),
    *("caption text", "full caption", "long caption", "caption/abstract", "caption en", "english caption"),
    *(f"{of} description" for of in _PICTURES),
    *("description text", "full description", "long description", "description en", "english description"),
    *("caption/description", "description/caption", "cutline", "abstract", "scope and content"),
    *("scope and content note", "summary", "legend", "alt text"),
)
#: What the field that names a record is usually called, the surest first. What cameras and programs write of their own
#: accord stands behind the names of files, and what may number anything stands last.
IDS = (
    *("id", "nasa_id", "asset ID", "resource ID", "resource ID(s)", "item ID", "object ID", "record ID", "unique ID"),
    *("unique identifier", "external ID", "identifier"),
    *(f"{of} {end}" for end in ("ID", "identifier") for of in (*_PICTURES, "media", "digital", "local")),
    *(f"{of} identifier" for of in ("asset", "resource", "item", "object", "record")),
    *(f"{of} {end}" for of in (*_PICTURES, "accession", "object", "item", "record") for end in ("number", "no")),
    *(f"{of} {end}" for of in ("negative", "neg", "slide", "catalog", "catalogue") for end in ("number", "no")),
    *(f"{of} {end}" for of in ("inventory", "archive", "reference", "call") for end in ("number", "no")),
    *("NAID", "CONTENTdm number", "UUID", "GUID", "shelfmark"),
    *("file", "SourceFile", "filename", "original filename", "file path", "asset name"),
    *("document ID", "number", "no", "nr", "reference", "ref"),
)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name as it is compared: without its group or namespace, case, spaces and signs.

    `XMP-dc:Date_Created`, `date created` and `DateCreated` are one.
    """
    return "".join(c for c in name.rpartition(":")[2].casefold() if c.isalnum())


#: What a reader of tables adds to a name that stands in the header again (`mlcap.records.parse.numbered`).
_AGAIN = re.compile(r" \([0-9]+\)$")


@lru_cache(maxsize=4096)
def folded_once(name: str) -> str:
    """A name as it is compared, whether it stands in its header once or again."""
    return folded(_AGAIN.sub("", name))


def fields_called(fields: Iterable[str], name: str) -> list[str]:
    """The fields that are read as the facet, or other label, of a name."""
    return [field for field in fields if folded_once(field) == folded(name)]


@cache
def _catalogue() -> Mapping[str, Sequence[str]]:
    return {field: tuple(dict.fromkeys(map(folded, names))) for field, names in CATALOGUE.items()}


@cache
def _prose() -> frozenset[str]:
    return frozenset(name for field, names in _catalogue().items() if field != "nasa_id" for name in names)


def is_prose(name: str) -> bool:
    """Whether a field is called as those of a record are that hold words, and not what names or numbers it."""
    return folded(name) in _prose()


def by_folded_name(names: Iterable[str]) -> dict[str, list[str]]:
    """Folded name -> the names of a record that fold to it, in order."""
    out: dict[str, list[str]] = {}
    for name in names:
        out.setdefault(folded(name), []).append(name)
    return out


def text_value(value: Any) -> str:
    """A value as one text: the items of a list joined with `; `, "" for what holds no text."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "" if isinstance(value, float) and isnan(value) else str(value)
    if isinstance(value, list):
        return "; ".join(filter(None, map(text_value, value)))
    return ""


def given_fields(fields: Any, place: int | None = None) -> Mapping[str, str]:
    """The bibliographic fields that a program gives beside a caption, as texts; those that hold none are left out.

    Args:
        fields: field -> value, as a row of a data frame gives it; None for none.
        place: of the caption among others, counted from 0; None for one alone.

    Raises:
        InputError: they are no mapping.
    """
    if fields is None:
        return {}
    if not isinstance(fields, Mapping):
        caption = "a caption" if place is None else f"caption {place} (counted from 0)"
        raise InputError(
            f"the fields beside {caption} must be a mapping of names to texts, not {type(fields).__name__}"
        )
    if all(isinstance(value, str) for value in fields.values()):
        return fields
    return {name: text for name, value in fields.items() if (text := text_value(value))}


@cache
def _ids() -> Sequence[str]:
    return tuple(dict.fromkeys(map(folded, IDS)))


def id_fields(names: Iterable[str]) -> list[str]:
    """Those of the names that usually name a record, the surest first."""
    have = by_folded_name(names)
    return [own for name in _ids() for own in have.get(name, ())]


def identifier(fields: Mapping[str, Any]) -> str:
    """What names a record by its usual names, "" where nothing does."""
    return next(filter(None, (text_value(fields[name]) for name in id_fields(fields))), "")


def catalogue_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    """The bibliographic fields of a record, whatever its export calls them.

    Returns:
        Those of `nasa_id`, `title`, `keywords`, `date_created`, `center`, `location` and `photographer` that are not
        empty, in this order. Dates stand as the record has them, several keywords are joined with `; `.

    Example:
        `catalogue_fields({"Headline": "Suit test", "By-line": "M. Lind"})` gives
        `{"title": "Suit test", "photographer": "M. Lind"}`.
    """
    have = by_folded_name(fields)
    out = {}
    for field, names in _catalogue().items():
        texts = (
            text
            for name in names
            for own in have.get(name, ())
            if (text := text_value(fields[own])) and (name not in _numbers() or not text.replace("-", "").isdecimal())
        )
        if text := next(texts, ""):
            out[field] = text
    return out


@cache
def _numbers() -> frozenset[str]:
    return frozenset(map(folded, NUMBERS))
