"""Rows of a table in text: what parts its cells, and where each row begins and ends."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from mlcap.records.finder import Finder
from mlcap.records.lines import LONGEST_LINE, Line
from mlcap.records.quoting import End, RowLines, cells_of, cells_of_broken, end_of

#: What may part cells.
SEPARATORS = (",", ";", "\t", "|")
#: The line by which spreadsheet programs say what parts the cells.
_SEP = re.compile(r'"?sep=([^"])"?[,;\t| ]*', re.IGNORECASE)


class Row(NamedTuple):
    """One row: where it stands, its cells, why it cannot be read ("" where it can), and for how many it stands.

    Of rows without a cell one stands for all that follow each other.
    """

    place: str
    cells: list[Any]
    error: str = ""
    times: int = 1


def separator_in(line: str) -> str | None:
    """The separator that a line `sep=;` names, None where it is no such line."""
    match = _SEP.fullmatch(line)
    return match.group(1) if match else None


def separator_of(header: str, usual: str, finder: Finder) -> str:
    """What parts the cells of a table, by its first line: under what one of them is named as captions are, else most."""

    def rank(separator: str) -> tuple[bool, int, bool]:
        try:
            names = [n.strip() for n in cells_of(header, separator)]
        except csv.Error:
            names = []
        # A header of very many columns is no longer looked through for names.
        named = bool(finder.layout(names).holders)
        return named, len(names), separator == usual

    return max(SEPARATORS, key=rank)


def rows_of(source: Iterable[Line], usual: str, finder: Finder) -> Iterator[Row]:
    """Yield the rows of a table, the header first; blank lines and lines `sep=` are none.

    Args:
        usual: what parts cells where the first line does not tell.
    """
    lines = iter(source)
    first = next((line for line in lines if line.text is None or line.text.strip()), None)
    if first is None:
        return
    separator = separator_in(first.text or "")
    if separator is None:
        separator = separator_of(first.text or "", usual, finder)
        lines = chain([first], lines)
    yield from _rows(lines, separator)


def _rows(source: Iterable[Line], separator: str) -> Iterator[Row]:
    lines = RowLines(source, lambda text: end_of(text, separator, quoted=True))
    count = 0
    while line := lines.next():
        place = f"line {line.number}"
        if line.text is None:
            yield Row(place, [], f"the line is longer than {LONGEST_LINE >> 20} MiB")
            continue
        if (not line.text.strip() and separator not in line.text) or separator_in(line.text):
            continue
        end = end_of(line.text, separator, quoted=False)
        taken = [line, *(lines.rest_of_row(line) if end is End.OPEN else ())]
        if end is End.CLOSED or len(taken) > 1:
            row = _sound_row(place, "\n".join(t.text or "" for t in taken), separator, count)
        else:
            row = _broken_row(place, line.text, separator, count, end)
        count = count or len(row.cells)
        yield row


def _sound_row(place: str, text: str, separator: str, count: int) -> Row:
    try:
        cells = cells_of(text, separator)
        if 0 < count < len(cells):
            if f'{separator} "' in text and len(spaced := cells_of(text, separator, spaced=True)) == count:
                cells = spaced
            elif count == 1 and '"' not in text and any(map(str.strip, cells[1:])):
                cells = [text]  # Under one column nothing is parted.
        return Row(place, cells)
    except csv.Error as error:
        return Row(place, [], f"is no row: {error}")


def _broken_row(place: str, text: str, separator: str, count: int, end: End) -> Row:
    """A row with a mark that stands alone: as its cells fit the header, else an error that keeps what it holds."""
    cells = cells_of_broken(text, separator, count)
    if cells is not None:
        return Row(place, cells)
    fault = "is never closed" if end is End.OPEN else "is neither doubled nor at a cell's end"
    return Row(place, text.split(separator), f"a quotation mark {fault}")
