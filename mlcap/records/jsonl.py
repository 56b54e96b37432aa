"""Records in JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from mlcap.records.fields import record_of, records_in
from mlcap.records.lines import LONGEST_LINE, Line
from mlcap.records.types import Record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def parse_json(text: str) -> Any:
    """Parse JSON as its standard has it: no NaN, no number that a float cannot hold.

    Raises:
        ValueError, RecursionError: it is no JSON, or nested without end.
    """
    return _DECODER.decode(text)


def read_jsonl(lines: Iterable[Line], name: str, column: str | None = None) -> Iterator[Record]:
    """Read one record a line, or one response of the image library; blank lines are passed over.

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
            data = parse_json(line.text)
        except (ValueError, RecursionError):
            yield Record(position, {}, None, "is no JSON; write one object a line")
            continue
        if not isinstance(data, dict):
            yield Record(position, {}, None, 'is no JSON object; write {"id": ..., "text": ...}')
            continue
        if "collection" not in data:
            yield record_of(data, position, column)
            continue
        for place, fields in records_in(data):
            yield record_of(fields, f"{position}{place}", column)
