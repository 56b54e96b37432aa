"""Records in Apache Parquet, read in small batches.

pyarrow is imported by `load_pyarrow` alone.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from mlcap.errors import InputError
from mlcap.records.fields import record_of
from mlcap.records.lines import LONGEST_LINE
from mlcap.records.table import first_twice, listed
from mlcap.records.types import Record
from mlcap.types import TEXT_FIELDS

#: Rows read at once.
_READ_ROWS = 256
#: A row group that unpacks to more bytes than this is refused; writers make groups of 128 MiB to 1 GiB.
LARGEST_GROUP = 2 << 30
#: A file of more columns than this is refused.
MOST_COLUMNS = 1000


def load_pyarrow(name: str) -> Any:
    """Import pyarrow.

    Args:
        name: of the file that needs it, for the message.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"{name}: Parquet needs the package pyarrow; install mlcap[parquet] or use JSON Lines"
        ) from error
    return pa


def _plain(value: Any) -> Any:
    """A cell as JSON can hold it: times as ISO 8601, bytes as base64, no NaN."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(value)


def read_parquet(stream: BinaryIO, name: str, column: str | None) -> Iterator[Record]:
    """Read one record a row.

    Args:
        stream: a file, since Parquet is read from its end.
        column: the column with the caption; where None, it is found by name.

    Raises:
        InputError: it is no Parquet file, is damaged, lacks the column, or pyarrow is missing.
    """
    pa = load_pyarrow(name)
    try:
        file = pa.parquet.ParquetFile(stream)
        names = file.schema_arrow.names
        _check(file, name, names, column)
        # Text is kept as dictionaries: a cell that a file repeats a million times is held once.
        texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type) or pa.types.is_binary(f.type)]
        file = pa.parquet.ParquetFile(stream, read_dictionary=texts)
        number = 0
        for batch in file.iter_batches(batch_size=_READ_ROWS, use_threads=False):
            for row in range(batch.num_rows):
                number += 1
                yield _record(names, batch, row, f"{name}: row {number}", column)
    except (OSError, ValueError, NotImplementedError, pa.ArrowException) as error:
        raise InputError(f"{name}: cannot be read as Parquet ({' '.join(str(error).split())[:200]})") from error


def _check(file: Any, name: str, names: list[str], column: str | None) -> None:
    twice = first_twice(names)
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{name}: has more than {MOST_COLUMNS} columns; choose the ones to keep first")
    if twice is not None:
        raise InputError(f"{name}: has two columns {twice!r}; name each once")
    if column is not None and column not in names:
        raise InputError(f"{name}: has no column {column!r}; it has {listed(names)}")
    groups = range(file.num_row_groups)
    if any(file.metadata.row_group(g).total_byte_size > LARGEST_GROUP for g in groups):
        raise InputError(
            f"{name}: a row group holds more than {LARGEST_GROUP >> 30} GiB; write the file anew with smaller row groups"
        )


def _record(names: list[str], batch: Any, row: int, position: str, column: str | None) -> Record:
    fields = {}
    for index, field in enumerate(names):
        value = batch.column(index)[row].as_py()
        if isinstance(value, str | bytes) and len(value) > LONGEST_LINE:
            return Record(position, {}, None, f"a cell is longer than {LONGEST_LINE >> 20} MiB")
        fields[field] = _plain(value)
    # Column names differ in case from export to export, as in tables of text.
    if column is None and not any(f in fields for f in TEXT_FIELDS):
        column = next((n for f in TEXT_FIELDS for n in names if n.lower() == f and fields[n]), None)
    return record_of(fields, position, column)
