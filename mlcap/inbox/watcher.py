"""One look at an inbox after another: what is complete is tagged, several files in turn."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from threading import Event

from mlcap.errors import InputError
from mlcap.files import open_plain
from mlcap.inbox.aside import bring_back, move_aside
from mlcap.inbox.entries import Source
from mlcap.inbox.file_task import PER_FILE, FileTask, content_digest, is_found, need_of
from mlcap.inbox.names import lost_path, old_stem_of, result_name, stem_of
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.scan import Found, Steadiness, files_in, stamp_of
from mlcap.inbox.schema import FILE
from mlcap.inbox.torn import may_be_torn
from mlcap.records.photo import NO_EXIFTOOL, lacks_exiftool
from mlcap.records.types import ANY_FIELD, FieldChoice
from mlcap.text import counted

#: Memory that a worker process takes for itself beside the model, which it shares, and the batches that wait for it.
PER_WORKER = 32 << 20
#: Rows named in a line before the rest is counted.
_MOST_NAMED = 5
#: Opening fails with these where another look finds out what there is now: it went, or a link or pipe came.
_REPLACED = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EINVAL)


@dataclass(frozen=True)
class WatchSettings:
    """How an inbox is watched.

    Attributes:
        every: seconds between two looks.
        settle: seconds for which a file must stay the same before it is read.
        memory: bytes that the files read at the same time may take together.
        choice: the fields that were asked for.
        lines: whether texts hold one caption a line.
        once: stop when nothing is left to do.
        patience: seconds for which a file that cannot be read must stay the same before it is moved aside, and one
            whose last line has no end before it is read, since somebody may still be writing it; None for ten times
            `settle`.
        jobs: how many worker processes tag, None for this process alone; they count towards `memory`.
    """

    every: float = 2.0
    settle: float = 2.0
    memory: int = 256 << 20
    choice: FieldChoice = ANY_FIELD
    lines: bool = False
    once: bool = False
    patience: float | None = None
    jobs: int | None = None

    def memory_for_files(self) -> int:
        """Bytes that are left for the files.

        Raises:
            InputError: the processes take more than there is.
        """
        left = self.memory - (self.jobs or 0) * PER_WORKER
        if self.jobs and left < PER_FILE:
            least = (self.jobs * PER_WORKER + PER_FILE) >> 20
            raise InputError(
                f"{self.jobs} processes and a file take {least} MiB; say --memory {least} or more, or fewer --jobs"
            )
        return left

    @property
    def longest_wait(self) -> float:
        """Seconds for which a file that cannot be read is left where it is."""
        return 10 * self.settle if self.patience is None else self.patience


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
        self._tasks: deque[FileTask] = deque()
        self._without_exiftool: set[str] = set()
        self._waiting_torn: dict[str, str] = {}

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        for task in self._tasks:
            task.close()
        self._outbox.ledger.close()

    def work(self) -> bool:
        """Look and work; True where everything is done and that was all that was asked."""
        while not self._stop.is_set():
            bring_back(self._inbox, self._outbox.ledger, self._say)
            found = list(files_in(self._inbox))
            steady = self._steadiness.steady(found)
            self._finish_vanished(found)
            new = [f for f in steady if self._is_new(f)]
            torn = self._torn(new)
            waiting = deque(self._readable([f for f in new if f.name not in torn]))
            idle = not waiting and not torn and not self._move_failed(steady)
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

    def _torn(self, files: list[Found]) -> set[str]:
        """Those of the files, by name, that wait because their last line has no end; each is named once."""
        wait = self._settings.longest_wait
        torn = [f for f in files if self._steadiness.since(f) < wait and may_be_torn(f, self._inbox)]
        for file in torn:
            if self._waiting_torn.get(file.name) != file.stamp:
                left = wait - self._steadiness.since(file)
                self._say(f"{file.name}: its last line has no end yet; it is read if it stays so for {left:.0f} s")
        self._waiting_torn = {f.name: f.stamp for f in torn}
        return {f.name for f in torn}

    def _readable(self, files: list[Found]) -> list[Found]:
        """Those of the files that can be read here; photographs without exiftool wait for it, which is said once."""
        lacking = {f.name for f in files if not f.fault and lacks_exiftool(f.path, f.sidecars)}
        if new := lacking - self._without_exiftool:
            wait = counted(len(new), "photograph waits", "photographs wait")
            self._say(f"{wait}, the first {min(new)}: {NO_EXIFTOOL}")
            self._without_exiftool |= new
        return [f for f in files if f.name not in lacking]

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
            if self._tasks and taken + need_of(waiting[0]) > self._settings.memory_for_files():
                return
            file = waiting.popleft()
            if file.fault:
                self._refuse(file, file.fault)
            elif task := self._begin(file):
                self._tasks.append(task)

    def _refuse(self, file: Found, fault: str) -> None:
        source = self._outbox.ledger.add(file.name, file.stamp, "", self._outbox.tagger.version, "")
        self._fail(source, file, fault)

    def _begin(self, file: Found) -> FileTask | None:
        """Open a file and begin its task; None where it is not to be read, or is another file by now."""
        try:
            stream = open_plain(file.path, self._inbox)
        except OSError as error:
            if error.errno not in _REPLACED:
                self._refuse(file, f"cannot be read ({error.strerror})")
            return None
        try:
            task = self._task_of(stream, file)
        except OSError as error:
            self._refuse(file, f"cannot be read ({error.strerror})")
            task = None
        except BaseException:
            stream.close()
            raise
        if task is None:
            stream.close()
        return task

    def _task_of(self, stream: BufferedReader, file: Found) -> FileTask | None:
        if not is_found(stream, file):
            return None
        ledger, version = self._outbox.ledger, self._outbox.tagger.version
        sha256 = content_digest(stream, file)
        latest = ledger.latest(file.name) or self._known_by_results(file)
        if latest and latest.sha256 == sha256 and latest.state != "working" and latest.stamp:
            ledger.set_stamp(latest.number, file.stamp)
            return None
        if latest and latest.state == "working" and (latest.sha256, latest.model) != (sha256, version):
            self._outbox.finish(latest.number)
            latest = None
        if latest is None or latest.state != "working":
            latest = ledger.add(file.name, file.stamp, sha256, version, result_name(file.name))
        else:
            ledger.set_stamp(latest.number, file.stamp)
        return FileTask(self._outbox, latest, file, stream, self._settings.choice, self._settings.lines, self._say)

    def _known_by_results(self, file: Found) -> Source | None:
        """What is known of a file from its results alone, after a ledger was lost."""
        ledger = self._outbox.ledger
        for stem in (stem_of(file.name), old_stem_of(file.name)):
            if ledger.latest(lost_path(stem)):
                ledger.rename(lost_path(stem), file.name)
                return ledger.latest(file.name)
        return None

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

    def _end(self, task: FileTask) -> None:
        source = self._outbox.ledger.source(task.source.number)
        if task.changed or stamp_of(task.file) != task.file.stamp:
            # What was tagged of it counts; the next look finds the new content, even of the same size and time.
            self._outbox.ledger.set_stamp(source.number, "changed")
            self._outbox.finish(source.number)
            self._say(f"{source.path}: changed while it was read; it is read again")
        elif task.empty:
            self._outbox.finish(source.number, "empty", task.empty)
            self._say(f"{source.path}: {task.empty}; it is read again when it or its sidecar changes")
        elif task.fault or not self._outbox.ledger.has_readable(source.number):
            self._fail(source, task.file, task.fault or task.unreadable or "holds no caption that can be read")
        else:
            self._outbox.finish(source.number)
            known = source.records - source.tagged - source.unreadable
            self._say(
                f"{source.path}: {source.tagged} tagged, {known} known already, {source.unreadable} could not be read"
            )
            self._say_superseded(source)

    def _say_superseded(self, source: Source) -> None:
        """Name what earlier results hold of a file that it no longer has: a row that was mended, or read half written."""
        before = self._outbox.ledger.before(source)
        gone = self._outbox.ledger.superseded(source, before.number) if before and before.stamp else []
        if gone:
            named = ", ".join(name or "one without an id" for name in gone[:_MOST_NAMED])
            more = f" and {len(gone) - _MOST_NAMED} more" if len(gone) > _MOST_NAMED else ""
            rows = counted(len(gone), "row", "rows")
            self._say(f"{source.path}: {rows} of its earlier results no longer in it (superseded): {named}{more}")

    def _fail(self, source: Source, file: Found, reason: str) -> None:
        """Note a failure and move the file aside, unless somebody may still be writing it."""
        self._outbox.finish(source.number, "failed", reason)
        wait = 0.0 if file.fault else self._settings.longest_wait - self._steadiness.since(file)
        if wait <= 0:
            self._say(f"{source.path}: {reason}")
            move_aside(self._inbox, self._outbox.ledger.source(source.number), file)
        else:
            self._say(f"{source.path}: {reason}; it is moved aside if it stays so for {wait:.0f} s")

    def _move_failed(self, files: list[Found]) -> bool:
        """Move aside what failed and was not moved yet; True where some of it has to wait."""
        waits = False
        for file in files:
            latest = self._outbox.ledger.latest(file.name)
            if latest and latest.state == "failed" and latest.stamp == file.stamp:
                if self._steadiness.since(file) < self._settings.longest_wait:
                    waits = True
                elif move_aside(self._inbox, latest, file):
                    self._say(f"{latest.path}: is moved aside")
        return waits
