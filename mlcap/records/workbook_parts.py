"""The sheets of a workbook, found without reading what only says how they look.

Styles, charts, names and properties hold no captions, and are where programs that write workbooks err most. Imported by
`mlcap.records.workbook` alone, since openpyxl may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.xml.constants import ARC_STYLE, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring

from mlcap.errors import InputError
from mlcap.records.workbook_cells import CellParser

#: How the files begin that hold a workbook of old or one with a password ([MS-CFB] 2.2).
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
#: The namespaces of the strict form of workbooks (ISO/IEC 29500-1), which openpyxl does not read.
_STRICT = b"http://purl.oclc.org/ooxml/"


@dataclass(frozen=True)
class SheetRow:
    """A row that a sheet holds.

    Attributes:
        number: its number, from 1.
        cells: column -> value.
        uncounted, damaged: the names of cells that lack their value, see `CellParser`.
    """

    number: int
    cells: dict[int, Any]
    uncounted: list[str]
    damaged: list[str]


@dataclass(frozen=True)
class Sheet:
    """A sheet of cells.

    Attributes:
        title: what it is called.
        hidden: whether programs do not show it.
        there: whether the workbook holds it; else it has no rows.
    """

    title: str
    hidden: bool
    there: bool
    _book: _Book
    _path: str

    def rows(self) -> Iterator[SheetRow]:
        """The rows that it holds, in its order.

        openpyxl's own iteration makes every row that is missing, a million for a cell in the last one, and drops rows
        and cells that are out of order; what it reads them with does neither.

        Raises:
            Exception: it is damaged.
        """
        if not self.there:
            return
        book = self._book
        with book.archive.open(self._path) as stream:
            days, durations = book.formats
            kinds = {"date_formats": days, "timedelta_formats": durations}
            parser = CellParser(stream, book.texts, data_only=True, epoch=book.epoch, **kinds)
            for number, cells in parser.rows():
                yield SheetRow(number, cells, parser.uncounted, parser.damaged)


@dataclass(frozen=True)
class _Book:
    """What the sheets of a workbook share: its parts, texts, first day, and the styles of days and of durations."""

    archive: ZipFile
    texts: list[str]
    epoch: datetime
    formats: tuple[set[int], set[int]]


def open_sheets(stream: BinaryIO, name: str) -> list[Sheet]:
    """Find the sheets of cells of a workbook.

    Raises:
        InputError: it is of another form, or has none.
        Exception: it is damaged.
    """
    reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
    if any(_STRICT in reader.archive.read(part) for part in reader.valid_files if part.endswith("/workbook.xml")):
        raise InputError(f"{name}: is a workbook of the form Strict Open XML; save it as an ordinary .xlsx, or as CSV")
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    book = _Book(reader.archive, reader.shared_strings, reader.wb.epoch, _date_styles(reader.archive))
    parts = {part.casefold(): part for part in reader.valid_files}
    sheets = []
    for sheet, link in reader.parser.find_sheets():
        if link.Type.endswith("/worksheet"):  # Others show charts, dialogs and macros.
            part = parts.get(link.target.casefold(), "")
            sheets.append(Sheet(sheet.name, sheet.state != "visible", bool(part), book, part))
    if not sheets:
        raise InputError(f"{name}: is a workbook without a sheet of cells; save the table as CSV")
    return sheets


def is_compound(stream: BinaryIO) -> bool:
    """Whether a file is a workbook of old, or one with a password, whatever it is called; it is left at its start."""
    stream.seek(0)
    found = stream.read(len(_COMPOUND_FILE)) == _COMPOUND_FILE
    stream.seek(0)
    return found


def _date_styles(archive: ZipFile) -> tuple[set[int], set[int]]:
    """The numbers of the styles of cells that are days or times, and of those that are durations."""
    days: set[int] = set()
    durations: set[int] = set()
    # Without sound styles numbers are numbers.
    with suppress(Exception):
        root = fromstring(archive.read(ARC_STYLE))
        own = {f.get("numFmtId"): f.get("formatCode") for f in root.iter(f"{{{SHEET_MAIN_NS}}}numFmt")}
        kinds: dict[str, tuple[bool, bool]] = {}  # A format of many characters is looked at once, not for each style.
        for place, style in enumerate(root.findall(f"{{{SHEET_MAIN_NS}}}cellXfs/{{{SHEET_MAIN_NS}}}xf")):
            number = style.get("numFmtId", "0")
            if number not in kinds:
                code = own[number] if number in own else _builtin(number)
                kinds[number] = is_date_format(code), is_timedelta_format(code)
            days |= {place} if kinds[number][0] else set()
            durations |= {place} if kinds[number][1] else set()
    return days, durations


def _builtin(number: str) -> str | None:
    return builtin_format_code(int(number)) if number.isdecimal() and len(number) < 6 else None
