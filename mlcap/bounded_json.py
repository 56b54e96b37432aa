"""JSON from anywhere, read within bounds: size, depth, how many values, and numbers that are finite."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

#: Nothing that mlcap writes is nested deeper.
DEEPEST = 32
_HALF_A_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(data: bytes, largest: int, most: int) -> Any:
    """Read JSON that is not to be trusted.

    Args:
        largest: how many bytes it may have.
        most: how many values; each takes some sixty bytes of memory, whatever the text is like.

    Raises:
        ValueError: it is no JSON, or beyond the bounds; says what is wrong.
    """
    if len(data) > largest:
        raise ValueError(f"has more than {largest} bytes")
    if values_in(data) > most:
        raise ValueError(f"has more than {most} values")
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_finite, parse_float=_finite, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise ValueError("is no UTF-8 text") from error
    except RecursionError as error:
        raise ValueError(f"is nested more than {DEEPEST} deep") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON (line {error.lineno}: {error.msg})") from error
    # Nothing is deeper than it has lists and objects; the many names of a vocabulary need not be walked through.
    if data.count(b"[") + data.count(b"{") > DEEPEST and is_deeper(found, DEEPEST):
        raise ValueError(f"is nested more than {DEEPEST} deep")
    if _HALF_A_CHARACTER.search(data):
        _check_characters(found)
    return found


def values_in(text: bytes | str) -> int:
    """How many values JSON may have at most, less one, without reading it.

    What ends a value, or begins an object or list, is counted: there are no fewer of these than values.
    """
    marks: Any = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    return sum(map(text.count, marks))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"holds the number {text[:20]}, which is not finite")
    return number


def _whole(text: str) -> int:
    # Longer ones are not even read: that takes time by the square of their length.
    if len(text) > 20 or not -(1 << 63) <= int(text) < 1 << 63:
        raise ValueError(f"holds the number {text[:20]}..., which is beyond 63 bits")
    return int(text)


def is_deeper(data: Any, most: int) -> bool:
    """Whether lists and objects stand within one another in more than so many levels."""
    level = [data]
    for _ in range(most):
        level = [part for value in level for part in _within(value) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _within(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _check_characters(found: Any) -> None:
    """Refuse half characters, which no file takes."""
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate)") from error
