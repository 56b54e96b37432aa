"""One thread that tags for all requests: what waits together is tagged together, in batches, each with the version current then.

Reading captions is Python, of which one thread runs at a time whatever their number; one that works in batches does more
in the same time than many that each tag a caption.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, TypeVar, cast

from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.runs.batches import output_records

_T = TypeVar("_T")


@dataclass
class _Job:
    """Records to tag, or something else to do with the tagger; what comes of it goes to `done`."""

    act: Callable[[Tagger], Any] | None
    records: Sequence[Record] = ()
    done: asyncio.Future[Any] | None = None
    loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)

    def give(self, found: Any = None, error: Exception | None = None) -> None:
        """Hand the outcome to whoever waits for it."""
        if self.loop is None or self.done is None:
            return
        with suppress(RuntimeError):  # Nobody waits any more where the server has ended.
            self.loop.call_soon_threadsafe(_settle, self.done, found, error)

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits any more."""
        return self.done is not None and self.done.cancelled()


def _settle(done: asyncio.Future[Any], found: Any, error: Exception | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(found)
    else:
        done.set_exception(error)


class Work:
    """The thread and what waits for it; use it in a `with` block, at the end of which all of it is done.

    Args:
        tagger: gives the tagger to use, before each batch.
    """

    def __init__(self, tagger: Callable[[], Tagger]) -> None:
        self._tagger = tagger
        self._waiting: deque[_Job] = deque()
        self._changed = Condition()
        self._ending = False
        self._thread = Thread(target=self._run, name="mlcap-tagging", daemon=True)

    def __enter__(self) -> Work:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive()

    async def tag(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """The output records of `BATCH` records at most, in order."""
        return cast("list[dict[str, Any]]", await self._ask(_Job(None, records)))

    async def do(self, act: Callable[[Tagger], _T]) -> _T:
        """Do something else with the tagger."""
        return cast("_T", await self._ask(_Job(act)))

    def later(self, act: Callable[[Tagger], object]) -> None:
        """Do something for which nobody waits."""
        self._add(_Job(act))

    async def _ask(self, job: _Job) -> Any:
        job.loop = asyncio.get_running_loop()
        job.done = job.loop.create_future()
        self._add(job)
        return await job.done

    def _add(self, job: _Job) -> None:
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()

    def _next(self) -> list[_Job]:
        """The job that comes next, with those after it that can be tagged together with it; none at the end."""
        with self._changed:
            while not self._waiting and not self._ending:
                self._changed.wait()
            if not self._waiting:
                return []
            jobs = [self._waiting.popleft()]
            count = len(jobs[0].records)
            while jobs[0].act is None and self._waiting and self._waiting[0].act is None:
                count += len(self._waiting[0].records)
                if count > BATCH:
                    break
                jobs.append(self._waiting.popleft())
            return jobs

    def _run(self) -> None:
        while jobs := self._next():
            jobs = [job for job in jobs if not job.abandoned]
            if len(jobs) > 1 and self._do_together(jobs):
                continue
            for job in jobs:
                self._do(job)

    def _do_together(self, jobs: Sequence[_Job]) -> bool:
        """Tag for several requests at once; False where that fails, and each is to be tried by itself."""
        try:
            found, _ = output_records(self._tagger(), [record for job in jobs for record in job.records])
        except Exception:  # noqa: BLE001 (whoever asks is told by the trial of its own)
            return False
        for job, own in zip(jobs, _cut(found, [len(job.records) for job in jobs]), strict=True):
            job.give(own)
        return True

    def _do(self, job: _Job) -> None:
        try:
            tagger = self._tagger()
            job.give(output_records(tagger, job.records)[0] if job.act is None else job.act(tagger))
        except Exception as error:  # noqa: BLE001 (it is for whoever asks; the thread goes on)
            job.give(error=error)


def _cut(found: list[dict[str, Any]], counts: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
    start = 0
    for count in counts:
        yield found[start : start + count]
        start += count
