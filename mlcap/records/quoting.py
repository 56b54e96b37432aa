"""Quotation marks in rows of text: which belong to a cell, and where a quoted cell goes on in the next line (RFC 4180).

Each line is searched for quotation marks at most twice, however many of them are never closed.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum

from mlcap.records.lines import LONGEST_LINE, Line

#: A row of more lines than this has a quotation mark that is never closed.
MOST_LINES = 2000

csv.field_size_limit(LONGEST_LINE)


class End(Enum):
    """How a line ends: outside of a quoted cell, inside one, or a mark in it neither closes a cell nor is doubled."""

    CLOSED = "closed"
    OPEN = "open"
    BROKEN = "broken"


def _closing(text: str, place: int, delimiter: str) -> int:
    """Where the cell ends that is open at a place: behind its closing mark; -1 where it stays open, -2 where broken."""
    while (place := text.find('"', place)) >= 0:
        if text.startswith('"', place + 1):
            place += 2  # Two marks are one that belongs to the cell.
            continue
        end = place + 1
        while text.startswith(" ", end):
            end += 1
        return end if end == len(text) or text.startswith(delimiter, end) else -2
    return -1


def end_of(text: str, delimiter: str, quoted: bool) -> End:
    """How a line ends, given whether it starts inside a quoted cell.

    A cell is quoted where it begins with a mark; a mark within a cell that does not is a character like any other.
    In tables parted by tabs nothing but a line end goes on in the next line: a mark that is alone there begins no
    quoted cell, and what follows are other rows.
    """
    opening = f'{delimiter}"'
    place = 0
    within = quoted
    if not quoted and text.startswith('"'):
        within, place = True, 1
    while True:
        if within:
            start, place = place, _closing(text, place, delimiter)
            if place < 0:
                lone = place == -1 and delimiter == "\t" and delimiter in text[start:]
                return End.BROKEN if place == -2 or lone else End.OPEN
            if quoted and start == 0 and delimiter == "\t" and delimiter in text[:place]:
                return End.BROKEN
            within = False
        else:
            place = text.find(opening, place)
            if place < 0:
                return End.CLOSED
            within, place = True, place + len(opening)


class RowLines:
    """Lines with a look ahead for the one that closes a quoted cell.

    Whether a line closes a cell that is open before it does not depend on where that was opened. So the lines that
    were looked at in vain for one row need not be looked at again for the next: all of those ahead leave a cell
    open, save perhaps the last.

    Args:
        end: how a line ends that starts inside a quoted cell.
    """

    def __init__(self, lines: Iterable[Line], end: Callable[[str], End]) -> None:
        self._source = iter(lines)
        self._end = end
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
            # No row goes on beyond a line that is too long to be read, or that shows that no cell was open.
            end = End.BROKEN if line.text is None else self._end(line.text)
            self._blocked, self._closed = end is End.BROKEN, end is End.CLOSED
        if not self._closed:
            return []
        taken, self._size, self._closed = list(self._ahead), 0, False
        self._ahead.clear()
        return taken


def cells_of(text: str, delimiter: str, spaced: bool = False) -> list[str]:
    """The cells of a row that is quoted as RFC 4180 has it.

    Args:
        spaced: whether spaces go before a cell that do not belong to it.

    Raises:
        csv.Error: a cell is too long.
    """
    lines = [f"{line}\n" for line in text.split("\n")]
    rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=spaced))
    return rows[0] if rows else []


def cells_of_broken(text: str, delimiter: str, count: int) -> list[str] | None:
    """The cells of a line whose marks are not doubled as they should be, None where it does not give `count` cells.

    `"He said "go" now",x` is read with a mark closing a cell only at its end; `"Go" he said,x` with the marks of such
    a cell as characters of it. In tables parted by tabs they are that in all cells. No mark of a text is lost.
    """
    ways = [_closed_at_ends(text, delimiter), _as_characters(text, delimiter)]
    if delimiter == "\t":
        ways.append(text.split(delimiter))
    return next((cells for cells in ways if cells is not None and len(cells) == count), None)


def _closed_at_ends(text: str, delimiter: str) -> list[str] | None:
    """Cells where a mark closes one only before the delimiter or the line's end; None where one is left open."""
    cells: list[str] = []
    place = 0
    while True:
        if text.startswith('"', place):
            end = text.find(f'"{delimiter}', place + 1)
            if end < 0:
                end = len(text) - 1
                if end <= place or text[end] != '"':
                    return None
            cell = text[place + 1 : end].replace('""', '"')
            if not _is_whole(cell):
                return None
            cells.append(cell)
            place = end + 1
        else:
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            cells.append(text[place:end])
            place = end
        if place >= len(text):
            return cells
        place += len(delimiter)


def _is_whole(cell: str) -> bool:
    """Whether the marks within a cell begin with one that opens: `Go" and "stop` has lost those around it."""
    place = cell.find('"')
    return place <= 0 or not cell[place - 1].isalnum()


def _as_characters(text: str, delimiter: str) -> list[str] | None:
    """Cells where a mark that does not close its cell before the delimiter is a character like any other.

    None where a cell is open to the end of the line, so that the next may belong to it.
    """
    cells: list[str] = []
    place = 0
    while True:
        closed = _closing(text, place + 1, delimiter) if text.startswith('"', place) else -2
        if closed == -1:
            return None
        if closed >= 0:
            cells.append(cells_of(text[place:closed], delimiter)[0])
        else:
            closed = text.find(delimiter, place)
            closed = len(text) if closed < 0 else closed
            cells.append(text[place:closed])
        if closed >= len(text):
            return cells
        place = closed + len(delimiter)
