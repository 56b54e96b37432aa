"""The records of a run while it lasts: `OUT.part` grows, `OUT.progress` says how much of it counts.

`OUT.progress` is replaced whole after the bytes it counts are on the disk. What stands in `OUT.part` beyond them
(half a line after a kill or on a full disk, or lines not yet counted) is cut away when the run goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcap.bounded_json import read_json
from mlcap.errors import InputError
from mlcap.files import beside, cannot_write, locked, open_plain, replace_file, write_all
from mlcap.records.writing import json_line

_FORMAT = 1
#: A note holds the names and digests of the inputs, or the question that a pull asked; of more bytes or values it is none.
_LARGEST_NOTE = 16 << 20
_MOST_VALUES = 400_000
_RESUME = "free space, then go on with --resume"


@dataclass(frozen=True)
class Counts:
    """How many records a run has written: tagged ones, ones that could not be read, and of the first those for review."""

    read: int = 0
    unreadable: int = 0
    review: int = 0

    @property
    def all(self) -> int:
        """Tagged and unreadable ones together."""
        return self.read + self.unreadable

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.read + other.read, self.unreadable + other.unreadable, self.review + other.review)


class Spool:
    """The unfinished output of one run.

    Args:
        out: the file that the run is to make.

    Raises:
        OutputError: the folder cannot be written, or another run writes the same output.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.part = beside(out, ".part")
        self.progress = beside(out, ".progress")
        # Bytes and counts change together, so that an interrupt between two statements finds both or neither.
        self._written = (0, Counts())
        with ExitStack() as stack:
            # Held before anything is opened: what another run had open may be its finished output by now.
            stack.enter_context(locked(out))
            try:
                self._stream = stack.enter_context(open(self.part, "ab", buffering=0))
            except OSError as error:
                raise cannot_write(self.part, error, "name a folder that can be written") from error
            self._held = stack.pop_all()

    @property
    def counts(self) -> Counts:
        """How many records were written."""
        return self._written[1]

    def earlier(self) -> dict[str, Any] | None:
        """What a stopped run noted, None where there is none.

        Raises:
            InputError: the note cannot be read.
        """
        try:
            with open_plain(self.progress) as stream:
                data = read_json(stream.read(_LARGEST_NOTE + 1), _LARGEST_NOTE, _MOST_VALUES)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(f"{self.progress}: cannot be read; leave --resume away to start anew") from error
        numbers = ("bytes", "read", "unreadable")
        if (
            not isinstance(data, dict)
            or data.get("format") != _FORMAT
            or not all(_is_count(data.get(n)) for n in numbers)
        ):
            raise InputError(f"{self.progress}: is no note of a stopped run; leave --resume away to start anew")
        return data

    def start(self, earlier: Mapping[str, Any] | None) -> None:
        """Begin anew, or where an earlier run ended.

        Raises:
            InputError: the unfinished output is shorter than was noted.
            OutputError: it cannot be cut.
        """
        if earlier:
            self._written = (earlier["bytes"], counts_of(earlier))
        size = self._written[0]
        if os.fstat(self._stream.fileno()).st_size < size:
            raise InputError(f"{self.part}: is shorter than was noted; leave --resume away to start anew")
        try:
            if not earlier:
                self.progress.unlink(missing_ok=True)
            os.ftruncate(self._stream.fileno(), size)
        except OSError as error:
            raise cannot_write(self.part, error) from error

    def add(self, lines: list[str], counts: Counts) -> None:
        """Write lines; they count once they are noted.

        Raises:
            OutputError: the disk is full.
        """
        data = "".join(lines).encode("utf-8")
        try:
            write_all(self._stream, data)
        except OSError as error:
            raise cannot_write(self.part, error, _RESUME) from error
        size, done = self._written
        self._written = (size + len(data), done + counts)

    def note(self, fingerprint: Mapping[str, Any]) -> None:
        """Bring the lines to the disk and note that they count.

        Raises:
            OutputError: the disk is full; what was noted before stays so.
        """
        size, counts = self._written
        data = {
            "format": _FORMAT,
            "bytes": size,
            "read": counts.read,
            "unreadable": counts.unreadable,
            "review": counts.review,
            **fingerprint,
        }
        try:
            os.fsync(self._stream.fileno())
            replace_file(self.progress, json_line(data).encode("utf-8"))
        except OSError as error:
            raise cannot_write(self.progress, error, _RESUME) from error

    def records(self) -> Iterator[dict[str, Any]]:
        """The records written so far."""
        with open(self.part, encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield json.loads(line)

    def discard(self) -> None:
        """Remove what is no longer needed after the output is in place."""
        self.part.unlink(missing_ok=True)
        self.progress.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the files go; an unfinished output without a note, which nothing could go on from, is removed."""
        with suppress(OSError):
            if not self.progress.exists():
                self.part.unlink(missing_ok=True)
        self._held.close()


def counts_of(note: Mapping[str, Any]) -> Counts:
    """The counts in a note; those of earlier versions did not say how many records go to review."""
    review = note.get("review", 0)
    return Counts(note["read"], note["unreadable"], review if _is_count(review) else 0)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
