"""Tagged records as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import ne
from typing import Any

from mlcap.records.parse import numbered
from mlcap.records.writing import free_name, own_names, table_cell
from mlcap.types import Facet

#: As many unreadable records wait for the first readable one before a CSV's columns are decided without it.
_MOST_WAITING = 1000
#: Columns that records give which cannot be read.
_MOST_COLUMNS = 1000
#: What a formula begins with, for one spreadsheet program or another.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?(?:[eE][-+]?\d{1,4})?")


@dataclass(frozen=True)
class CsvStyle:
    """For which program CSV is written.

    Attributes:
        bom: whether it begins with a byte order mark, by which Excel knows UTF-8.
        formulas: whether cells that a spreadsheet program would take for formulas stay as they are.
        warn: is told at the end how many of these there are.
    """

    bom: bool = False
    formulas: bool = True
    warn: Callable[[str], object] = lambda _: None


class CsvWriter:
    """Writes CSV; the columns are those of the first readable record, ours, and one for fields that come later.

    Records that could not be read before the first readable one wait for it, so that they do not decide the columns.

    Args:
        facets: the facets that are tagged.
        style: for which program it is written.
    """

    def __init__(self, facets: Sequence[Facet], style: CsvStyle = CsvStyle()) -> None:
        self._style = style
        self._ours = [n for n in own_names(facets) if n != "input"]
        #: The columns but the last, which is for fields that come later; {} before the first readable record.
        self._columns: dict[str, None] = {}
        self._waiting: list[Mapping[str, Any]] = []
        self._formulas = 0

    def line(self, record: Mapping[str, Any]) -> str:
        """The record as a row; before the first one, the header."""
        if self._columns:
            return self._rows([record])
        if "error" in record and "model" not in record and len(self._waiting) < _MOST_WAITING:
            self._waiting.append(record)
            return ""
        return self._start(record) + self._rows([*self._waiting, record])

    def finish(self) -> str:
        """The rows that still wait, where no record could be read."""
        rows = ""
        if self._waiting and not self._columns:
            names = dict.fromkeys(name for record in self._waiting for name in record)
            rows = self._start(dict(islice(names.items(), _MOST_COLUMNS))) + self._rows(self._waiting)
        if self._formulas:
            self._style.warn(
                f"a spreadsheet program would take cells for formulas: {self._formulas} of them; for one give --no-formulas"
            )
        return rows

    def _start(self, record: Mapping[str, Any]) -> str:
        ours = {*self._ours, "input"}
        self._columns = dict.fromkeys([*(k for k in record if k not in ours), *self._ours, "input"])
        names = numbered(table_cell(name) for name in (*self._columns, free_name("more", self._columns)))
        return ("\ufeff" if self._style.bom else "") + self._row(names)

    def _rows(self, records: Sequence[Mapping[str, Any]]) -> str:
        out = ""
        for record in records:
            more = {k: v for k, v in record.items() if k not in self._columns}
            row = [table_cell(record.get(k)) for k in self._columns]
            out += self._row([*row, json.dumps(more, ensure_ascii=True) if more else ""])
        return out

    def _row(self, cells: Iterable[str]) -> str:
        cells = list(cells)
        harmless = [_harmless(cell) for cell in cells]
        if self._style.formulas:
            self._formulas += sum(map(ne, cells, harmless))
        out = io.StringIO()
        # A cell is quoted for what ends a line, and some readers end one at a lone carriage return.
        csv.writer(out, lineterminator="\r\n").writerow(cells if self._style.formulas else harmless)
        return out.getvalue().removesuffix("\r\n") + "\n"


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula: an apostrophe goes before what begins like one.

    Numbers stay. See OWASP, "CSV Injection".
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
