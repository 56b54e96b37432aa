"""Records in CSV and TSV, with quoted cells that may hold line ends.

Each line is searched for quotation marks at most twice, however many of them are never closed, and a record costs
what its own cells cost, however many columns the table has.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from mlcap.errors import InputError
from mlcap.records.fields import record_of
from mlcap.records.lines import LONGEST_LINE, Line
from mlcap.records.types import Record
from mlcap.types import TEXT_FIELDS

#: A row of more lines than this has a quotation mark that is never closed.
MOST_LINES = 2000
#: A short row is filled up with empty cells under at most so many columns; else two characters could make a
#: record as large as the header.
MOST_FILLED = 1000
#: Columns named in a message.
_MOST_NAMED = 50

csv.field_size_limit(LONGEST_LINE)

T = TypeVar("T", bound=Hashable)


def first_twice(names: Iterable[T]) -> T | None:
    """The first name that stands a second time, None where each stands once."""
    seen: set[T] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def ends_quoted(text: str, delimiter: str, quoted: bool) -> bool:
    """Whether a line ends inside a quoted cell, given whether it starts inside one."""
    opening = f'{delimiter}"'
    place = 0
    if not quoted and text.startswith('"'):
        quoted, place = True, 1
    while True:
        if quoted:
            place = text.find('"', place)
            if place < 0:
                return True
            quoted = text.startswith('"', place + 1)  # Two marks are one that belongs to the cell.
            place += 1 + quoted
        else:
            # A mark within an unquoted cell is a mark like any other character.
            place = text.find(opening, place)
            if place < 0:
                return False
            quoted, place = True, place + len(opening)


class _Lines:
    """Lines with a look ahead for the one that closes a quoted cell.

    Whether a line closes a cell that is open before it does not depend on where that was opened. So the lines that
    were looked at in vain for one row need not be looked at again for the next: all of those ahead leave a cell
    open, save perhaps the last.
    """

    def __init__(self, lines: Iterable[Line], closes: Callable[[str], bool]) -> None:
        self._source = iter(lines)
        self._closes = closes
        self._ahead: deque[Line] = deque()
        self._size = 0
        # Whether the last line ahead closes a cell, and whether it is the last that can be looked at.
        self._closed = self._blocked = False

    def next(self) -> Line | None:
        """The next line, None at the end."""
        if not self._ahead:
            return next(self._source, None)
        line = self._ahead.popleft()
        self._size -= len(line.text or "")
        if not self._ahead:
            self._closed = self._blocked = False
        return line

    def rest_of_row(self, first: Line) -> list[Line]:
        """The lines after one that leaves a cell open, to the one that closes it; [] where none does in good time."""
        room = LONGEST_LINE - len(first.text or "")
        while not (self._closed or self._blocked) and len(self._ahead) + 1 < MOST_LINES and self._size <= room:
            line = next(self._source, None)
            if line is None:
                break
            self._ahead.append(line)
            self._size += len(line.text or "")
            # No row goes on beyond a line that is too long to be read.
            self._blocked = line.text is None
            self._closed = line.text is not None and self._closes(line.text)
        if not self._closed:
            return []
        taken, self._size, self._closed = list(self._ahead), 0, False
        self._ahead.clear()
        return taken


def _rows(source: Iterable[Line], delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yield (first line, cells or None, error)."""
    lines = _Lines(source, lambda text: not ends_quoted(text, delimiter, quoted=True))
    while line := lines.next():
        if line.text is None:
            yield line.number, None, f"the line is longer than {LONGEST_LINE >> 20} MiB"
            continue
        if not line.text.strip():
            continue
        taken = [line]
        if ends_quoted(line.text, delimiter, quoted=False):
            taken += lines.rest_of_row(line)
            if len(taken) == 1:
                yield line.number, None, "a quotation mark is never closed"
                continue
        try:
            rows = list(csv.reader([f"{t.text}\n" for t in taken], delimiter=delimiter))
        except csv.Error as error:
            yield line.number, None, f"is no row: {error}"
            continue
        yield line.number, rows[0], ""


def listed(names: Sequence[str]) -> str:
    """Names of columns for a message, which names only so many of them."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _caption_column(names: list[str], name: str, column: str | None) -> str:
    """The column with the caption.

    Raises:
        InputError: the header names a column twice, or none that holds captions.
    """
    twice = first_twice(names)
    if twice is not None:
        raise InputError(f"{name}: the header names the column {twice!r} twice; name each once")
    lower = {n.lower(): n for n in names}
    if column is not None and column not in names:
        raise InputError(f"{name}: has no column {column!r}; it has {listed(names)}")
    found = column or next((lower[f] for f in TEXT_FIELDS if f in lower), None)
    if found is None and len(names) == 1 and ";" in names[0]:
        raise InputError(f"{name}: its separator seems to be ;, which is not read; save it with commas or tabs")
    if found is None:
        raise InputError(
            f"{name}: no column is named {', '.join(TEXT_FIELDS)}; choose one of {listed(names)} with --column"
        )
    return found


def read_table(lines: Iterable[Line], name: str, delimiter: str, column: str | None = None) -> Iterator[Record]:
    """Read rows under a header row.

    A row with fewer cells than the header is filled up with empty ones, or is an error record where the header has
    more than `MOST_FILLED` columns.

    Args:
        column: the column with the caption; where None, found by the names text, caption, description.

    Raises:
        InputError: there is no header row, it names a column twice, or none holds captions.
    """
    rows = _rows(lines, delimiter)
    first = next(rows, None)
    if first is None:
        return
    _, header, error = first
    if header is None:
        raise InputError(f"{name}: the header row cannot be read: {error}")
    # Spreadsheets export empty headers at the end; such columns are named by their place.
    names = [n.strip() or f"column {i}" for i, n in enumerate(header, 1)]
    found = _caption_column(names, name, column)
    empty = dict.fromkeys(names, "") if len(names) <= MOST_FILLED else {}
    for number, cells, error in rows:
        position = f"{name}: line {number}"
        if cells is None:
            yield Record(position, empty, None, error)
            continue
        fields = dict(zip(names, cells, strict=False))
        if len(cells) > len(names) or (len(cells) < len(names) and not empty):
            yield Record(position, fields, None, f"has {len(cells)} cells under {len(names)} columns")
        else:
            yield record_of(fields if len(cells) == len(names) else {**empty, **fields}, position, found)
