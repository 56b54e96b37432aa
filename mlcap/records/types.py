"""One incoming record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """One record of an input, readable or not.

    Attributes:
        position: where it stands, `FILE: line 7`.
        fields: the fields of the input, in order; for an unreadable record what is known of it.
        text: its caption; None where it has none or cannot be read.
        error: why it cannot be read; "" where it can.
        doubts: what makes the caption itself doubtful, for the reviewer; () for nothing.
    """

    position: str
    fields: Mapping[str, Any]
    text: str | None
    error: str = ""
    doubts: tuple[str, ...] = ()
