"""What the image library answers: unpacked within bounds, read, and taken apart without trust."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlcap.bounded_json import values_in
from mlcap.records.parse import constant, parse_json
from mlcap.records.writing import json_line

#: An answer of more bytes than this, unpacked, is not read; a hundred records take about half a MiB.
LARGEST_ANSWER = 32 << 20
#: The encodings that are asked for and unpacked here; each further one would need a bound of its own.
ENCODINGS = ("gzip", "identity")
#: A page of a hundred records has some thousands of values; each takes sixty bytes, however few it is written with.
_MOST_VALUES = 1_000_000
#: A number of more figures is kept as text.
_MOST_FIGURES = 300
_PIECE = 1 << 20


class BrokenAnswerError(Exception):
    """An answer that is worth asking for again; says why, and how long to wait where the server does."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class HugeAnswerError(Exception):
    """An answer that is larger than `LARGEST_ANSWER`."""


@dataclass(frozen=True)
class Answer:
    """One page.

    Attributes:
        records: its records, those that have an id.
        total: how many there are in all, None where that is not said.
        more: whether it names a next page.
        odd: how many items were left out, as they have no id or cannot be written.
        vague: whether it says how many there are in a way that is no count.
    """

    records: tuple[dict[str, Any], ...]
    total: int | None
    more: bool
    odd: int = 0
    vague: bool = False


def unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Unpack the body of an answer, never more than a mebibyte at once.

    Args:
        encoding: its Content-Encoding, "" for none.

    Raises:
        BrokenAnswerError: it is damaged, or packed in a way that was not asked for.
    """
    encoding = encoding.strip().lower() or "identity"
    if encoding not in ENCODINGS:
        raise BrokenAnswerError(f"its answer is packed as {encoding[:20]!r}, which was not asked for")
    if encoding == "identity":
        yield from pieces
        return
    packer = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in pieces:
            rest = piece
            while rest and not packer.eof:
                yield packer.decompress(rest, _PIECE)
                rest = packer.unconsumed_tail
    except zlib.error as error:
        raise BrokenAnswerError("its answer is no sound gzip") from error
    if not packer.eof:
        raise BrokenAnswerError("its answer is cut off")


def bounded(pieces: Iterable[bytes]) -> bytes:
    """The whole answer.

    Raises:
        HugeAnswerError: it is larger than `LARGEST_ANSWER`.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > LARGEST_ANSWER:
            raise HugeAnswerError
    return bytes(data)


def _number(text: str) -> float | str:
    """A number as Python has it; one that it cannot hold stays as written."""
    number = float(text)
    return number if math.isfinite(number) else text


def _whole_number(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_FIGURES else text


#: What JSON does not allow, and some servers write all the same (NaN), becomes what every reader takes.
_DECODER = json.JSONDecoder(parse_constant=constant, parse_float=_number, parse_int=_whole_number)


def _parsed(data: bytes) -> Any:
    """Read an answer.

    Raises:
        ValueError, RecursionError: it is no JSON, or has more values than a page can.
    """
    if values_in(data) > _MOST_VALUES:
        raise ValueError("too many values")
    return _DECODER.decode(data.decode("utf-8-sig"))


def reason_in(data: bytes) -> str:
    """The reason that a refusal gives, in brackets; "" where it gives none."""
    try:
        reason = _parsed(data)["reason"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f" ({' '.join(str(reason).split())[:200]})"


def page_in(data: bytes) -> Answer:
    """Read a page.

    Raises:
        BrokenAnswerError: it is no page.
    """
    try:
        collection = _parsed(data)["collection"]
        items = collection["items"]
        if not isinstance(items, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenAnswerError("its answer is no page of the library") from error
    records: list[dict[str, Any]] = []
    odd = 0
    for item in items:
        parts = item.get("data") if isinstance(item, dict) else None
        for part in parts if isinstance(parts, list) and parts else [None]:
            if isinstance(part, dict) and _is_id(part.get("nasa_id")) and _can_be_read(part):
                records.append(part)
            else:
                odd += 1
    metadata = collection.get("metadata")
    total = metadata.get("total_hits") if isinstance(metadata, dict) else None
    links = collection.get("links")
    more = isinstance(links, list) and any(isinstance(k, dict) and k.get("rel") == "next" for k in links)
    known = isinstance(total, int) and not isinstance(total, bool) and total >= 0
    return Answer(tuple(records), total if known else None, more, odd, total is not None and not known)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _can_be_read(record: dict[str, Any]) -> bool:
    """Whether what is written of a record is read again by our own reader."""
    try:
        parse_json(json_line(record))
    except (ValueError, RecursionError):
        return False
    return True
