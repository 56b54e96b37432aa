"""SIGTERM stops a command as Ctrl-C does: at once, whatever it is doing.

An exception from the handler ends reading and tagging between any two steps of Python, and within the searches of `re`.
A flag would be seen after the batch at hand, and setting a `threading.Event` within a handler can wait for ever on the
very thread that it interrupts. Nothing is lost by that, as a kill would lose nothing.
"""

from __future__ import annotations

import signal
from typing import Any


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def _terminate(*_: Any) -> None:
    raise Terminated


def obey_sigterm() -> None:
    """Let SIGTERM raise `Terminated` from now on, unless whoever started the process has it ignored."""
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
