"""Processes that work for another: they leave Ctrl-C to that one, and end with it."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1
# Found before any fork, after which little may be done.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Have the system end this process with the one that started it, however that ends (prctl(2)); Linux only.

    Else it would hold what it shares with that one, a lock among it, until it finds that nobody is there.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


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
