"""JSON from anywhere: bounded in depth and number of values, and what it holds stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from mlcap.bounded_json import is_deeper, values_in
from mlcap.errors import InputError
from mlcap.records.types import Written

#: Lists and objects within one another; what is nested deeper is refused.
DEEPEST = 100
#: Values in one JSON text. A list takes 64 bytes and more, however few characters it is written with.
MOST_VALUES = 3_000_000
#: Python reads no whole number of more figures.
_MOST_FIGURES = 4000


class TooLargeError(InputError, ValueError):
    """JSON goes beyond a bound; the message says beyond which."""


def numbered(names: Iterable[str]) -> list[str]:
    """Names of which each stands once: one that stands again gets the first number from 2 on that is free."""
    out: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for name in names:
        free = name
        while free in out:
            numbers[name] = numbers.get(name, 1) + 1
            free = f"{name} ({numbers[name]})"
        out[free] = None
    return list(out)


def constant(name: str) -> str | None:
    """NaN, which is how data frames write that there is nothing, as None; an infinity as it is written."""
    return None if name == "NaN" else Written(name)


def _number(text: str) -> float | str:
    """A number; as it is written where a float would be written otherwise (`1.10`, `61e400`)."""
    number = float(text)
    return number if isfinite(number) and repr(number) == text else Written(text)


def _whole_number(text: str) -> int | str:
    number = int(text) if len(text) <= _MOST_FIGURES else None
    return number if number is not None and str(number) == text else Written(text)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that stands twice gets a number, so that no value is lost."""
    out = dict(pairs)
    if len(out) == len(pairs):
        return out
    names = numbered(name for name, _ in pairs)
    return {name: value for name, (_, value) in zip(names, pairs, strict=True)}


# Scripts that write JSON by hand leave line ends and tabs of a text as they are, which is no doubt of what they mean.
_DECODER = json.JSONDecoder(
    parse_constant=constant, parse_float=_number, parse_int=_whole_number, object_pairs_hook=_object, strict=False
)


def parse_json(text: str) -> Any:
    """Parse JSON; numbers that Python would write otherwise stay text, NaN is None, and texts may hold line ends.

    Raises:
        TooLargeError: it is too deep, or has too many values.
        ValueError: it is no JSON.
    """
    if values_in(text) > MOST_VALUES:
        raise TooLargeError(f"holds more than {MOST_VALUES} values")
    try:
        data = _DECODER.decode(text)
    except RecursionError as error:
        raise TooLargeError(f"is nested more than {DEEPEST} deep") from error
    if text.count("[") + text.count("{") > DEEPEST and is_deeper(data, DEEPEST):
        raise TooLargeError(f"is nested more than {DEEPEST} deep")
    return data


def where_broken(error: ValueError) -> str:
    """Where a text ceases to be JSON and why, as ` (line 3, column 7: Expecting value)`; "" where that is not known."""
    if not isinstance(error, json.JSONDecodeError):
        return ""
    return f" (line {error.lineno}, column {error.colno}: {error.msg})"
