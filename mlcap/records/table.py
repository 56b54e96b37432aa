"""Records of tables: rows under a header row, from text or a spreadsheet.

A record costs what its own cells cost, however many columns the table has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.lines import Line
from mlcap.records.parse import numbered
from mlcap.records.rows import Row, rows_of
from mlcap.records.types import Record
from mlcap.text import counted

#: A short row is filled up with empty cells under at most so many columns; else two characters could make a
#: record as large as the header.
MOST_FILLED = 1000


def read_table(
    lines: Iterable[Line], name: str, usual: str, finder: Finder, warn: Callable[[str], object]
) -> Iterator[Record]:
    """Read rows of text under a header row.

    Args:
        usual: what parts cells where the first line does not tell.
        finder: finds captions and ids.
        warn: takes one line of warning.

    Raises:
        InputError: there is no header row, or it names no column with captions.
    """
    return records_of_rows(rows_of(lines, usual, finder), name, finder, warn)


def records_of_rows(rows: Iterable[Row], name: str, finder: Finder, warn: Callable[[str], object]) -> Iterator[Record]:
    """The records of rows of which the first is the header.

    A row with fewer cells than the header is filled up with empty ones, or is an error record where the header has
    more than `MOST_FILLED` columns; one with more is an error record, unless these are empty. Rows without any
    content, and headers repeated where files were joined, are passed over and counted in a warning.

    Raises:
        InputError: the header cannot be read, or names no column with captions.
    """
    source = iter(rows)
    header = next(source, None)
    if header is None:
        return
    if header.error:
        raise InputError(f"{name}: the header row cannot be read: {header.error}")
    table = _Table([str(n).strip() for n in header.cells], name, finder)
    empty, repeated, borders = _Passed(), _Passed(), _Passed()
    for number, row in enumerate(source):
        if not number and not row.error and _is_border(header.cells, row.cells):
            borders.add(row.place)
            continue
        if not row.error and not any(_is_full(c) for c in row.cells):
            empty.add(row.place, row.times)
        elif not row.error and table.is_header(row.cells):
            repeated.add(row.place)
        else:
            yield table.record(row)
    if empty.count:
        warn(f"{name}: passed over, without any content: {counted(empty.count, 'row')}, the first in {empty.first}")
    if borders.count:
        warn(f"{name}: passed over, the border under the header: {counted(borders.count, 'row')}, in {borders.first}")
    if repeated.count:
        warn(
            f"{name}: passed over, repeating the header: {counted(repeated.count, 'row')}, the first in {repeated.first}"
        )


def _is_border(header: Sequence[Any], cells: Sequence[Any]) -> bool:
    """Whether a row only draws the border under a header, as in Markdown and on the consoles of databases.

    A border has as many parts as the header has names, or is one line; a lone "--" is what somebody wrote in a cell.
    """
    parts = [str(cell).replace(" ", "") for cell in cells if _is_full(cell)]
    drawn = len(cells) == 1 or len(parts) >= sum(map(_is_full, header))
    return drawn and bool(parts) and all("--" in part and not part.strip("-:+|=") for part in parts)


class _Passed:
    """Rows that are no records: how many, and where the first stands."""

    def __init__(self) -> None:
        self.count, self.first = 0, ""

    def add(self, place: str, count: int = 1) -> None:
        """Count one, or some that follow each other."""
        self.count, self.first = self.count + count, self.first or place


def _without_case(cells: Iterable[Any]) -> list[str]:
    return [str(cell).strip().casefold() for cell in cells]


def _is_full(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


class _Table:
    """The columns of a table.

    Raises:
        InputError: none holds captions, or a chosen one stands twice.
    """

    def __init__(self, names: Sequence[str], name: str, finder: Finder) -> None:
        self._width = len(names)
        while names and not names[-1]:
            names = names[:-1]  # Spreadsheets export empty headers at the end.
        finder.check(names)
        self._header = _without_case(names)
        self._names = numbered(n or f"column {i}" for i, n in enumerate(names, 1))
        self._name = name
        self._finder = finder

    def is_header(self, cells: Sequence[Any]) -> bool:
        """Whether a row is the header again, in whatever case."""
        return _without_case(cells[:1]) == self._header[:1] and _without_case(_full(cells)) == self._header

    def record(self, row: Row) -> Record:
        """The record of a row; all its cells are kept."""
        cells = _full(row.cells) if len(row.cells) > len(self._names) else row.cells
        names = self._names
        if len(cells) > len(names):
            names = numbered([*names, *(f"column {i}" for i in range(len(names) + 1, len(cells) + 1))])
        fields = dict(zip(names, cells, strict=False))
        error = row.error
        if not error and (len(cells) > self._width or (len(cells) < len(names) and len(names) > MOST_FILLED)):
            error = f"has {len(cells)} cells under {len(self._names)} columns"
        position = f"{self._name}: {row.place}"
        if error:
            found = self._finder.record(fields, position)
            return Record(position, fields, None, error, id=found.id)
        if len(cells) < len(names):
            fields |= dict.fromkeys(names[len(cells) :], "")
        return self._finder.record(fields, position)


def _full(cells: Sequence[Any]) -> list[Any]:
    """The cells of a row without empty ones at its end."""
    end = len(cells)
    while end and not _is_full(cells[end - 1]):
        end -= 1
    return list(cells[:end])
