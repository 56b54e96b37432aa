"""Rows of Arrow columns as records, wherever the columns come from: a Parquet file, a data frame, a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlcap.records.finder import Finder
from mlcap.records.parquet_cells import CellError, Cells
from mlcap.records.types import Record, Written


def row_records(
    pa: Any, names: Sequence[str], columns: Sequence[Any], where: str, finder: Finder, before: int = 0
) -> Iterator[Record]:
    """The records of some rows, in order.

    Args:
        pa: pyarrow.
        names: of the columns, each once.
        columns: Arrow arrays of one length, or sequences of Arrow scalars and of `Written`.
        where: begins the positions, `FILE: `.
        finder: finds captions and ids.
        before: how many rows come before these.
    """
    for row in range(len(columns[0]) if columns else 0):
        yield _record(pa, names, columns, row, f"{where}row {before + row + 1}", finder)


def _record(pa: Any, names: Sequence[str], columns: Sequence[Any], row: int, position: str, finder: Finder) -> Record:
    """The record of a row; of a row that is too large, with the cells that have room."""
    cells = Cells(pa)
    fields = {}
    too_large = ""
    for field, column in zip(names, columns, strict=True):
        try:
            cell = column[row]
            fields[field] = cell if isinstance(cell, Written) else cells.value(cell)
        except CellError as error:
            too_large = too_large or f"{error} ({field})"
    record = finder.record(fields, position)
    return Record(position, fields, None, too_large, id=record.id) if too_large else record
