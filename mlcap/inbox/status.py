"""How an inbox stands: counts, backlog, failures, and the age of the oldest file that waits."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlcap.inbox.ledger import Ledger
from mlcap.inbox.rebuild import LEDGER
from mlcap.inbox.scan import files_in
from mlcap.text import counted


@dataclass(frozen=True)
class Status:
    """How an inbox stands.

    Attributes:
        files: state -> how many files; what a file held before it changed does not count.
        tagged, unreadable: how many records.
        models: model version -> how many captions it tagged.
        backlog: files that wait to be read, or to be read to their end.
        oldest: seconds since the oldest of them came; None where none waits.
        failures: (file, reason, time) of those that failed, latest first.
    """

    files: dict[str, int]
    tagged: int
    unreadable: int
    models: dict[str, int]
    backlog: int
    oldest: float | None
    failures: tuple[tuple[str, str, str], ...]

    @property
    def untagged(self) -> str:
        """What is not tagged, in words; "" where everything is."""
        counts = (
            (self.backlog, "file waits", "files wait"),
            (len(self.failures), "file failed, which --status names", "files failed, which --status names"),
            (self.files.get("empty", 0), "photograph has no caption", "photographs have no caption"),
            (self.unreadable, "record could not be read", "records could not be read"),
        )
        return ", ".join(counted(*count) for count in counts if count[0])

    def as_data(self) -> dict[str, Any]:
        """The status for JSON."""
        failures = [{"file": file, "reason": reason, "at": at} for file, reason, at in self.failures]
        return {**asdict(self), "failures": failures}


def status_of(inbox: Path, out: Path) -> Status:
    """Look at an inbox and its ledger; changes nothing.

    Raises:
        LedgerError: there is no ledger, or it is damaged.
    """
    with Ledger(out / LEDGER, read_only=True) as ledger:
        counts = ledger.counts()
        waiting = []
        for file in files_in(inbox):
            latest = ledger.latest(file.name)
            if latest is None or latest.state in ("working", "placing") or latest.stamp != file.stamp:
                waiting.append(file.since)
        failures = [(s.path, s.reason, s.changed) for s in reversed(ledger.failures())]
        tagged, unreadable = counts.pop("tagged"), counts.pop("unreadable")
        oldest = max(0.0, time.time() - min(waiting)) if waiting else None
        return Status(counts, tagged, unreadable, ledger.models(), len(waiting), oldest, tuple(failures))
