"""Work on one source, batch by batch, each noted in the ledger before the next is begun."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mlcap.errors import LedgerError, OutputError
from mlcap.files import cannot_write, move_into_place, sync_folder, write_all
from mlcap.inbox.ledger import Key, Ledger, Source
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.runs.fingerprint import model_digest
from mlcap.runs.tag import output_lines

#: The fields that may name a record.
_IDS = ("id", "nasa_id", "AVAIL:NASAID", "file", "SourceFile")


def key_of(record: Record) -> Key:
    """By what the ledger knows a caption."""
    name = next((str(record.fields[f]) for f in _IDS if record.fields.get(f) not in (None, "")), "")
    return Key(name.encode("utf-8", errors="replace").decode("utf-8"), text_digest(record.text or ""))


@dataclass(frozen=True)
class Desk:
    """What all work needs: the ledger, the folder of results, and the model.

    Attributes:
        out: the output folder; results lie in `results`, unfinished ones in `unfinished`.
    """

    out: Path
    ledger: Ledger
    tagger: Tagger
    model_digest: str

    @classmethod
    def open(cls, out: Path, tagger: Tagger, new: bool = True) -> Desk:
        """Open the output folder, and clear up what a kill left.

        Args:
            new: whether a folder without a ledger gets one.

        Raises:
            OutputError: it cannot be written.
            LedgerError: its ledger cannot be used.
        """
        try:
            if not new and not (out / "ledger.sqlite").is_file():
                raise OutputError(f"{out}: its ledger is not there; bring the folder back")
            for folder in (out / "results", out / "unfinished"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(out, error, "name a folder that can be written") from error
        ledger = Ledger(out / "ledger.sqlite")
        desk = cls(out, ledger, tagger, model_digest(tagger))
        try:
            for source in ledger.sources("placing"):
                desk.place(source)
        except BaseException:
            ledger.close()
            raise
        return desk

    def unfinished(self, source: Source) -> Path:
        """The unfinished result of a source."""
        return self.out / "unfinished" / f"{source.number}.jsonl"

    def result(self, source: Source) -> Path:
        """The finished one."""
        return self.out / "results" / source.result

    def finish(self, number: int, state: str = "done", reason: str = "") -> None:
        """Put the result of a source in its place, and note what became of it.

        Raises:
            OutputError: it cannot be written.
        """
        # From here on a kill finds the state `placing`, with what it is to become in the reason.
        self.ledger.set_state(number, "placing", reason if state == "failed" else "")
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
        self.ledger.set_state(source.number, "failed" if source.reason else "done", source.reason)


class Job:
    """The work on one source.

    Args:
        desk: what the work needs.
        source: as the ledger has it, perhaps begun before.
        records: all its records.
        wanted: which captions to tag; those that the model has tagged already are passed over in any case.

    Raises:
        OutputError: the unfinished result cannot be written.
    """

    def __init__(
        self, desk: Desk, source: Source, records: Iterator[Record], wanted: Callable[[Key], bool] = lambda _: True
    ) -> None:
        self.source = source
        self._desk = desk
        self._wanted = wanted
        part = desk.unfinished(source)
        try:
            if source.bytes and (not part.exists() or part.stat().st_size < source.bytes):
                # Somebody removed it; what it held is to be tagged again.
                desk.ledger.start_again(source.number)
                self.source = desk.ledger.source(source.number)
            self._stream = open(part, "ab", buffering=0)  # noqa: SIM115
            os.ftruncate(self._stream.fileno(), self.source.bytes)
            sync_folder(part.parent)
        except OSError as error:
            raise cannot_write(part, error) from error
        self._done, self._size = self.source.records, self.source.bytes
        self._records = islice(records, self._done, None)

    def step(self) -> bool:
        """Deal with one batch; False where there is none left.

        Raises:
            InputError: the source cannot be read on.
            OutputError: the batch cannot be written; it does not count.
        """
        batch = list(islice(self._records, BATCH))
        if not batch:
            return False
        fresh, keys = self._fresh(batch)
        lines, _ = output_lines(self._desk.tagger, fresh)
        data = "".join(lines).encode("utf-8")
        try:
            write_all(self._stream, data)
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise cannot_write(self._desk.unfinished(self.source), error) from error
        unreadable = [(r.position, r.error) for r in fresh if r.text is None]
        size, done = self._size + len(data), self._done + len(batch)
        self._desk.ledger.note(self.source, size, done, keys, unreadable, self._desk.model_digest)
        self._size, self._done = size, done
        return True

    def _fresh(self, batch: list[Record]) -> tuple[list[Record], list[Key]]:
        """The records of a batch that are to be written: unreadable ones, and captions not tagged yet."""
        keys: dict[Key, None] = {}
        fresh = []
        for record in batch:
            if record.text is None:
                fresh.append(record)
                continue
            key = key_of(record)
            if key in keys or self._desk.ledger.known(key, self._desk.model_digest) or not self._wanted(key):
                continue
            keys[key] = None
            fresh.append(record)
        return fresh, list(keys)

    def close(self) -> None:
        """Let the unfinished result go."""
        self._stream.close()

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def check_sound(ledger: Ledger) -> None:
    """Let SQLite check the ledger.

    Raises:
        LedgerError: it finds a fault.
    """
    if not ledger.sound():
        raise LedgerError(f"{ledger.path}: is damaged; move it away to start anew")
