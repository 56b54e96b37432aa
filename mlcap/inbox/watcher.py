"""One look at an inbox after another: what is complete is tagged, several files in turn."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from mlcap.errors import ChangedInputError, InputError, LedgerError, OutputError
from mlcap.files import replace_file
from mlcap.inbox.ledger import FILE, Source
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.scan import ASIDE, Found, Steadiness, files_in, stamp_of
from mlcap.inbox.task import Task
from mlcap.records.document import LARGEST_DOCUMENT
from mlcap.records.packed import without_packing
from mlcap.records.reading import read_records
from mlcap.records.types import Record

#: Memory that reading a file takes, in bytes: a JSON document is held whole, as objects; other forms come in pieces.
_PER_FILE, _PER_DOCUMENT_BYTE = 24 << 20, 12


@dataclass(frozen=True)
class WatchSettings:
    """How an inbox is watched.

    Attributes:
        every: seconds between two looks.
        settle: seconds for which a file must stay the same before it is read.
        memory: bytes that the files read at the same time may take together.
        column: field or column with the caption, None to find it by name.
        once: stop when nothing is left to do.
    """

    every: float = 2.0
    settle: float = 2.0
    memory: int = 256 << 20
    column: str | None = None
    once: bool = False


class Watcher:
    """The tasks between opening the output folder and losing it.

    Args:
        outbox: the open output folder; it is closed at the end.
        steadiness: which files have stopped changing.
        stop: ends the work after the batch at hand.
        say: takes one line about each file.
    """

    def __init__(
        self,
        inbox: Path,
        outbox: Outbox,
        settings: WatchSettings,
        steadiness: Steadiness,
        stop: Event,
        say: Callable[[str], object],
    ) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._settings = settings
        self._stop = stop
        self._say = say
        self._steadiness = steadiness
        self._tasks: deque[_FileTask] = deque()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        for task in self._tasks:
            task.close()
        self._outbox.ledger.close()

    def work(self) -> bool:
        """Look and work; True where everything is done and that was all that was asked."""
        while not self._stop.is_set():
            found = list(files_in(self._inbox))
            steady = self._steadiness.steady(found)
            self._finish_vanished(found)
            self._move_failed(steady)
            waiting = deque(f for f in steady if self._is_new(f))
            idle = not waiting
            while (waiting or self._tasks) and not self._stop.is_set():
                self._admit(waiting)
                self._turn()
            if idle and self._settings.once and len(steady) == len(found):
                return True
            self._stop.wait(self._settings.every)
        return False

    def _is_new(self, file: Found) -> bool:
        """Whether a file is to be read: never seen, changed, or begun before a stop."""
        latest = self._outbox.ledger.latest(file.name)
        return latest is None or latest.state == "working" or latest.stamp != file.stamp

    def _finish_vanished(self, found: list[Found]) -> None:
        """Place what was tagged of files that are gone."""
        names = {f.name for f in found}
        for source in self._outbox.ledger.sources("working"):
            if source.kind == FILE and source.path not in names:
                # A share may come back: without a stamp the file counts as new, and its records as known.
                self._outbox.ledger.set_stamp(source.number, "")
                self._outbox.finish(source.number, "failed", "went away before it was read to its end")
                self._say(f"{source.path}: went away before it was read to its end")

    def _admit(self, waiting: deque[Found]) -> None:
        """Begin as many files as the memory allows, one at least."""
        while waiting:
            taken = sum(t.memory for t in self._tasks)
            if self._tasks and taken + _need(waiting[0]) > self._settings.memory:
                return
            file = waiting.popleft()
            if file.fault:
                self._refuse(file)
            elif task := self._begin(file):
                self._tasks.append(task)

    def _refuse(self, file: Found) -> None:
        source = self._outbox.ledger.add(file.name, file.stamp, "", self._outbox.tagger.version, "")
        self._fail(source, file, file.fault)

    def _begin(self, file: Found) -> _FileTask | None:
        ledger = self._outbox.ledger
        try:
            with open(file.path, "rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                source = ledger.add(file.name, file.stamp, "", self._outbox.tagger.version, "")
                self._fail(source, file, f"cannot be read ({error.strerror})")
            return None
        if "+" in file.stamp:
            # The caption may stand in the sidecar, which is then part of the content.
            sha256 = hashlib.sha256(f"{sha256} {file.stamp.partition('+')[2]}".encode()).hexdigest()
        latest = ledger.latest(file.name)
        if latest and latest.sha256 == sha256 and latest.state != "working" and latest.stamp:
            ledger.set_stamp(latest.number, file.stamp)
            return None
        if (
            latest
            and latest.state == "working"
            and (latest.sha256 != sha256 or latest.model != self._outbox.tagger.version)
        ):
            self._outbox.finish(latest.number)
            latest = None
        if latest is None or latest.state != "working":
            latest = ledger.add(file.name, file.stamp, sha256, self._outbox.tagger.version, _result_name(file.name))
        else:
            ledger.set_stamp(latest.number, file.stamp)
        return _FileTask(self._outbox, latest, file, self._settings.column, self._say)

    def _turn(self) -> None:
        """One batch of each file, the first begun first."""
        for _ in range(len(self._tasks)):
            if self._stop.is_set():
                return
            task = self._tasks[0]
            more = task.step_or_fail()
            self._tasks.popleft()
            if more:
                self._tasks.append(task)
                continue
            task.close()
            self._end(task)

    def _end(self, task: _FileTask) -> None:
        source = self._outbox.ledger.source(task.source.number)
        if task.changed or stamp_of(task.file) != task.file.stamp:
            # What was tagged of it counts; the next look finds the new content.
            self._outbox.finish(source.number)
            self._say(f"{source.path}: changed while it was read; it is read again")
        elif task.fault or not source.records or source.records == source.unreadable:
            self._fail(source, task.file, task.fault or "holds no caption that can be read")
        else:
            self._outbox.finish(source.number)
            known = source.records - source.tagged - source.unreadable
            self._say(
                f"{source.path}: {source.tagged} tagged, {known} known already, {source.unreadable} could not be read"
            )

    def _fail(self, source: Source, file: Found, reason: str) -> None:
        """Note a failure and move the file aside, with the reason beside it; where that is not allowed it stays."""
        self._outbox.finish(source.number, "failed", reason)
        self._say(f"{source.path}: {reason}")
        self._move_aside(self._outbox.ledger.source(source.number), file)

    def _move_failed(self, files: list[Found]) -> None:
        """Move aside what failed before a kill, or while that was not allowed."""
        for file in files:
            latest = self._outbox.ledger.latest(file.name)
            if latest and latest.state == "failed" and latest.stamp == file.stamp:
                self._move_aside(latest, file)

    def _move_aside(self, source: Source, file: Found) -> None:
        aside = self._inbox / ASIDE
        with suppress(OSError):
            aside.mkdir(exist_ok=True)
            if stamp_of(file) == file.stamp:
                replace_file(aside / f"{source.number}.reason.txt", f"{source.path}: {source.reason}\n".encode())
                os.rename(file.path, aside / f"{source.number}-{file.path.name}")  # noqa: PTH104


class _FileTask(Task):
    """The task of tagging one file of the inbox."""

    def __init__(
        self, outbox: Outbox, source: Source, file: Found, column: str | None, say: Callable[[str], object]
    ) -> None:
        self.file = file
        self.memory = _need(file)
        self.fault = ""
        self.changed = False
        super().__init__(outbox, source, self._read(column, say))

    def step_or_fail(self) -> bool:
        """One batch; an error of ours fails this file alone, as it would come again at every start.

        Raises:
            OutputError, LedgerError: the output cannot be written or used, which is no fault of the file.
        """
        try:
            return self.step()
        except (OutputError, LedgerError):
            raise
        except Exception as error:  # noqa: BLE001
            plain = " ".join(str(error).split())[:200]
            self.fault = f"internal error ({type(error).__name__}: {plain}); please report it"
            return False

    def _read(self, column: str | None, say: Callable[[str], object]) -> Iterator[Record]:
        return read_records([str(self.file.path)], None, column, say, self._failed)

    def _failed(self, error: InputError) -> None:
        self.changed = self.changed or isinstance(error, ChangedInputError)
        self.fault = str(error).removeprefix(f"{self.file.path}: ")


def _need(file: Found) -> int:
    """The memory that a file takes while it is read, in bytes."""
    name = without_packing(file.path.name.lower())
    if name.suffix != ".json":
        return _PER_FILE
    packed = name.name != file.path.name.lower()
    return _PER_FILE + _PER_DOCUMENT_BYTE * (LARGEST_DOCUMENT if packed else min(file.size, LARGEST_DOCUMENT))


def _result_name(name: str) -> str:
    """The name of a file's result; `{}` stands for its number in the ledger."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return plain.encode()[:150].decode(errors="ignore").replace("{", "_").replace("}", "_") + ".{}.jsonl"
