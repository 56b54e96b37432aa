"""How exact the figures of reports and records are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Decimals of shares and scores as data for JSON; the samples of captions tell no more.
DECIMALS = 4


def rounded(data: Any) -> Any:
    """The same data with every float in it rounded to four decimals: mappings as dicts, tuples as lists."""
    if isinstance(data, float):
        return round(data, DECIMALS)
    if isinstance(data, Mapping):
        return {key: rounded(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [rounded(value) for value in data]
    return data
