"""What lies in the inbox. Folders are polled, since network shares tell nobody of a change."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mlcap.inbox.unfinished import is_unfinished
from mlcap.records.photo_names import odd_name, of_system, pair

#: The folder within the inbox into which failed files are moved.
ASIDE = "mlcap-failed"


@dataclass(frozen=True)
class Found:
    """One file in the inbox.

    Attributes:
        path: where it is.
        name: its path within the inbox, for people and the ledger; odd characters escaped.
        stamp: size and time of change, of a photograph's sidecar as well.
        fault: why it is not read, "" where it is.
        size: bytes.
        since: when it came or changed, seconds since the epoch.
        sidecars: of a photograph.
    """

    path: Path
    name: str
    stamp: str
    fault: str
    size: int
    since: float
    sidecars: tuple[Path, ...] = ()


def _stamp(path: Path, sidecars: tuple[Path, ...]) -> tuple[str, os.stat_result]:
    info = path.lstat()
    stamp = f"{info.st_size}-{info.st_mtime_ns}"
    for sidecar in sidecars:
        with suppress(OSError):
            beside = sidecar.lstat()
            stamp += f"+{beside.st_size}-{beside.st_mtime_ns}"
    return stamp, info


def stamp_of(file: Found) -> str:
    """The stamp that a file has now, "" where it is gone."""
    try:
        return _stamp(file.path, file.sidecars)[0]
    except OSError:
        return ""


def plain_stamp(path: Path) -> str:
    """The stamp of a file without that of its sidecars, "" where it is gone."""
    try:
        return _stamp(path, ())[0]
    except OSError:
        return ""


def _shown(path: str) -> str:
    # No path within a folder begins like this, so that no other file has the same name.
    return path if path.isprintable() else "./" + path.encode("unicode_escape").decode("ascii")


def files_in(inbox: Path) -> Iterator[Found]:
    """The files of an inbox and the folders below it, in order.

    Hidden files, the system's, incomplete ones, sidecars of photographs and what was moved aside are passed over.
    Links are found, with a fault, and never followed.
    """
    for place, folders, names in os.walk(inbox):
        links = [f for f in folders if (Path(place) / f).is_symlink()]
        folders[:] = sorted(f for f in folders if not of_system(f) and f != ASIDE and f not in links)
        paired = pair(names)
        for name in sorted([*paired.photos, *paired.others, *links]):
            if of_system(name) or is_unfinished(name):
                continue
            path = Path(place) / name
            sidecars = tuple(Path(place) / s for s in paired.sidecars.get(name, ()))
            # A file may go between two looks.
            with suppress(OSError):
                stamp, info = _stamp(path, sidecars)
                within = str(path.relative_to(inbox))
                since = max(info.st_mtime, info.st_ctime)
                yield Found(path, _shown(within), stamp, _fault(within, info), info.st_size, since, sidecars)


def _fault(within: str, info: os.stat_result) -> str:
    if stat.S_ISLNK(info.st_mode):
        return "is a link; put the file itself into the inbox"
    if not stat.S_ISREG(info.st_mode):
        return "is no plain file"
    return odd_name(within)


@dataclass
class Steadiness:
    """Which files have kept their size and time for a while, so that nobody is still writing them.

    Attributes:
        seconds: how long a file has to stay the same.
    """

    seconds: float
    _first: dict[str, tuple[str, float]] = field(default_factory=dict)
    _at: float = 0.0

    def since(self, file: Found) -> float:
        """Seconds for which a file has been as it was at the last look: as seen, or as its times say."""
        stamp, first = self._first.get(file.name, ("", self._at))
        seen = self._at - first if stamp == file.stamp else 0.0
        return max(seen, time.time() - file.since)

    def steady(self, files: list[Found]) -> list[Found]:
        """Those of the files that have not changed for long enough; files that are gone are forgotten."""
        at = self._at = time.monotonic()
        before, self._first = self._first, {}
        out = []
        for one in files:
            stamp, since = before.get(one.name, ("", at))
            since = since if stamp == one.stamp else at
            self._first[one.name] = (one.stamp, since)
            if stamp == one.stamp and at - since >= self.seconds:
                out.append(one)
        return out
