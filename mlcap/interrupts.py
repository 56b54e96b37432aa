"""Ctrl-C, which a terminal sends to every process: those that work for another leave it to that one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while the block lasts; processes that start in it never hear it.

    POSIX only: where signals have no masks the block changes nothing, and Ctrl-C reaches those processes too.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # A process has the mask of who starts it.
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
