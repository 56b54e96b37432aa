"""What the pages of a Parquet file unpack to, read from their headers before pyarrow makes room for any.

A page header is a structure in Thrift's compact protocol (parquet.thrift: PageHeader). Of it are needed the type, the
sizes and the number of values; the rest is passed over. The footer's own totals of sizes may say anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from mlcap.records.thrift import I32, I64, LIST, STRUCT, ThriftError, ThriftReader

#: Bytes in which a page header must have its place; it may hold the least and the largest value.
_LONGEST_HEADER = 1 << 20
_HEAD = 1 << 12
_DICTIONARY_PAGE = 2


class Page(NamedTuple):
    """A page: whether it is a dictionary, the bytes it unpacks to, and how many values it says to hold."""

    dictionary: bool
    size: int
    values: int


class PageError(ValueError):
    """A footer or page header is damaged, or what it tells of takes too much room."""


class Chunk(NamedTuple):
    """One column of one row group: where its pages begin, and how many values they hold."""

    start: int
    values: int


def row_groups(stream: BinaryIO) -> list[list[Chunk]]:
    """The columns of each row group, as the footer has them (parquet.thrift: FileMetaData).

    pyarrow, asked for these, ends the process where the footer is damaged.

    Raises:
        PageError: it is.
    """
    size = stream.seek(0, 2)
    stream.seek(max(size - 8, 0))
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(max(size - 8 - length, 0))
    reader = ThriftReader(stream.read(length))
    out: list[list[Chunk]] = []
    try:
        for name, kind in reader.fields():
            if (name, kind) == (4, LIST):
                out = [_group(reader) for _ in range(reader.items()[0])]
            else:
                reader.skip(kind)
    except (EOFError, ThriftError) as error:
        raise PageError("its footer is damaged") from error
    return out


def _group(reader: ThriftReader) -> list[Chunk]:
    out: list[Chunk] = []
    for name, kind in reader.fields():
        if (name, kind) == (1, LIST):
            out = [_chunk(reader) for _ in range(reader.items()[0])]
        else:
            reader.skip(kind)
    return out


def _chunk(reader: ThriftReader) -> Chunk:
    numbers = {5: 0, 9: 0, 11: 0}
    for name, kind in reader.fields():
        if (name, kind) != (3, STRUCT):
            reader.skip(kind)
            continue
        for inner, inner_kind in reader.fields():
            if inner in numbers and inner_kind == I64:
                numbers[inner] = reader.number()
            else:
                reader.skip(inner_kind)
    values, data, dictionary = numbers.values()
    start = min(data, dictionary) if dictionary > 0 else data
    if start < 0:
        raise ThriftError("a column begins before the file")
    return Chunk(start, values)


def _header(data: bytes) -> tuple[Page, int, int]:
    """(page, its packed size, the length of the header).

    Raises:
        EOFError: the header is longer than the data.
        PageError: it is damaged.
    """
    reader = ThriftReader(data)
    numbers = {1: 0, 2: -1, 3: -1}
    values = 0
    for name, kind in reader.fields():
        if name in numbers and kind == I32:
            numbers[name] = reader.number()
        elif name in (5, 7, 8) and kind == STRUCT:
            # The header of a data page, a dictionary or a data page of the second version.
            for inner, inner_kind in reader.fields():
                if inner == 1 and inner_kind == I32:
                    values = reader.number()
                else:
                    reader.skip(inner_kind)
        else:
            reader.skip(kind)
    if reader.place > len(data):
        raise EOFError
    if numbers[2] < 0 or numbers[3] < 0 or values < 0:
        raise PageError("a page header has no sizes")
    return Page(numbers[1] == _DICTIONARY_PAGE, numbers[2], values), numbers[3], reader.place


#: What is unpacked at once may take so many bytes: of each column a dictionary and a page, and the rows of a
#: batch; or the column as a whole.
MOST_ROOM = 128 << 20
#: What a value takes in an array, besides its page: its level, and its place in a dictionary.
_EACH = 8


def held_whole(file: Any) -> list[str]:
    """The paths of the columns of which one row may hold all values, or whose texts pile up in a dictionary."""
    schema = file.schema
    leaves = [schema.column(i) for i in range(len(schema))]
    dictionaries = {f.name for f in file.schema_arrow if "dictionary<" in str(f.type)}
    return [c.path for c in leaves if c.max_repetition_level or c.path.partition(".")[0] in dictionaries]


def rows_at_once(stream: BinaryIO, file: Any, most: int) -> int:
    """How many rows of a file may be read at once, `most` at most.

    Args:
        stream: the file.
        file: pyarrow's reader of it.

    Raises:
        PageError: a page header is damaged, or even one row at a time might take more than `MOST_ROOM`.
    """
    rows, whole = most, held_whole(file)
    for group in row_groups(stream):
        room, widest = 0, 0.0
        if len(group) != len(file.schema):
            raise PageError("its footer is damaged")
        for column, chunk in enumerate(group):
            pages = list(pages_of(stream, chunk))
            dictionary = max((p.size for p in pages if p.dictionary), default=0)
            data = [p for p in pages if not p.dictionary]
            if file.schema.column(column).path in whole:
                room += dictionary + sum(p.size + _EACH * p.values for p in data)
            else:
                # Any row may repeat all of the dictionary; without one, a page tells how long its rows are.
                room += dictionary + max((p.size for p in data), default=0)
                widest += max(dictionary, *(p.size / max(p.values, 1) for p in data), 0)
        if room + widest > MOST_ROOM:
            raise PageError(
                f"a row group takes more than {MOST_ROOM >> 20} MiB while it is read; write the file anew with smaller row groups and pages"
            )
        rows = min(rows, int((MOST_ROOM - room) / widest) if widest else most)
    return max(rows, 1)


def pages_of(stream: BinaryIO, chunk: Chunk) -> Iterator[Page]:
    """The pages of one column of one row group, until they hold as many values as the footer says.

    Raises:
        PageError: a header is damaged, or there are fewer values than the footer says.
    """
    place, left = chunk
    while left > 0:
        stream.seek(place)
        data = stream.read(_HEAD)
        while True:
            try:
                page, packed, length = _header(data)
                break
            except ThriftError as error:
                raise PageError(f"a page header is damaged: {error}") from error
            except EOFError as error:
                more = stream.read(len(data))
                if not more or len(data) > _LONGEST_HEADER:
                    raise PageError("a page header is cut off, or has no end") from error
                data += more
        yield page
        if not page.dictionary:
            left -= page.values
            if not page.values and not packed:
                raise PageError("a page holds nothing")
        place += length + packed
