"""Records in JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from mlcap.records.lines import LONGEST_CAPTION, LONGEST_LINE, Line
from mlcap.records.types import Record
from mlcap.types import TEXT_FIELDS


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def read_jsonl(lines: Iterable[Line], name: str, column: str | None = None) -> Iterator[Record]:
    """Read one record a line; blank lines are passed over.

    Args:
        column: the field with the caption; where None, the first of text, caption, description that holds one.
    """
    for line in lines:
        position = f"{name}: line {line.number}"
        if line.text is None:
            yield Record(position, {}, None, f"the line is longer than {LONGEST_LINE >> 20} MiB")
            continue
        if not line.text.strip():
            continue
        try:
            data = json.loads(line.text, parse_constant=_no_constant, parse_float=_finite)
        except (ValueError, RecursionError):
            yield Record(position, {}, None, "is no JSON; write one object a line")
            continue
        if not isinstance(data, dict):
            yield Record(position, {}, None, 'is no JSON object; write {"id": ..., "text": ...}')
            continue
        yield record_of(data, position, column)


def record_of(data: dict[str, Any], position: str, column: str | None) -> Record:
    """Find the caption of a record, or say why it has none."""
    wanted = (column,) if column else TEXT_FIELDS
    known: dict[str, Any] = {k: data[k] for k in ("id", "nasa_id") if k in data}
    text = next((data[f] for f in wanted if isinstance(data.get(f), str) and data[f].strip()), None)
    if text is None:
        return Record(position, known, None, f"has no caption; name its field {' or '.join(wanted)}")
    if len(text) > LONGEST_CAPTION:
        return Record(position, known, None, f"the caption is longer than {LONGEST_CAPTION} characters")
    return Record(position, data, text)
