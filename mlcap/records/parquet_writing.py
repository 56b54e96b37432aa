"""Records into Apache Parquet: which columns there are, and row groups of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcap.records.parquet import load_pyarrow
from mlcap.records.parse import numbered
from mlcap.records.writing import free_name, json_line
from mlcap.text import encodable

if TYPE_CHECKING:
    import pyarrow as pa

#: A row group is written when it has so many rows, or so many bytes of JSON.
_GROUP_ROWS, _GROUP_BYTES = 5_000, 8 << 20
#: Fields beyond so many go into one column as JSON, so that odd input cannot make millions of columns.
MOST_COLUMNS = 1000


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
        return [encodable(v) for v in value]
    if kind in ("text", "json"):
        return encodable(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=True)
    return value


def write_parquet(path: Path, kinds: Mapping[str, str], records: Iterable[Mapping[str, Any]]) -> None:
    """Write records as a Parquet file, holding one row group at a time.

    Args:
        kinds: what `column_kinds` gave for the same records; fields beyond go to a column `more` as JSON.

    Raises:
        OSError: the file cannot be written.
        InputError: pyarrow is missing.
    """
    pa = load_pyarrow(str(path))
    more = free_name("more", kinds)
    full = len(kinds) >= MOST_COLUMNS
    names = numbered(encodable(name) for name in kinds)
    types = [(name, _arrow_type(pa, kind)) for name, kind in zip(names, kinds.values(), strict=True)]
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
