"""Worker processes that tag, each with a model of its own.

The main process reads records, hands a batch to each worker that has none, and gives the lines in the order of the
records. Neither side waits to write while the other does: a worker has one batch at a time, and reads it before it
answers. Nothing but the main process reads inputs and writes outputs, so a worker may end at any instant.
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
import signal
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any

from mlcap.errors import WorkerError
from mlcap.interrupts import end_with_parent, interrupts_held
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.runs.batches import Lines, output_lines

#: A batch ends after `BATCH` records, or with the record by which it holds so many bytes.
BATCH_BYTES = 1 << 20
#: So many batches a worker may be handed out from the first that is not answered on.
AHEAD = 4
#: A fork has the model at once and shares its memory; elsewhere than on Linux, libraries of the system forbid it.
_START = "fork" if sys.platform == "linux" else "spawn"


class Workers:
    """Worker processes, which end with the block.

    Args:
        tagger: what tags in each of them.
        count: how many there are.
    """

    def __init__(self, tagger: Tagger, count: int) -> None:
        self._tagger = tagger
        self._count = count
        self._processes: dict[Connection, Any] = {}
        self._fault: Exception | None = None

    def __enter__(self) -> Workers:
        self._start_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _start_all(self) -> None:
        # Ctrl-C on a terminal reaches all processes. Workers never hear it; this one ends them.
        try:
            with interrupts_held():
                for _ in range(self._count):
                    self._start()
        except BaseException:
            self._end()
            raise

    def _start(self) -> None:
        context: Any = multiprocessing.get_context(_START)
        ours, theirs = context.Pipe()
        args = (self._tagger, theirs, [*self._processes, ours])
        process = context.Process(target=_work, args=args, daemon=True)
        with warnings.catch_warnings():
            # Python 3.12 warns of other threads. Those here are of numpy's OpenBLAS, which makes them anew.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        self._processes[ours] = process
        theirs.close()

    def _end(self) -> None:
        for connection, process in self._processes.items():
            connection.close()
            process.kill()
            process.join()
        self._processes.clear()

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def lines(self, records: Sequence[Record]) -> list[str]:
        """The lines of some records, in order; where a worker ended, all are started anew and it is tried once more.

        Raises:
            WorkerError: a worker ended again.
            Exception: whatever tagging raises; the workers go on.
        """
        try:
            return self._all_lines(records)
        except WorkerError:
            return self._all_lines(records)

    def _all_lines(self, records: Sequence[Record]) -> list[str]:
        try:
            return [line for lines, _ in self.tag(records) for line in lines]
        except Exception:
            # What they still answer is not to be taken for the answer to the next batch.
            self._end()
            self._start_all()
            raise

    def tag(self, records: Iterable[Record]) -> Iterator[Lines]:
        """Tag records: gives their lines, batch by batch, in order.

        What was read before an error is given before the error is raised.

        Raises:
            WorkerError: a worker ended.
            Exception: whatever reading or tagging raises.
        """
        batches = _packed(records)
        batch = self._next(batches)
        idle = deque(self._processes)
        busy: dict[Connection, int] = {}
        answers: dict[int, Lines | Exception] = {}
        handed = given = 0
        while batch is not None or busy or answers:
            while batch is not None and idle and handed < given + AHEAD * self._count:
                worker = idle.popleft()
                busy[worker] = handed
                # One that has ended is seen when its answer is waited for.
                with suppress(OSError):
                    worker.send_bytes(batch)
                handed += 1
                batch = self._next(batches)
            if given in answers:
                answer = answers.pop(given)
                if isinstance(answer, Exception):
                    raise answer
                yield answer
                given += 1
                continue
            for worker in (w for w in wait(list(busy)) if isinstance(w, Connection)):
                answer = answers[busy.pop(worker)] = self._answer(worker)
                if not isinstance(answer, WorkerError):
                    idle.append(worker)
        if self._fault is not None:
            raise self._fault

    def _next(self, batches: Iterator[bytes]) -> bytes | None:
        """The next batch; None at the end, and after an error of reading, which waits for what was read before it."""
        try:
            return next(batches, None)
        except Exception as error:  # noqa: BLE001
            self._fault = error
            return None

    def _answer(self, worker: Connection) -> Lines | Exception:
        try:
            answer: Lines | Exception = pickle.loads(worker.recv_bytes())  # noqa: S301 (from a process of our own)
        except (EOFError, OSError):
            process = self._processes[worker]
            process.join()
            code = process.exitcode
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            return WorkerError(
                f"a worker process ended {how}, perhaps for want of memory",
                "use fewer --jobs, with -o go on with --resume",
            )
        return answer


def _packed(records: Iterable[Record]) -> Iterator[bytes]:
    """Batches of records as bytes; an error of reading is raised after the batch that it ends."""
    source = iter(records)
    fault: Exception | None = None
    while fault is None:
        stream, end = io.BytesIO(), 0
        # One pickler for a batch, so that names of fields are written once.
        pickler = pickle.Pickler(stream)
        try:
            for record in islice(source, BATCH):
                pickler.dump(record)
                end = stream.tell()
                if end >= BATCH_BYTES:
                    break
        except Exception as error:  # noqa: BLE001
            # What is left of a record that is nested too deeply for pickle goes.
            stream.truncate(end)
            fault = error
        if not stream.getbuffer().nbytes:
            break
        yield stream.getvalue()
    if fault is not None:
        raise fault


def _unpacked(batch: bytes) -> Iterator[Record]:
    stream = io.BytesIO(batch)
    unpickler = pickle.Unpickler(stream)  # noqa: S301 (from the main process)
    while stream.tell() < len(batch):
        yield unpickler.load()


def _work(tagger: Tagger, main: Connection, others: Sequence[Connection]) -> None:
    """Answer batches until the main process is gone, which is seen only where nobody else holds its ends of the pipes."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    for other in others:
        other.close()
    with suppress(EOFError, OSError):
        while True:
            main.send_bytes(_lines(tagger, main.recv_bytes()))


def _lines(tagger: Tagger, batch: bytes) -> bytes:
    """The answer to a batch: its lines, or the error that tagging it raised."""
    try:
        return pickle.dumps(output_lines(tagger, list(_unpacked(batch))))
    except Exception as error:  # noqa: BLE001
        error.add_note("".join(traceback.format_exception(error)))
        try:
            answer = pickle.dumps(error)
            pickle.loads(answer)  # noqa: S301 (made in the line before)
        except Exception:  # noqa: BLE001
            answer = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        return answer
