"""Records in Apache Parquet, read in small batches and written in bounded row groups.

pyarrow is imported only here, and only when called.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mlcap.errors import InputError
from mlcap.records.fields import record_of
from mlcap.records.lines import LONGEST_LINE
from mlcap.records.types import Record
from mlcap.records.writing import json_line
from mlcap.types import TEXT_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows read at once.
_READ_ROWS = 256
#: A row group that unpacks to more bytes than this is refused; writers make groups of 128 MiB to 1 GiB.
LARGEST_GROUP = 2 << 30
#: A row group is written when it has so many rows, or so many bytes of JSON.
_GROUP_ROWS, _GROUP_BYTES = 5_000, 8 << 20
#: Fields beyond so many go into one column as JSON, so that odd input cannot make millions of columns.
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
    twice = next((n for n in names if names.count(n) > 1), None) if len(names) <= MOST_COLUMNS else None
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{name}: has more than {MOST_COLUMNS} columns; choose the ones to keep first")
    if twice is not None:
        raise InputError(f"{name}: has two columns {twice!r}; name each once")
    if column is not None and column not in names:
        raise InputError(f"{name}: has no column {column!r}; it has {', '.join(names)}")
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


def _kind(value: Any) -> str:
    """The kind of column that a value asks for; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(1 << 63) <= value < 1 << 63 else "json"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return "texts"
    if isinstance(value, dict) and value and all(isinstance(v, float) for v in value.values()):
        return "numbers"
    return "json"


def column_kinds(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The columns of records, in order of appearance, and the one kind that holds all values of each.

    Values of different kinds make a column of text, with JSON for what is no text; so does a mapping that is not
    name -> number throughout.
    """
    kinds: dict[str, str] = {}
    for record in records:
        for name, value in record.items():
            if name not in kinds and len(kinds) >= MOST_COLUMNS:
                continue
            kind, known = _kind(value), kinds.get(name, "")
            kinds[name] = kind if not known else known if kind in ("", known) else "json"
    return {name: kind or "text" for name, kind in kinds.items()}


def _arrow_type(pa: Any, kind: str) -> Any:
    return {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "texts": pa.list_(pa.string()),
        "numbers": pa.map_(pa.string(), pa.float64()),
    }.get(kind, pa.string())


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "numbers":
        return list(value.items())
    if kind == "texts":
        return [_clean(v) for v in value]
    if kind in ("text", "json"):
        return _clean(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    return value


def _clean(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")


def write_parquet(path: Path, kinds: Mapping[str, str], records: Iterable[Mapping[str, Any]]) -> None:
    """Write records as a Parquet file, holding one row group at a time.

    Args:
        kinds: what `column_kinds` gave for the same records; fields beyond go to a column `more` as JSON.

    Raises:
        OSError: the file cannot be written.
        InputError: pyarrow is missing.
    """
    pa = load_pyarrow(str(path))
    more = "more"
    while more in kinds:
        more += "_"
    full = len(kinds) >= MOST_COLUMNS
    types = [(_clean(name), _arrow_type(pa, kind)) for name, kind in kinds.items()]
    schema = pa.schema([*types, (more, pa.string())] if full else types)
    with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        rows: list[Mapping[str, Any]] = []
        size = 0
        for record in records:
            rows.append(record)
            size += len(json_line(record))
            if len(rows) >= _GROUP_ROWS or size >= _GROUP_BYTES:
                writer.write_table(_table(pa, schema, kinds, rows))
                rows, size = [], 0
        if rows:
            writer.write_table(_table(pa, schema, kinds, rows))


def _table(pa: Any, schema: pa.Schema, kinds: Mapping[str, str], rows: list[Mapping[str, Any]]) -> pa.Table:
    columns = [[_cell(row.get(name), kind) for row in rows] for name, kind in kinds.items()]
    if len(schema) > len(kinds):
        rest = [{k: v for k, v in row.items() if k not in kinds} for row in rows]
        columns.append([json.dumps(r, ensure_ascii=True) if r else None for r in rest])
    return pa.table([pa.array(c, type=t) for c, t in zip(columns, schema.types, strict=True)], schema=schema)
