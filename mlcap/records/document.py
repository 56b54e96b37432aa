"""Records of a whole JSON document: a response of the image library, metadata.json, or what exiftool -j prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from mlcap.errors import InputError
from mlcap.records.fields import record_of, records_in
from mlcap.records.jsonl import parse_json
from mlcap.records.lines import check_head
from mlcap.records.types import Record

#: A document of more bytes than this is not read, since it has to be held whole.
LARGEST_DOCUMENT = 64 << 20


def read_document(stream: BinaryIO, name: str, column: str | None, warn: Callable[[str], object]) -> Iterator[Record]:
    """Read the records of one JSON document; a list of documents (pages one after another) is read as well.

    Args:
        stream: opened in binary mode.
        name: for messages.
        column: the field with the caption; where None, it is found by name.
        warn: takes one line of warning.

    Raises:
        InputError: it is no JSON, is larger than `LARGEST_DOCUMENT`, or reading fails.
    """
    try:
        data = stream.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"{name}: reading stopped ({error.strerror or error})") from error
    check_head(data[:4096], name)
    if len(data) > LARGEST_DOCUMENT:
        raise InputError(
            f"{name}: is a JSON document of more than {LARGEST_DOCUMENT >> 20} MiB; split it, or write one object a line (.jsonl)"
        )
    if not data.strip():
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        warn(f"{name}: is not UTF-8; it is read as Windows-1252")
        text = data.decode("cp1252", errors="replace")
    del data
    try:
        document = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is no JSON document", "for one object a line say --from jsonl") from error
    del text
    pages = document if isinstance(document, list) and _are_pages(document) else [document]
    for number, page in enumerate(pages, 1):
        where = name if len(pages) == 1 else f"{name}: page {number}"
        for place, fields in records_in(page):
            yield record_of(fields, f"{where}: {place.lstrip(', ') or 'record 1'}", column)


def _are_pages(documents: list[object]) -> bool:
    return any(isinstance(d, dict) and isinstance(d.get("collection"), dict) for d in documents)
