"""The output folder of an inbox: its ledger, finished results and unfinished ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlcap.errors import OutputError
from mlcap.files import cannot_write, move_into_place
from mlcap.inbox.entries import Source
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.rebuild import LEDGER
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.runs.batches import output_lines
from mlcap.runs.fingerprint import model_digest
from mlcap.runs.workers import Workers


@dataclass(frozen=True)
class Outbox:
    """What all tasks need: the output folder with its ledger, and the model.

    Attributes:
        out: the output folder; results lie in `results`, unfinished ones in `unfinished`.
        workers: the processes that tag, None for this process.
    """

    out: Path
    ledger: Ledger
    tagger: Tagger
    model_digest: str
    workers: Workers | None = None

    @property
    def batch(self) -> int:
        """How many records are dealt with at once."""
        return BATCH * (self.workers.count if self.workers else 1)

    def lines(self, records: Sequence[Record]) -> list[str]:
        """Tag records: the line of each, in order."""
        return self.workers.lines(records) if self.workers else output_lines(self.tagger, records)[0]

    @cached_property
    def model(self) -> int:
        """The number of the model version in the ledger."""
        return self.ledger.model_number(self.tagger.version, self.model_digest)

    @classmethod
    def open(cls, out: Path, tagger: Tagger, new: bool = True, workers: Workers | None = None) -> Outbox:
        """Open the output folder, and clear up what a kill left.

        Args:
            new: whether a folder without a ledger gets one.

        Raises:
            OutputError: it cannot be written.
            LedgerError: its ledger cannot be used.
        """
        try:
            if not new and not (out / LEDGER).is_file():
                raise OutputError(f"{out}: its ledger is not there; bring the folder back")
            for folder in (out / "results", out / "unfinished"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(out, error, "name a folder that can be written") from error
        ledger = Ledger(out / LEDGER)
        outbox = cls(out, ledger, tagger, model_digest(tagger), workers)
        try:
            for source in ledger.sources("placing"):
                outbox.place(source)
        except BaseException:
            ledger.close()
            raise
        return outbox

    def unfinished(self, source: Source) -> Path:
        """The unfinished result of a source."""
        return self.out / "unfinished" / f"{source.number}.jsonl"

    def result(self, source: Source) -> Path:
        """The finished one."""
        return self.out / "results" / source.result

    def finish(self, number: int, state: str = "done", reason: str = "") -> None:
        """Put the result of a source in its place, and note what became of it: `done`, `empty` or `failed`, and why.

        Raises:
            OutputError: it cannot be written.
        """
        # From here on a kill finds the state `placing`, with what it is to become in the reason.
        self.ledger.set_state(number, "placing", f"{state}:{reason}")
        self.place(self.ledger.source(number))

    def place(self, source: Source) -> None:
        """Rename a result into its place; it may have been, before a kill."""
        part = self.unfinished(source)
        try:
            if part.exists() and source.bytes:
                os.truncate(part, source.bytes)
                move_into_place(part, self.result(source))
            else:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self.result(source), error) from error
        state, _, reason = source.reason.partition(":")
        if state not in ("done", "empty", "failed"):  # As earlier versions wrote it.
            state, reason = ("failed", source.reason) if source.reason else ("done", "")
        self.ledger.set_state(source.number, state, reason)
