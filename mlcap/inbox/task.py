"""The task of tagging one source, batch by batch, each noted in the ledger before the next is begun."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from mlcap.files import cannot_write, sync_folder, write_all
from mlcap.inbox.entries import Known, Source
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.rows import Row, row_of
from mlcap.records.types import Record

#: A record whose line is to be written, its row, and the record of which it is the retagging.
Chosen = tuple[Record, Row, Known | None]


class Task(ABC):
    """The task of tagging one source.

    Args:
        outbox: where results and ledger lie.
        source: as the ledger has it, perhaps begun before.
        records: all its records.

    Raises:
        OutputError: the unfinished result cannot be written.
    """

    def __init__(self, outbox: Outbox, source: Source, records: Iterator[Record]) -> None:
        self.source = source
        self._outbox = outbox
        part = outbox.unfinished(source)
        try:
            if source.bytes and (not part.exists() or part.stat().st_size < source.bytes):
                # Somebody removed it; what it held is to be tagged again.
                outbox.ledger.start_again(source.number)
                self.source = outbox.ledger.source(source.number)
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
        batch = list(islice(self._records, self._outbox.batch))
        if not batch:
            return False
        chosen, known = self._choose(batch)
        lines = self._outbox.lines([record for record, _, _ in chosen])
        data = "".join(lines).encode("utf-8")
        try:
            write_all(self._stream, data)
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise cannot_write(self._outbox.unfinished(self.source), error) from error
        size, done = self._size + len(data), self._done + len(batch)
        fresh = [(_as_written(row, one), before) for (_, row, before), one in zip(chosen, lines, strict=True)]
        self._outbox.ledger.note(self.source, size, done, fresh, known, self._outbox.model)
        self._size, self._done = size, done
        return True

    @abstractmethod
    def _choose(self, batch: list[Record]) -> tuple[list[Chosen], list[Known]]:
        """The records of a batch that are to be written, and what is known of those that are passed over."""

    def close(self) -> None:
        """Let the unfinished result go."""
        self._stream.close()

    def __enter__(self) -> Task:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _as_written(row: Row, line: str) -> Row:
    """A row with the error that tagging met, if it did."""
    if row.error or '"error": ' not in line:
        return row
    written = json.loads(line)
    return row if "model" in written else replace(row, error=str(written["error"]))


class NewRows(Task):
    """The task of tagging the rows of a file that were not there when it was read before."""

    def __init__(self, outbox: Outbox, source: Source, records: Iterator[Record]) -> None:
        super().__init__(outbox, source, records)
        before = outbox.ledger.before(source)
        self._read_before = before is not None
        # A file that is read again for the ledger's sake is not tagged again for the model's.
        self._model = None if before and not before.stamp else outbox.model

    def _choose(self, batch: list[Record]) -> tuple[list[Chosen], list[Known]]:
        ledger, number = self._outbox.ledger, self.source.number
        origin = ledger.origin(self.source)
        chosen: list[Chosen] = []
        known: dict[int, Known] = {}
        for record in batch:
            row = row_of(record)
            before = ledger.known(row, number, origin, self._model, known) if self._read_before else None
            if before:
                known[before.number] = before
            else:
                chosen.append((record, row, None))
        return chosen, list(known.values())


class OldRows(Task):
    """The task of tagging again what other model versions have tagged."""

    def _choose(self, batch: list[Record]) -> tuple[list[Chosen], list[Known]]:
        taken: set[int] = set()
        chosen: list[Chosen] = []
        for record in batch:
            row = row_of(record)
            before = None if row.error else self._outbox.ledger.to_retag(row, self._outbox.model, taken)
            if before:
                taken.add(before.number)
                chosen.append((record, row, before))
        return chosen, []
