"""The fields of embedded metadata that hold a caption, and the records within a JSON value.

Embedded metadata comes as exiftool writes it (`-j`, with `-G`, `-G1` or without), which is also the form of
the image library's metadata.json. A value is a string, a list of strings, or a number that looks like one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mlcap.records.encoding import text_from
from mlcap.records.fillers import is_filler
from mlcap.records.mojibake import looks_misread, repaired
from mlcap.records.types import Written
from mlcap.text import is_blank

#: Where a caption is embedded -> the names that exiftool gives the field; the first that holds one counts. A name may
#: bear a language at its end, as in `XMP-dc:Description-en`.
EMBEDDED = {
    "dc:description": ("XMP-dc:Description", "XMP:Description", "Description"),
    "IPTC:Caption-Abstract": ("IPTC:Caption-Abstract", "Caption-Abstract"),
    "EXIF:ImageDescription": ("EXIF:ImageDescription", "IFD0:ImageDescription", "ImageDescription"),
    "tiff:ImageDescription": ("XMP-tiff:ImageDescription", "XMP:ImageDescription"),
    "PNG:Description": ("PNG:Description",),
    "AVAIL:Description": ("AVAIL:Description",),
    "AVAIL:Description508": ("AVAIL:Description508",),
    "Iptc4xmpCore:ExtDescrAccessibility": ("XMP-iptcCore:ExtDescrAccessibility", "XMP:ExtDescrAccessibility"),
    "Iptc4xmpCore:AltTextAccessibility": ("XMP-iptcCore:AltTextAccessibility", "XMP:AltTextAccessibility"),
    "photoshop:Headline": ("XMP-photoshop:Headline", "XMP:Headline", "IPTC:Headline", "Headline"),
}
#: Fields where people put captions, but programs and cameras what they like, so that they are not read -> exiftool's names.
COMMENTS = {
    "EXIF:UserComment": "ExifIFD:UserComment",
    "exif:UserComment": "XMP-exif:UserComment",
    "EXIF:XPComment": "IFD0:XPComment",
    "EXIF:XPSubject": "IFD0:XPSubject",
    "JPEG:Comment": "File:Comment",
    "PNG:Comment": "PNG:Comment",
}
#: The names of `EMBEDDED`, for a quick look at what may be one of them in a language, and in which turn each counts.
_NAMES = {name: turn for turn, name in enumerate(name for names in EMBEDDED.values() for name in names)}
#: The mark of IPTC's encoding, in exiftool's names, and what it is for UTF-8 as text and as bytes.
_CHARSET = ("IPTC:CodedCharacterSet", "CodedCharacterSet")
_UTF8 = ("UTF8", "\x1b%G")
#: The tag of a language (RFC 3066, as XMP has them).
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}|x-default")
_LONGEST_NAME = 80
#: What exiftool's long form (`-l`) gives for each field: what it is called, and its value.
_LONG_FORM = {"desc", "val"}
#: What exiftool puts before bytes that are no text.
_BASE64 = "base64:"
#: The field that says where an embedded caption was found.
SOURCE = "caption_source"
#: IPTC ends a caption at this many bytes (IIM 2:120).
CUT_AT = 2000


def text_of(value: Any) -> str | None:
    """The text of a value that is a string or a list of strings; None where it holds none, or is no text."""
    if isinstance(value, list):
        parts = [p for p in map(text_of, value) if p]
        return "\n".join(parts) or None
    return value if isinstance(value, str) and not isinstance(value, Written) and not is_blank(value) else None


def _decoded(text: str) -> str:
    """The text of what exiftool gives as base64, since its bytes are no UTF-8; "" where they are no text at all."""
    try:
        data = base64.b64decode(text.removeprefix(_BASE64), validate=True)
    except ValueError:
        return text
    text, _ = text_from(data)
    return text if "".join(text.split()).isprintable() else ""


def _embedded_text(value: Any) -> str | None:
    """The text of an embedded field; None where it holds none, or only what a camera or program writes by itself.

    A caption made of figures alone has become a number.
    """
    if isinstance(value, int | float | Written) and not isinstance(value, bool):
        return str(value)
    text = text_of(value)
    if text is not None and text.startswith(_BASE64):
        text = _decoded(text)
    if text is None or is_filler(text):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_cut(text: str) -> bool:
    """Whether an embedded caption is as long as IPTC lets it be, within one character, and so probably lost its end."""
    size = len(text.encode("utf-8", errors="replace"))
    last = 0 if text.isascii() else 3
    return CUT_AT - last <= size <= CUT_AT or len(text) == CUT_AT


def _split(key: str) -> tuple[str, str]:
    """(name of an embedded field, language in lower case, "" for none); ("", "") where it is no field of ours."""
    if key in _NAMES:
        return key, ""
    if key.find(":") != key.rfind(":") and len(key) <= _LONGEST_NAME:
        # Groups of several families (`-G0:1`), of which one is ours.
        *groups, tag = key.split(":")
        return next(filter(any, (_split(f"{group}:{tag}") for group in groups)), ("", ""))
    if "-" in key and len(key) <= _LONGEST_NAME:
        for name in (key[:n] for n, c in enumerate(key) if c == "-"):
            language = key[len(name) + 1 :]
            if name in _NAMES and _LANGUAGE.fullmatch(language):
                return name, language.lower()
    return "", ""


def is_embedded(key: str) -> bool:
    """Whether a field is one of embedded metadata that may hold a caption, in whatever language."""
    return bool(_split(key)[0])


def embedded_fields(names: Iterable[str]) -> list[str]:
    """Those of the names that are of embedded metadata and may hold a caption, in the order in which they count."""
    places = [(own, *_split(own)) for own in names]
    return [own for own, name, _ in sorted(places, key=lambda p: (_NAMES.get(p[1], 0), _rank(p[2]))) if name]


def _in_languages(fields: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The embedded fields that are there: name -> language -> value."""
    out: dict[str, dict[str, Any]] = {}
    for key, value in fields.items():
        name, language = _split(key)
        if name:
            if isinstance(value, dict) and value.keys() >= _LONG_FORM:
                value = value["val"]
            many = value if isinstance(value, dict) else {language: value}
            out.setdefault(name, {}).update({k.lower(): v for k, v in many.items()})
    return out


def _rank(language: str) -> int:
    """English first, then what is for everybody or of no language, then any."""
    return 0 if language[:2] == "en" and not language[2:3].isalpha() else 1 if language in ("", "x-default") else 2


def _is_unmarked(name: str, fields: Mapping[str, Any]) -> bool:
    """Whether nothing says in which encoding the bytes of a field are: always EXIF's, IPTC's without a mark."""
    group, _, tag = name.rpartition(":")
    if group in ("IPTC", "") and tag in ("Caption-Abstract", "Headline"):
        return all(str(fields.get(mark, "")).strip() not in _UTF8 for mark in _CHARSET)
    return tag == "ImageDescription" and not group.startswith("XMP")


#: The one field of what exiftool prints that is in no group.
_SOURCE_FILE = "SourceFile"


def ungrouped(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `exiftool -j -g` prints, a group of fields in an object each, as `-G` names the fields; others as they are."""
    if _SOURCE_FILE not in fields or len(fields) < 2:
        return fields
    groups = {name: value for name, value in fields.items() if name != _SOURCE_FILE}
    # A field of several languages is an object as well.
    if not all(isinstance(value, dict) and not is_embedded(name) for name, value in groups.items()):
        return fields
    out = {_SOURCE_FILE: fields[_SOURCE_FILE]}
    for group, held in groups.items():
        out.update({f"{group}:{tag}": value for tag, value in held.items()})
    return out


def embedded_caption(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first embedded caption that is not empty: (where it stands, its text); None where there is none.

    Of several languages English counts, then the one for everybody, then any. What a camera or program writes by
    itself counts as empty, and UTF-8 without a mark as UTF-8.
    """
    there = _in_languages(fields)
    for source, names in EMBEDDED.items():
        for name in names:
            languages = there.get(name, {})
            for language in sorted(languages, key=_rank):
                text = _embedded_text(languages[language])
                if text is not None:
                    return source, repaired(text) if _is_unmarked(name, fields) else text
    return None


def comments_in(fields: Mapping[str, Any]) -> list[str]:
    """Those of `COMMENTS` that hold a text which may be a caption."""
    return [where for where, name in COMMENTS.items() if _embedded_text(fields.get(name, "")) is not None]


def embedded_doubts(source: str, text: str) -> tuple[str, ...]:
    """What makes an embedded caption doubtful, () for nothing: it was cut, is a headline, or may be misread."""
    out = cut_doubts(text)
    if source == "photoshop:Headline":
        out += ("the caption is a headline, as no description is there",)
    if source.startswith(("IPTC", "EXIF")) and looks_misread(text):
        out += ("the caption's encoding is not marked, and its letters are probably wrong",)
    return out


def cut_doubts(text: str) -> tuple[str, ...]:
    """The doubt about an embedded caption that was cut, () where it was not."""
    return (f"the embedded caption ends at {CUT_AT} bytes, where IPTC cuts it",) if is_cut(text) else ()
