"""Records of the sheets of a workbook (XLSX), read row by row.

openpyxl is imported by `_sheets` first, which says where it is missing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from mlcap.errors import InputError, install_extra
from mlcap.records.finder import Finder
from mlcap.records.rows import Row
from mlcap.records.table import records_of_rows
from mlcap.records.types import Record, Written
from mlcap.records.workbook_bounds import check_workbook
from mlcap.text import counted

if TYPE_CHECKING:
    from mlcap.records.workbook_parts import Sheet

#: Rows that a sheet may have (ECMA-376 part 1, 18.3.1.73).
MOST_ROWS = 1_048_576
#: Rows of more cells are error records, which keep the first ones: a cell far to the right costs all those before it.
MOST_COLUMNS = 4000
_KEPT = 50
#: A character that XML does not hold as itself (ECMA-376 part 1, 22.9.2.19: ST_Xstring); half characters stay.
_ESCAPED = re.compile("_x(?![dD][89a-fA-F])([0-9a-fA-F]{4})_")
#: How openpyxl tells of a number that is no date.
_NO_DATE = re.compile(
    r"Cell '?(?P<column>[A-Z]{1,3})(?P<row>\d{1,7})'? is marked as a date but the serial value (?P<value>\S+) is"
)


def _sheets(stream: BinaryIO, name: str) -> list[Sheet]:
    """The sheets of a workbook.

    Raises:
        InputError: it is no workbook, too large, or openpyxl is missing.
    """
    try:
        from mlcap.records.workbook_parts import is_compound, open_sheets
    except ImportError as error:
        raise InputError(
            f"{name}: a workbook needs the package openpyxl; {install_extra('xlsx')}, or save it as CSV"
        ) from error
    if is_compound(stream):
        raise InputError(
            f"{name}: is a workbook of the old form (.xls) or has a password; save it as .xlsx without one, or as CSV"
        )
    try:
        check_workbook(stream, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of extensions that it passes over.
            return open_sheets(stream, name)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{name}: cannot be read as a workbook ({_said(error)}); save it as CSV") from error


def read_workbook(stream: BinaryIO, name: str, finder: Finder, warn: Callable[[str], object]) -> Iterator[Record]:
    """Read the rows of each sheet whose first row names a column with captions; of the others it says how many rows.

    Args:
        stream: a file, since a workbook is read from its end.
        finder: finds captions and ids.
        warn: takes one line of warning.

    Raises:
        InputError: it is no workbook, too large, no sheet of it has captions, or openpyxl is missing.
    """
    sheets = _sheets(stream, name)
    if hidden := [sheet.title for sheet in sheets if sheet.hidden]:
        warn(f"{name}: sheets that are hidden are read as well: {', '.join(hidden)}")
    if lost := [sheet.title for sheet in sheets if not sheet.there]:
        warn(f"{name}: sheets that it names are not in it: {', '.join(lost)}")
    other: list[str] = []
    fault: InputError | None = None
    read = False
    uncounted = _Uncounted()
    for sheet in sheets:
        rows = _rows(sheet, name, len(sheets) > 1, uncounted)
        header = next(rows, None)
        if header is None:
            continue
        try:
            if header.error:
                raise InputError(f"{name}: the header, {header.place}, cannot be read: {header.error}")
            finder.check([str(c).strip() for c in header.cells])
        except InputError as error:
            fault = fault or error
            other.append(f"{sheet.title} ({1 + sum(bool(row.cells) for row in rows)} rows)")
            continue
        read = True
        yield from records_of_rows(chain([header], rows), name, finder, warn)
    if uncounted.count:
        warn(f"{name}: {uncounted}")
    if fault and not read:
        raise fault
    if other:
        warn(f"{name}: sheets without a column of captions are passed over: {', '.join(other)}")


@dataclass
class _Uncounted:
    """Formulas whose values a workbook does not hold: how many, and where the first stands."""

    count: int = 0
    first: str = ""

    def add(self, cells: Sequence[str], prefix: str) -> None:
        """Count the cells of a row."""
        self.count += len(cells)
        self.first = self.first or (f"{prefix}cell {cells[0]}" if cells else "")

    def __str__(self) -> str:
        these = counted(self.count, "formula has no value and reads", "formulas have no value and read")
        return (
            f"{these} as empty, the first in {self.first}: whatever wrote the workbook did not calculate it; open"
            " it in a spreadsheet program and save it"
        )


def _rows(sheet: Sheet, name: str, with_title: bool, uncounted: _Uncounted) -> Iterator[Row]:
    """The rows of a sheet from the first on that holds anything, which is the header.

    Raises:
        InputError: the sheet is damaged, or has more rows than it may.
    """
    prefix = f"sheet {sheet.title}, " if with_title else ""
    source = sheet.rows()
    number = last = 0
    while True:
        try:
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                found = next(source, None)
        except Exception as error:
            raise InputError(f"{name}: {prefix}row {number + 1} cannot be read ({_said(error)})") from error
        if found is None:
            return
        number, cells = found.number, found.cells
        uncounted.add(found.uncounted, prefix)
        if not 0 < number <= MOST_ROWS:
            raise InputError(f"{name}: {prefix}has more than {MOST_ROWS} rows; save it as CSV")
        cells |= _dates_of_no_calendar(heard)
        if 0 < last < number - 1:
            # Between those that the sheet holds.
            yield Row(f"{prefix}row {last + 1}", [], times=number - last - 1)
        width = max(cells, default=0)
        row = [_plain(cells.get(column)) for column in range(1, min(width, MOST_COLUMNS) + 1)]
        if width > MOST_COLUMNS:
            yield Row(f"{prefix}row {number}", row[:_KEPT], f"has more than {MOST_COLUMNS} cells")
        elif found.damaged:
            yield Row(f"{prefix}row {number}", row, f"the text of cell {found.damaged[0]} is not in the workbook")
        elif found.uncounted or any(cell != "" for cell in row):
            yield Row(f"{prefix}row {number}", row)
        elif last:
            yield Row(f"{prefix}row {number}", [])
        else:
            continue
        last = max(last, number)


def _dates_of_no_calendar(heard: list[warnings.WarningMessage]) -> dict[int, Any]:
    """Column -> the number of a date out of range, which openpyxl tells of and gives as #VALUE!."""
    from openpyxl.utils import column_index_from_string

    matches = (_NO_DATE.match(str(one.message)) for one in heard)
    return {column_index_from_string(match["column"]): Written(match["value"]) for match in matches if match}


def _plain(cell: Any) -> Any:
    """A cell as JSON can hold it: days and times as ISO 8601, durations in seconds, nothing as empty text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return (
            cell if isinstance(cell, Written) or "_x" not in cell else _ESCAPED.sub(lambda m: chr(int(m[1], 16)), cell)
        )
    if isinstance(cell, datetime) and cell.time() == time():
        return Written(cell.date().isoformat())
    if isinstance(cell, datetime | date | time):
        return Written(cell.isoformat())
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return cell if isinstance(cell, bool | int | float) else Written(cell)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
