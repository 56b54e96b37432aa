"""Values of Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages.

Only what is needed of a structure is read, the rest is passed over: within bounds, whatever the bytes say.
"""

from __future__ import annotations

from collections.abc import Iterator

# Types of the compact protocol.
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
#: Structures and lists within one another.
_DEEPEST = 12


class ThriftError(ValueError):
    """A structure is damaged, or goes beyond what any should."""


class ThriftReader:
    """Reads values one after another.

    Raises:
        EOFError: by every method, where the data ends before the value does.
        ThriftError: likewise, where they are no values.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def byte(self) -> int:
        """One byte."""
        if self.place >= len(self._data):
            raise EOFError
        value = self._data[self.place]
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
                raise ThriftError("a number has no end")

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

    def items(self) -> tuple[int, int]:
        """The beginning of a list: (how many items, their type)."""
        head = self.byte()
        return (self.varint() if head >> 4 == 15 else head >> 4), head & 0x0F

    def skip(self, kind: int, depth: int = 0, within_list: bool = False) -> None:
        """Pass over a value."""
        if depth > _DEEPEST:
            raise ThriftError("structures are nested too deeply")
        if kind in (TRUE, FALSE):
            self.place += within_list
        elif kind == BYTE:
            self.place += 1
        elif kind in (I16, I32, I64):
            self.varint()
        elif kind == DOUBLE:
            self.place += 8
        elif kind == BINARY:
            size = self.varint()
            self.place += size
        elif kind in (LIST, SET):
            count, inner = self.items()
            for _ in range(count):
                self.skip(inner, depth + 1, within_list=True)
                if self.place > len(self._data):
                    raise EOFError
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        else:
            raise ThriftError("there is no such type of value")
