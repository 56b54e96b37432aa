"""The task of tagging one source, batch by batch, each noted in the ledger before the next is begun."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mlcap.files import cannot_write, sync_folder, write_all
from mlcap.inbox.ledger import Key, Source
from mlcap.inbox.outbox import Outbox
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import BATCH
from mlcap.records.fields import ID_FIELDS
from mlcap.records.types import Record
from mlcap.runs.batches import output_lines


def key_of(record: Record) -> Key:
    """By what the ledger knows a caption."""
    name = next((str(record.fields[f]) for f in ID_FIELDS if record.fields.get(f) not in (None, "")), "")
    return Key(name.encode("utf-8", errors="replace").decode("utf-8"), text_digest(record.text or ""))


class Task:
    """The task of tagging one source.

    Args:
        outbox: where results and ledger lie.
        source: as the ledger has it, perhaps begun before.
        records: all its records.
        wanted: which captions to tag; those that the model has tagged already are passed over in any case.

    Raises:
        OutputError: the unfinished result cannot be written.
    """

    def __init__(
        self, outbox: Outbox, source: Source, records: Iterator[Record], wanted: Callable[[Key], bool] = lambda _: True
    ) -> None:
        self.source = source
        self._outbox = outbox
        self._wanted = wanted
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
        batch = list(islice(self._records, BATCH))
        if not batch:
            return False
        fresh, keys = self._fresh(batch)
        lines, _ = output_lines(self._outbox.tagger, fresh)
        data = "".join(lines).encode("utf-8")
        try:
            write_all(self._stream, data)
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise cannot_write(self._outbox.unfinished(self.source), error) from error
        unreadable = [(r.position, r.error) for r in fresh if r.text is None]
        size, done = self._size + len(data), self._done + len(batch)
        self._outbox.ledger.note(self.source, size, done, keys, unreadable, self._outbox.model_digest)
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
            if key in keys or self._outbox.ledger.known(key, self._outbox.model_digest) or not self._wanted(key):
                continue
            keys[key] = None
            fresh.append(record)
        return fresh, list(keys)

    def close(self) -> None:
        """Let the unfinished result go."""
        self._stream.close()

    def __enter__(self) -> Task:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
