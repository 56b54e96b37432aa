"""A program that is killed again and again, and what is counted."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MLCAP = [sys.executable, "-m", "mlcap"]


@dataclass
class Figures:
    """What came of it.

    Attributes:
        kills: processes that were killed.
        ended: runs that came to their end, each checked.
        lost: records, versions or tags that stand nowhere.
        doubled: such that stand more than once, or out of order.
        left: what stayed behind, and starts that ended in an error.
    """

    kills: int = 0
    ended: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or left."""
        return not (self.lost or self.doubled or self.left)


def killed(
    command: list[str], folder: Path, draw: random.Random, works: Callable[[], object] | None, longest: float = 0.7
) -> int | None:
    """Start a command and kill it: its exit code where it ended before, None where it was killed.

    One kill in five comes while the program starts, the others while it works.

    Args:
        works: what changes when it begins to work; None to count from its start.
        longest: seconds of work after which it is killed at the latest.
    """
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        if works is not None and draw.random() < 0.8:
            before = works()
            late = time.monotonic() + 60
            while process.poll() is None and works() == before and time.monotonic() < late:
                time.sleep(0.002)
        try:
            return process.wait(timeout=draw.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return None


def size_of(paths: Iterable[Path]) -> int:
    """How much was written, by which work is seen."""
    sizes = []
    for path in paths:
        with suppress(OSError):
            sizes.append(path.stat().st_size)
    return sum(sizes)


def run(command: list[str], folder: Path) -> int:
    """Run a command to its end and say what it complains of: its exit code."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)
    return done.returncode
