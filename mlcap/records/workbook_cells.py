"""The cells of a sheet as openpyxl reads them, each by itself: an odd one is an odd cell, and ends nothing.

Imported by `mlcap.records.workbook_parts` alone, since openpyxl may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import isfinite
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter
from openpyxl.worksheet._reader import (
    DATA_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.functions import iterparse

from mlcap.records.types import Written

#: What reading one cell may end with: a number that is none, a shared text or style that is not there, parts that nobody knows.
_ODD = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, AssertionError, NameError)


class CellParser(WorkSheetParser):  # type: ignore[misc]
    """Reads the rows of a sheet.

    Attributes:
        uncounted: the cells of the row read last that hold a formula without its value, by name.
        damaged: those whose shared text is not there, likewise.
    """

    uncounted: list[str]
    damaged: list[str]
    col_counter: int

    def rows(self) -> Iterator[tuple[int, dict[int, Any]]]:
        """The rows that the sheet holds, in its order: number, and column -> value.

        What follows the rows (conditions, protection, drawings) is not looked at, so that no fault of it matters.

        Raises:
            Exception: the XML is damaged.
        """
        for _, element in iterparse(self.source):
            if element.tag == DATA_TAG:
                return
            if element.tag == ROW_TAG:
                self.uncounted, self.damaged = [], []
                number, cells = self.parse_row(element)
                element.clear()
                yield number, {cell["column"]: cell["value"] for cell in cells}

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:
        """Read a row; one whose number is none follows the one before."""
        found: tuple[int, list[dict[str, Any]]]
        try:
            found = super().parse_row(row)
        except _ODD:  # Of the number alone, since no cell raises.
            row.attrib.pop("r", None)
            found = super().parse_row(row)
        return found

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Read a cell: what is no value of its type stays as it is written."""
        before, place, kind = self.col_counter, element.get("r"), element.get("t", "n")
        given = element.findtext(VALUE_TAG)
        lost = kind == "s" and bool(given) and not self._is_shared(given)
        cell: dict[str, Any] | None = None
        # An odd style or place spoils no value.
        for odd in () if lost else ("", "s", "r"):
            element.attrib.pop(odd, None)
            self.col_counter = before
            with suppress(*_ODD):
                cell = super().parse_cell(element)
                break
        if cell is None:
            # The number of a shared text is not the text.
            value = None if lost else "".join(element.itertext()) if kind == "inlineStr" else Written(given or "")
            cell = {**self._place(place, before), "value": value, "data_type": kind}
        if isinstance(cell["value"], float) and not isfinite(cell["value"]):
            # Too large a number, or none ("nan"): JSON has no such.
            cell["value"] = Written(given or "")
        if lost:
            self.damaged.append(_name(cell))
        elif cell["value"] is None and kind != "str" and element.find(FORMULA_TAG) is not None:
            self.uncounted.append(_name(cell))
        return cell

    def _is_shared(self, number: str) -> bool:
        return number.isdecimal() and number.isascii() and len(number) < 10 and int(number) < len(self.shared_strings)

    def _place(self, place: str | None, before: int) -> dict[str, int]:
        """Where a cell stands: as it says, else after the one before."""
        try:
            row, self.col_counter = coordinate_to_tuple(place or "")
        except _ODD:
            row, self.col_counter = self.row_counter, before + 1
        return {"row": row, "column": self.col_counter}


def _name(cell: dict[str, Any]) -> str:
    """A cell as people name it: `C7`."""
    try:
        return f"{get_column_letter(cell['column'])}{cell['row']}"
    except ValueError:
        return f"column {cell['column']}, row {cell['row']}"
