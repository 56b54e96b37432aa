"""How an inbox stands: counts, backlog, failures, and the age of the oldest file that waits."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlcap.inbox.aside import numbers_aside
from mlcap.inbox.entries import Source
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.rebuild import LEDGER
from mlcap.inbox.scan import files_in
from mlcap.text import counted


@dataclass(frozen=True)
class Status:
    """How an inbox stands.

    Attributes:
        files: state -> how many files; what a file held before it changed does not count, nor one that failed and was
            taken away.
        tagged, unreadable: how many records; an error counts while its file still has it.
        superseded: how many of the tagged records are of rows that their file no longer has.
        models: model version -> how many captions it tagged.
        backlog: files that wait to be read, or to be read to their end.
        oldest: seconds since the oldest of them came; None where none waits.
        failures: (file, reason, time) of those that failed, latest first.
    """

    files: dict[str, int]
    tagged: int
    unreadable: int
    superseded: int
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
        waiting, here = [], set()
        for file in files_in(inbox):
            here.add(file.name)
            latest = ledger.latest(file.name)
            if latest is None or latest.state in ("working", "placing") or latest.stamp != file.stamp:
                waiting.append(file.since)
        failed = ledger.failures()
        standing = _standing(failed, inbox, here)
        if gone := len(failed) - len(standing):
            counts["failed"] -= gone
            counts = {state: n for state, n in counts.items() if n or state != "failed"}
        failures = [(s.path, s.reason, s.changed) for s in reversed(standing)]
        tagged, unreadable = counts.pop("tagged"), counts.pop("unreadable")
        oldest = max(0.0, time.time() - min(waiting)) if waiting else None
        superseded = ledger.count_superseded()
        return Status(counts, tagged, unreadable, superseded, ledger.models(), len(waiting), oldest, tuple(failures))


def _standing(failed: list[Source], inbox: Path, here: set[str]) -> list[Source]:
    """Those of the files that failed which nobody took away, from the inbox or from what was moved aside."""
    if not inbox.is_dir():  # A share that went away takes no failure with it.
        return failed
    aside = numbers_aside(inbox)
    # Without a stamp it went away before it was read to its end, which is what failed.
    return [s for s in failed if not s.stamp or s.path in here or s.number in aside]
