"""Cells of Parquet as values that JSON can hold: an odd value is an odd cell, and no cell takes more than its row may."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time, timedelta
from typing import Any

from mlcap.records.encoding import text_from
from mlcap.records.lines import LONGEST_LINE
from mlcap.records.parse import numbered

#: What a value of a list or a structure counts for, in bytes.
_EACH = 16


class CellError(ValueError):
    """The cells of a row hold more than a row may."""


class Cells:
    """Values of one row, which together may take as many bytes as the longest line.

    Args:
        pa: pyarrow.
    """

    def __init__(self, pa: Any) -> None:
        self._pa = pa
        self._left = LONGEST_LINE

    def _take(self, size: int) -> None:
        if size > self._left:
            raise CellError(f"the row is longer than {LONGEST_LINE >> 20} MiB")
        self._left -= size

    def value(self, scalar: Any) -> Any:
        """A cell as JSON can hold it: times as ISO 8601, durations in seconds, bytes as text or else base64, no NaN.

        What Python has no value for (nanoseconds, years beyond 9999) is text.

        Raises:
            CellError: it is larger than what is left of the row.
        """
        if not scalar.is_valid:
            return None
        pa = self._pa
        if isinstance(scalar, pa.DictionaryScalar | pa.ExtensionScalar):
            return self.value(scalar.value)
        if isinstance(scalar, pa.StructScalar):
            names = numbered(scalar.type.field(i).name for i in range(scalar.type.num_fields))
            return {name: self.value(scalar[i]) for i, name in enumerate(names)}
        if isinstance(scalar, pa.MapScalar):
            items = scalar.values
            self._take(_EACH * len(items))
            return [[self.value(items.field(0)[i]), self.value(items.field(1)[i])] for i in range(len(items))]
        if isinstance(scalar, pa.ListScalar):
            self._take(_EACH * len(scalar.values))
            return [self.value(one) for one in scalar.values]
        if isinstance(scalar, pa.BinaryScalar):
            data = scalar.as_buffer()
            self._take(data.size)
            return _text(data.to_pybytes(), pa.types.is_string(scalar.type) or pa.types.is_large_string(scalar.type))
        try:
            return _plain(scalar.as_py())
        except (ValueError, OverflowError, pa.ArrowException):
            return _written(pa, scalar)


def _text(data: bytes, is_text: bool) -> str:
    """Bytes as text, where they are; those of pictures and the like as base64."""
    text, is_utf8 = text_from(data)
    if is_text or (is_utf8 and "\0" not in text) or not any(c < " " and c not in "\t\n\r" for c in text):
        return text
    return base64.b64encode(data).decode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value).replace("inf", "Infinity")
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def _written(pa: Any, scalar: Any) -> str:
    """A value that Python cannot hold as pyarrow writes it."""
    try:
        return str(scalar.cast(pa.string()).as_py()).replace(" ", "T", 1)
    except (ValueError, OverflowError, NotImplementedError, pa.ArrowException):
        return f"{getattr(scalar, 'value', scalar)} {scalar.type}"
