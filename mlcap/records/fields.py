"""Which field of a record holds its caption: plain records, the image library's, and embedded metadata as JSON.

Embedded metadata comes as exiftool writes it (`-j`, with `-G`, `-G1` or without), which is also the form of
the image library's metadata.json. A value is a string, a list of strings, or a number that looks like one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlcap.records.lines import LONGEST_CAPTION
from mlcap.records.types import Record
from mlcap.types import TEXT_FIELDS

#: Where a caption is embedded -> the names that exiftool gives the field; the first that holds one counts.
EMBEDDED = {
    "dc:description": ("XMP-dc:Description", "XMP:Description", "Description"),
    "IPTC:Caption-Abstract": ("IPTC:Caption-Abstract", "Caption-Abstract"),
    "EXIF:ImageDescription": ("EXIF:ImageDescription", "IFD0:ImageDescription", "ImageDescription"),
    "PNG:Description": ("PNG:Description",),
    "AVAIL:Description": ("AVAIL:Description",),
}
#: The field that says where an embedded caption was found.
SOURCE = "caption_source"
#: The fields that may name a record, of which the first that is not empty does; kept where it cannot be read.
ID_FIELDS = ("id", "nasa_id", "AVAIL:NASAID", "file", "SourceFile")
#: IPTC ends a caption at this many bytes (IIM 2:120).
CUT_AT = 2000


def text_of(value: Any) -> str | None:
    """The text of a value that is a string or a list of strings; None where it holds none."""
    if isinstance(value, list):
        parts = [p for p in map(text_of, value) if p]
        return "\n".join(parts) or None
    return value if isinstance(value, str) and value.strip() else None


def _embedded_text(value: Any) -> str | None:
    """The text of an embedded field, where a caption made of figures alone has become a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return text_of(value)


def is_cut(text: str) -> bool:
    """Whether an embedded caption is as long as IPTC lets it be, within one character, and so probably lost its end."""
    size = len(text.encode("utf-8", errors="replace"))
    last = 0 if text.isascii() else 3
    return CUT_AT - last <= size <= CUT_AT or len(text) == CUT_AT


def embedded_caption(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first embedded caption that is not empty: (where it stands, its text); None where there is none."""
    for source, names in EMBEDDED.items():
        for name in names:
            text = _embedded_text(fields.get(name))
            if text is not None:
                return source, text
    return None


def cut_doubts(text: str) -> tuple[str, ...]:
    """The doubt about an embedded caption that was cut, () where it was not."""
    return (f"the embedded caption ends at {CUT_AT} bytes, where IPTC cuts it",) if is_cut(text) else ()


def record_of(data: Mapping[str, Any], position: str, column: str | None) -> Record:
    """Find the caption of a record, or say why it has none.

    Args:
        column: the field with the caption; where None, the first of text, caption, description and the
            embedded fields that holds one. `caption_source` is added where it is an embedded one.
    """
    wanted = (column,) if column else TEXT_FIELDS
    known = {k: data[k] for k in ID_FIELDS if k in data}
    text = next((t for f in wanted if (t := text_of(data.get(f))) is not None), None)
    doubts: tuple[str, ...] = ()
    if text is None and column is None and (found := embedded_caption(data)):
        source, text = found
        data = {**data, SOURCE: source}
        doubts = cut_doubts(text)
    if text is None:
        return Record(position, known, None, f"has no caption; name its field {' or '.join(wanted)}")
    if len(text) > LONGEST_CAPTION:
        return Record(position, known, None, f"the caption is longer than {LONGEST_CAPTION} characters")
    return Record(position, data, text, doubts=doubts)


def records_in(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place within, fields) of the records of one JSON value: a record, a list, or a library response.

    What is no object within a list is given as an empty record, so that it is reported and not passed over.
    """
    if isinstance(data, list):
        for number, one in enumerate(data, 1):
            yield f", record {number}", one if isinstance(one, dict) else {}
        return
    collection = data.get("collection") if isinstance(data, dict) else None
    items = collection.get("items") if isinstance(collection, dict) else None
    if not isinstance(items, list):
        yield "", data if isinstance(data, dict) else {}
        return
    for number, item in enumerate(items, 1):
        parts = item.get("data") if isinstance(item, dict) else None
        for part in parts if isinstance(parts, list) and parts else [{}]:
            yield f", item {number}", part if isinstance(part, dict) else {}
