"""By what the ledger knows a row of a file: nothing is the same by its text alone.

Two rows are the same where the same file gave both and every field is the same. As many of them as stood there before
are passed over when the file comes again, and no more: three photographs with one caption are three rows, and so is a
caption that stands three times in a text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlcap.inbox.schema import row_by_text
from mlcap.labels.digest import text_digest
from mlcap.records.types import Record
from mlcap.records.writing import json_line


@dataclass(frozen=True)
class Row:
    """A row of a file.

    Attributes:
        digest: of all its fields, whatever their order.
        by_text: its digest by id and text, by which ledgers of earlier formats know it; b"" where these say too little.
        id: the record's own id, "" where it has none; the position where it cannot be read.
        text: the digest of its text, "" where it cannot be read.
        error: why it cannot be read, "" where it can.
    """

    digest: bytes
    by_text: bytes
    id: str
    text: str
    error: str = ""


#: The fields that gave a record its id in ledgers of earlier formats.
_OLD_IDS = ("id", "nasa_id", "AVAIL:NASAID", "file", "SourceFile")


def _old_id_of(fields: Mapping[str, Any]) -> str:
    return _clean(next((str(fields[f]) for f in _OLD_IDS if fields.get(f) not in (None, "")), ""))


def _clean(name: str) -> str:
    return name.encode("utf-8", errors="replace").decode("utf-8")


def _digest(*parts: Any) -> bytes:
    plain = json_line([{k: p[k] for k in sorted(p)} if isinstance(p, Mapping) else p for p in parts])
    return hashlib.sha256(plain.encode("utf-8")).digest()[:16]


def row_of(record: Record) -> Row:
    """By what the ledger knows a record."""
    if record.text is None:
        position = _clean(record.position)
        return Row(_digest(record.fields, record.position, record.error), b"", position, "", record.error)
    name, text = _old_id_of(record.fields), text_digest(record.text)
    # A row without an id was known by its text, which tells it from others only where there is nothing else.
    old = row_by_text(name, text) if name or len(record.fields) <= 1 else b""
    return Row(_digest(record.fields), old, _clean(record.id), text)
