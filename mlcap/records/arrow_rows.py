"""Rows of Arrow columns as records, wherever the columns come from: a Parquet file, a data frame, a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlcap.records.finder import Finder
from mlcap.records.names import is_prose
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
    prose = {*finder.layout(names).holders, *filter(is_prose, names)}
    for row in range(len(columns[0]) if columns else 0):
        cells = {name: (column[row], name in prose) for name, column in zip(names, columns, strict=True)}
        yield _record(pa, cells, f"{where}row {before + row + 1}", finder)


def _record(pa: Any, row: Mapping[str, tuple[Any, bool]], position: str, finder: Finder) -> Record:
    """The record of a row: field -> its cell, and whether that holds prose; of one that is too large, the cells that have room."""
    cells = Cells(pa)
    fields = {}
    too_large = ""
    for field, (cell, has_prose) in row.items():
        try:
            fields[field] = cell if isinstance(cell, Written) else cells.value(cell, has_prose)
        except CellError as error:
            too_large = too_large or f"{error} ({field})"
    record = finder.record(fields, position)
    return Record(position, fields, None, too_large, id=record.id) if too_large else record
