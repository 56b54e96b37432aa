"""Cells of Parquet as values that JSON can hold: an odd value is an odd cell, and no cell takes more than its row may."""

from __future__ import annotations

import base64
import codecs
import math
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import numpy as np

from mlcap.records.encoding import text_from
from mlcap.records.lines import LONGEST_LINE
from mlcap.records.parse import numbered
from mlcap.records.types import Written

#: What a value of a list or a structure counts for, in bytes.
_EACH = 16
#: Unit of a time -> how many digits its part of a second has.
_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_DAY_IN_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def value(self, scalar: Any, is_prose: bool = False) -> Any:
        """A cell as JSON can hold it: times as ISO 8601, durations in seconds, bytes as text or else base64, no NaN.

        A value is as exact as in the file, nanoseconds and years beyond 9999 as well.

        Args:
            is_prose: whether bytes that are no UTF-8 are probably text nevertheless: UTF-16 with a mark, or Windows-1252.

        Raises:
            CellError: it is larger than what is left of the row.
        """
        if not scalar.is_valid:
            return None
        pa = self._pa
        if isinstance(scalar, pa.ExtensionScalar) and scalar.type.extension_name == "arrow.uuid":
            return Written(scalar.as_py())
        if isinstance(scalar, pa.DictionaryScalar | pa.ExtensionScalar):
            return self.value(scalar.value, is_prose)
        if isinstance(scalar, pa.StructScalar):
            names = numbered(scalar.type.field(i).name for i in range(scalar.type.num_fields))
            return {name: self.value(scalar[i], is_prose) for i, name in enumerate(names)}
        if isinstance(scalar, pa.MapScalar):
            items = scalar.values
            self._take(_EACH * len(items))
            keys, values = items.field(0), items.field(1)
            return [[self.value(keys[i], is_prose), self.value(values[i], is_prose)] for i in range(len(items))]
        if isinstance(scalar, pa.ListScalar):
            self._take(_EACH * len(scalar.values))
            return [self.value(one, is_prose) for one in scalar.values]
        if isinstance(scalar, pa.BinaryScalar):
            data = scalar.as_buffer()
            self._take(data.size)
            if isinstance(scalar, pa.StringScalar):
                return text_from(data.to_pybytes())[0]
            return _text(data.to_pybytes(), is_prose)
        if pa.types.is_temporal(scalar.type):
            return _time(pa, scalar)
        return _plain(pa, scalar)


def _text(data: bytes, is_prose: bool) -> str:
    """Bytes as text where they are UTF-8, or of prose in another encoding; those of pictures, digests and the like as base64."""
    text, is_utf8 = text_from(data)
    if is_utf8:
        plain = text.rstrip("\0")  # Columns of a fixed width are filled up.
        if "\0" not in plain and (plain or is_prose or not data):
            return plain
    elif is_prose:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16", errors="replace")
        if not any(c < " " and c not in "\t\n\r" for c in text):
            return text
    return Written(base64.b64encode(data).decode("ascii"))


def _plain(pa: Any, scalar: Any) -> Any:
    """A number or truth value, floats of less than 64 bits in as few figures as they are known by."""
    value = scalar.as_py()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return Written(repr(value).replace("inf", "Infinity"))
        if pa.types.is_float64(scalar.type):
            return value
        return float(str((np.float16 if pa.types.is_float16(scalar.type) else np.float32)(value)))
    return value if isinstance(value, str | bool | int) or value is None else Written(value)


def _time(pa: Any, scalar: Any) -> Any:
    kind = scalar.type
    if pa.types.is_interval(kind):
        months, days, nanoseconds = scalar.as_py()
        return Written(f"P{months}M{days}DT{Decimal(nanoseconds).scaleb(-9):f}S")
    value = scalar.value
    if pa.types.is_date(kind):
        return Written(np.datetime64(value if pa.types.is_date32(kind) else value // _DAY_IN_MS, "D"))
    if pa.types.is_duration(kind):
        exact = Decimal(value).scaleb(-_DIGITS[kind.unit])
        number = float(exact)
        return number if Decimal(repr(number)) == exact else Written(f"{exact:f}")
    seconds, part = divmod(value, 10 ** _DIGITS[kind.unit])
    fraction = _fraction(part, _DIGITS[kind.unit])
    if pa.types.is_time(kind):
        return Written(str(np.datetime64(seconds, "s")).partition("T")[2] + fraction)
    return Written(_moment(seconds, fraction, _zone(pa, kind.tz)))


def _fraction(part: int, digits: int) -> str:
    """A part of a second as ISO 8601 is usually written: not at all, in microseconds or in nanoseconds."""
    if not part:
        return ""
    text = f"{part:0{digits}}".ljust(6, "0")
    return f".{text[:6] if text[6:] in ('', '000') else text}"


def _zone(pa: Any, name: str | None) -> tzinfo | None:
    """A time zone by name; UTC, in which all times with a zone are kept, for one that is not known."""
    try:
        zone: tzinfo | None = None if name is None else pa.lib.string_to_tzinfo(name)
    except (ValueError, KeyError, OSError, pa.ArrowException):
        return UTC
    return zone


def _moment(seconds: int, fraction: str, zone: tzinfo | None) -> str:
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone or UTC).isoformat()
        return text[:19] + fraction + (text[19:] if zone else "")
    except OverflowError:
        # Beyond the years that Python has.
        return f"{np.datetime64(seconds, 's')}{fraction}{'Z' if zone else ''}"
