"""Files that failed: moved within the inbox, with the reason beside them, and brought back when they change."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from mlcap.files import replace_file
from mlcap.inbox.entries import Source
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.names import shortened
from mlcap.inbox.scan import ASIDE, Found, plain_stamp, stamp_of

_LONGEST = 200
_NUMBERED = re.compile(r"([0-9]{1,18})(?:\.[0-9]{1,4})?-(.+)", re.DOTALL)


def move_aside(inbox: Path, source: Source, file: Found) -> bool:
    """Move a file that failed, with the reason beside it; where that is not allowed, or it changed, it stays.

    Returns:
        Whether it was moved.
    """
    folder = inbox / ASIDE
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        if stamp_of(file) == file.stamp:
            target = _free(folder, source.number, file.path.name)
            replace_file(folder / f"{source.number}.reason.txt", f"{source.path}: {source.reason}\n".encode())
            os.rename(file.path, target)  # noqa: PTH104
            return True
    return False


def _free(folder: Path, number: int, name: str) -> Path:
    """A name that no other file has, from another ledger perhaps."""
    target = folder / f"{number}-{shortened(name, _LONGEST)}"
    again = 1
    while os.path.lexists(target):
        target = folder / f"{number}.{again}-{shortened(name, _LONGEST)}"
        again += 1
    return target


def bring_back(inbox: Path, ledger: Ledger, say: Callable[[str], object]) -> None:
    """Bring back the files that changed after they were moved aside: somebody was still writing them."""
    for path, number, name in _moved(inbox / ASIDE):
        source = ledger.find(number) if path.is_file() and not path.is_symlink() else None
        if source is None or source.state != "failed" or not source.stamp:
            continue
        target = inbox / source.path
        # Of a photograph the sidecar stayed behind.
        if name != shortened(target.name, _LONGEST) or plain_stamp(path) in ("", source.stamp.partition("+")[0]):
            continue
        with suppress(OSError):
            if target.parent.is_dir() and not os.path.lexists(target):
                os.rename(path, target)  # noqa: PTH104
                path.with_name(f"{number}.reason.txt").unlink(missing_ok=True)
                say(f"{source.path}: changed after it was moved aside; it is read again")


def numbers_aside(inbox: Path) -> set[int]:
    """The numbers in the ledger of what was moved aside and is still there."""
    return {number for _, number, _ in _moved(inbox / ASIDE)}


def _moved(folder: Path) -> Iterator[tuple[Path, int, str]]:
    """(path, number in the ledger, name without it) of what was moved aside."""
    with suppress(OSError):
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            match = _NUMBERED.fullmatch(entry.name)
            if match:
                yield Path(entry.path), int(match[1]), match[2]
