"""Work in processes of their own that share what it needs with their parent."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from mlcap.interrupts import interrupts_held

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")

#: Where a process can begin as a copy of its parent, what it needs is there without being sent.
_START = "fork" if sys.platform == "linux" else "spawn"
#: How often a worker looks whether its parent is still there.
_WATCH_SECONDS = 1.0


def in_processes(function: Callable[[_Given], _Result], given: Sequence[_Given], jobs: int) -> Iterator[_Result]:
    """Call a function for each of the given, and yield the results in their order.

    Nothing is left running when the caller stops early, is interrupted or is killed.

    Args:
        function: with all that it needs; only what it gives is sent from one process to another.
        jobs: processes to use; with 1 all is done in this one.

    Raises:
        Whatever the function raises.
        RuntimeError: a process was killed.
    """
    jobs = min(jobs, len(given))
    if jobs <= 1:
        yield from map(function, given)
        return
    context: Any = get_context(_START)
    workers, pipes = [], []
    try:
        for place in range(jobs):
            receiving, sending = context.Pipe(duplex=False)
            worker = context.Process(
                target=_work, args=(function, given[place::jobs], sending, os.getpid()), daemon=True
            )
            _start(worker)
            sending.close()  # So that a worker that dies is the end of its pipe.
            workers.append(worker)
            pipes.append(receiving)
        for place in range(len(given)):
            yield _received(pipes[place % jobs])
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def _start(worker: Any) -> None:
    """Start a worker that Ctrl-C never reaches, which is for its parent to handle."""
    with interrupts_held(), warnings.catch_warnings():
        # Python 3.12 warns of copies of a process with threads; those of the linear algebra part well.
        warnings.simplefilter("ignore", DeprecationWarning)
        worker.start()


def _received(pipe: Connection) -> Any:
    try:
        done, result = pipe.recv()
    except EOFError as error:
        raise RuntimeError("a process of the training was killed; the memory may be too small for --jobs") from error
    if not done:
        raise result
    return result


def _work(function: Callable[[Any], Any], given: Sequence[Any], sending: Connection, parent: int) -> None:
    """In a worker: do a share of the work; when the parent has been killed this ends too."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    for one in given:
        try:
            sending.send((True, function(one)))
        except Exception as error:  # noqa: BLE001 - it is raised again by the parent
            sending.send((False, error))
            return


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
