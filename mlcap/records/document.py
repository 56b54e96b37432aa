"""Records of a whole JSON document: a response of the image library, metadata.json, or what exiftool -j prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from mlcap.errors import InputError
from mlcap.records.encoding import as_utf8, text_from
from mlcap.records.finder import Finder
from mlcap.records.jsonl import are_json_lines, read_json_lines
from mlcap.records.lines import Line
from mlcap.records.parse import TooLargeError, parse_json, where_broken
from mlcap.records.types import Record
from mlcap.records.values import LARGEST_DOCUMENT, records_of_document


def read_document(stream: BinaryIO, name: str, finder: Finder, warn: Callable[[str], object]) -> Iterator[Record]:
    """Read the records of one JSON document.

    A list of documents (pages one after another) is read as well, and so are JSON Lines.

    Args:
        stream: opened in binary mode.
        name: for messages.
        finder: finds captions and ids.
        warn: takes one line of warning.

    Raises:
        InputError: it is no JSON, is larger than `LARGEST_DOCUMENT`, or reading fails.
    """
    try:
        data = as_utf8(stream, name).read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"{name}: reading stopped ({error.strerror or error})") from error
    if len(data) > LARGEST_DOCUMENT:
        raise InputError(
            f"{name}: is a JSON document of more than {LARGEST_DOCUMENT >> 20} MiB; split it, or write one object a line (.jsonl)"
        )
    text, is_utf8 = text_from(data)
    del data
    if not is_utf8:
        warn(f"{name}: is not all UTF-8; bytes that are not are read as Windows-1252")
    text = text.lstrip("\ufeff")
    if not text.strip():
        return
    try:
        document = parse_json(text)
    except TooLargeError as error:
        raise InputError(f"{name}: {error}; split it, or write one object a line (.jsonl)") from error
    except ValueError as error:
        lines = [Line(number, line) for number, line in enumerate(text.split("\n"), 1)]
        if are_json_lines(lines):
            yield from read_json_lines(lines, name, finder)
            return
        raise InputError(
            f"{name}: is no JSON document{where_broken(error)}", "for one object a line say --from jsonl"
        ) from error
    del text
    yield from records_of_document(document, name, finder)
