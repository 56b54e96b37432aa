"""Records in JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.lines import LONGEST_CAPTION, LONGEST_LINE, Line
from mlcap.records.parse import TooLargeError, parse_json
from mlcap.records.types import Record
from mlcap.records.values import LARGEST_DOCUMENT, records_in, records_of_document

#: Lines between and behind the objects of a list that is written over many.
_OF_LISTS = ("]", ",", "],")


def read_jsonl(lines: Iterable[Line], name: str, finder: Finder) -> Iterator[Record]:
    """Read one record a line, or the records of a list or a response of the image library; blank lines are passed over.

    A file that begins with a bracket alone is one JSON document over many lines, and read as such.

    Raises:
        InputError: such a document is too large.
    """
    source = iter(lines)
    first = next((line for line in source if line.text is None or line.text.strip()), None)
    if first is None:
        return
    if (first.text or "").strip() in ("{", "["):
        held = _head(first, source)
        try:
            document = parse_json("\n".join(line.text or "" for line in held))
        except TooLargeError as error:
            raise InputError(f"{name}: {error}; split it, or write one object a line") from error
        except ValueError:
            # One line of many that is no JSON.
            yield from read_json_lines(chain(held, source), name, finder)
        else:
            yield from records_of_document(document, name, finder)
        return
    yield from read_json_lines(chain([first], source), name, finder)


def are_json_lines(lines: Iterable[Line]) -> bool:
    """Whether the first line that is not blank is an object by itself."""
    first = next((line.text for line in lines if line.text and line.text.strip()), "")
    try:
        return isinstance(parse_json(first), dict)
    except ValueError:
        return False


def read_json_lines(lines: Iterable[Line], name: str, finder: Finder) -> Iterator[Record]:
    """Read one record a line, whatever the first line looks like; the end of a list that began with one is none."""
    in_list = False
    for line in lines:
        position = f"{name}: line {line.number}"
        if line.text is None:
            yield Record(position, {}, None, f"the line is longer than {LONGEST_LINE >> 20} MiB")
            continue
        text = line.text.strip()
        if not text or (in_list and text in _OF_LISTS):
            continue
        try:
            data = _parsed(text)
        except TooLargeError as error:
            yield Record(position, {}, None, str(error))
            continue
        except ValueError:
            kept = {"value": text} if len(text) <= LONGEST_CAPTION else {}
            yield Record(position, kept, None, "is no JSON; write one object a line")
            continue
        if not data or not isinstance(data, dict | list):
            what = "holds nothing" if data in ({}, []) else "is no JSON object"
            yield Record(position, {"value": data}, None, f'{what}; write {{"id": ..., "text": ...}}')
            continue
        in_list |= isinstance(data, dict) and text.startswith("[")
        for place, fields in records_in(data):
            yield finder.record(fields, f"{position}{place}")


def _parsed(text: str) -> Any:
    """The value of a line; of one that is a part of a list, with its comma or bracket, the object in it."""
    try:
        return parse_json(text)
    except TooLargeError:
        raise
    except ValueError:
        if not text.lstrip("[, ").startswith("{"):
            raise
        return parse_json(text.lstrip("[, ").rstrip("], "))


def _head(first: Line, lines: Iterator[Line]) -> list[Line]:
    """The lines to the end, or so many of them as a document may hold."""
    held, size = [first], 0
    while size <= LARGEST_DOCUMENT and (line := next(lines, None)) is not None:
        held.append(line)
        size += len(line.text or "") + 1
    return held
