"""What the pages of a Parquet file unpack to, read from their headers before pyarrow makes room for any.

A page header is a structure in Thrift's compact protocol (parquet.thrift: PageHeader). Of it are needed the type, the
sizes and the number of values; the rest is passed over. The footer's own totals may say anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

#: Bytes in which a page header must have its place; it may hold the least and the largest value.
_LONGEST_HEADER = 1 << 20
_HEAD = 1 << 12
#: Structures within one another that a header may have.
_DEEPEST = 8
_DICTIONARY_PAGE = 2
# Types of Thrift's compact protocol.
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, *_, _STRUCT = range(1, 13)


class Page(NamedTuple):
    """A page: whether it is a dictionary, the bytes it unpacks to, and how many values it says to hold."""

    dictionary: bool
    size: int
    values: int


class PageError(ValueError):
    """A page header is damaged, or longer than any should be."""


class _Reader:
    """Reads values of the compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def byte(self) -> int:
        """One byte."""
        try:
            value = self._data[self.place]
        except IndexError as error:
            raise EOFError from error
        self.place += 1
        return value

    def varint(self) -> int:
        """An unsigned number of at most 64 bits."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise PageError("a page header holds a number without end")

    def number(self) -> int:
        """A signed number."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def fields(self) -> Iterator[tuple[int, int]]:
        """The fields of a structure: (id, type); the value of each is to be read or skipped before the next."""
        last = 0
        while kind := self.byte():
            last = last + (kind >> 4) if kind >> 4 else self.number()
            yield last, kind & 0x0F

    def skip(self, kind: int, depth: int = 0) -> None:
        """Pass over a value."""
        if depth > _DEEPEST:
            raise PageError("a page header is nested too deeply")
        if kind == _BYTE:
            self.byte()
        elif kind in (_I16, _I32, _I64):
            self.varint()
        elif kind == _DOUBLE:
            self.place += 8
        elif kind == _BINARY:
            size = self.varint()
            self.place += size
        elif kind == _STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind not in (_TRUE, _FALSE):
            raise PageError("a page header holds what none has")


def _header(data: bytes) -> tuple[Page, int, int]:
    """(page, its packed size, the length of the header).

    Raises:
        EOFError: the header is longer than the data.
        PageError: it is damaged.
    """
    reader = _Reader(data)
    numbers = {1: 0, 2: -1, 3: -1}
    values = 0
    for name, kind in reader.fields():
        if name in numbers and kind == _I32:
            numbers[name] = reader.number()
        elif name in (5, 7, 8) and kind == _STRUCT:
            # The header of a data page, a dictionary or a data page of the second version.
            for inner, inner_kind in reader.fields():
                if inner == 1 and inner_kind == _I32:
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
    for group in range(file.num_row_groups):
        room, widest = 0, 0.0
        metadata = file.metadata.row_group(group)
        for column in range(metadata.num_columns):
            pages = list(pages_of(stream, metadata.column(column)))
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


def pages_of(stream: BinaryIO, chunk: Any) -> Iterator[Page]:
    """The pages of one column of one row group, until they hold as many values as the footer says.

    Args:
        chunk: pyarrow's metadata of it.

    Raises:
        PageError: a header is damaged, or there are fewer values than the footer says.
    """
    place = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        place = min(place, chunk.dictionary_page_offset)
    left = chunk.num_values
    while left > 0:
        stream.seek(place)
        data = stream.read(_HEAD)
        while True:
            try:
                page, packed, length = _header(data)
                break
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
