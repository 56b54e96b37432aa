"""What stands in the ledger: its sources, and what it knows of a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Source:
    """One content of one file, or one retagging, as the ledger has it; the attributes are the columns of `sources`."""

    number: int
    path: str
    stamp: str
    sha256: str
    state: str
    reason: str
    result: str
    bytes: int
    records: int
    tagged: int
    unreadable: int
    model: str
    since: str
    changed: str
    kind: str


@dataclass(frozen=True)
class Known:
    """A record that the ledger holds: of a row that is to be passed over, or to be tagged again."""

    number: int
    instance: int
    origin: int
    seen: int


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
