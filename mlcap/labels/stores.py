"""Caption stores: files with the texts that the library's labels belong to.

A store is JSON Lines (plain or gzip) with `nasa_id` and `text`, `description` or `caption`,
or a response of NASA's image library (`collection.items[].data[]`), whole or one a line.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.types import TEXT_FIELDS

#: A store may unpack to this many bytes at most.
LARGEST_STORE = 4 << 30


def read_store(path: Path) -> Iterator[tuple[str, str]]:
    """Read (nasa_id, text) pairs from a store; records without either are passed over.

    Raises:
        InputError: the store is missing, is damaged, or holds no caption with a nasa_id.
    """
    found = False
    for record in _records(path):
        nasa_id = record.get("nasa_id")
        text = next((record[f] for f in TEXT_FIELDS if isinstance(record.get(f), str) and record[f].strip()), None)
        if isinstance(nasa_id, str) and text is not None:
            found = True
            yield nasa_id, text
    if not found:
        raise InputError(
            f"{path}: holds no caption with a nasa_id; a store is JSON Lines with nasa_id and text or description, or a response of the image library"
        )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path}: line {number} is no JSON; a store is JSON Lines or a response of the image library on one line"
            ) from error
        yield from _unpack(data)


def _unpack(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of one JSON value: a record, a list of records, or a library response."""
    if isinstance(data, list):
        for item in data:
            yield from _unpack(item)
    elif isinstance(data, dict):
        items = data["collection"].get("items") if isinstance(data.get("collection"), dict) else None
        if isinstance(items, list):
            for item in items:
                if isinstance(item, dict):
                    yield from _unpack(item.get("data") or [])
        else:
            yield data


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of a plain or gzip file; a pretty-printed response is given as one line."""
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else open(path, "rb") as stream:
            first = stream.readline()
            size = len(first)
            if first.strip() in (b"{", b"["):
                rest = stream.read(LARGEST_STORE)
                yield 1, (first + rest).decode("utf-8")
                return
            number, line = 1, first
            while line:
                yield number, line.decode("utf-8")
                line = stream.readline()
                number, size = number + 1, size + len(line)
                if size > LARGEST_STORE:
                    raise InputError(
                        f"{path}: unpacks to more than {LARGEST_STORE >> 30} GiB; split it into several stores"
                    )
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a caption store ({error.strerror or error})") from error
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: is a damaged gzip file; fetch it again") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8; a store is written in UTF-8") from error
