"""The journal of a run: what it was about to add to which file, and that it did; by it the run can be undone.

A line is on the disk before the file that it tells of is touched, so that a kill at any instant leaves no change
without a line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from mlcap.errors import PlanError
from mlcap.files import cannot_write, locked, write_all
from mlcap.photos.changes import PlannedTag
from mlcap.photos.metadata import Link, WrittenTag
from mlcap.records.writing import json_line


@dataclass(frozen=True)
class Entry:
    """What a run did to one file.

    Attributes:
        target: the file.
        created: whether the run made it.
        add: name of the field -> values that were not there before.
        tags: the tags for which structures were added to mlcap's namespace.
        marked: whether the run marked the file's IPTC as UTF-8.
        sha256: of the file after the change; "" where the run was stopped before it knew.
        links: which of the added keywords belong to which tag.
        gone: structures that the run replaced or found out of date.
        gone_links: keywords that went with these.
        single: the facets that take one value.
        voided: whether the file carried Content Credentials, which the run was told to void.
        done: whether the run knows that the file was written.
    """

    target: str
    created: bool
    add: dict[str, list[str]]
    tags: tuple[PlannedTag, ...]
    marked: bool = False
    sha256: str = ""
    links: tuple[Link, ...] = ()
    gone: tuple[WrittenTag, ...] = ()
    gone_links: tuple[Link, ...] = ()
    single: tuple[str, ...] = ()
    voided: bool = False
    done: bool = field(default=False, compare=False)


class Journal:
    """The journal of one run.

    Args:
        folder: of journals; it is made where it is missing.
        run: the run's name.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self.path = folder / f"{run}.jsonl"
        self._stream: BinaryIO | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the journal while its lines are written.

        Raises:
            OutputError: it cannot be written, or another process holds it.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path), open(self.path, "ab", buffering=0) as stream:
                self._end_half_a_line(stream)
                self._stream = stream
                yield
        except OSError as error:
            raise cannot_write(self.path, error, "name another folder with --runs") from error
        finally:
            self._stream = None

    def _end_half_a_line(self, stream: BinaryIO) -> None:
        if stream.tell() and not self.path.read_bytes().endswith(b"\n"):
            write_all(stream, b"\n")

    def _write(self, data: dict[str, Any]) -> None:
        assert self._stream is not None
        try:
            write_all(self._stream, json_line(data).encode("utf-8"))
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def begin(self, entry: Entry) -> None:
        """Say what is about to be added."""
        self._write({"what": "begin", **asdict(entry)})

    def done(self, target: str, sha256: str) -> None:
        """Say that it was."""
        self._write({"what": "done", "target": target, "sha256": sha256})

    def failed(self, target: str) -> None:
        """Say that it was not, and that the file is as it was."""
        self._write({"what": "failed", "target": target})

    def undone(self, target: str) -> None:
        """Say that it was taken back."""
        self._write({"what": "undone", "target": target})

    def entries(self) -> list[Entry]:
        """What the run did and has not taken back: one entry for each file, latest first.

        Raises:
            PlanError: there is no such run, or its journal cannot be understood.
        """
        return [_together(entries) for entries in reversed(self._read().values()) if entries]

    def targets(self) -> list[str]:
        """Every file that the run was about to change, also those that were taken back.

        Raises:
            PlanError: there is no such run, or its journal cannot be understood.
        """
        return list(self._read())

    def was_undone(self, target: str) -> bool:
        """Whether the run changed a file and took that back; False where nothing is known of the run."""
        try:
            return self._read().get(target) == []
        except PlanError:
            return False

    def _read(self) -> dict[str, list[Entry]]:
        """What the run did: file -> its changes that stand, in order."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError as error:
            raise PlanError(f"{self.path}: there is no such run; {_known(self.path.parent)}") from error
        except OSError as error:
            raise PlanError(f"{self.path}: cannot be read ({error.strerror})") from error
        found: dict[str, list[Entry]] = {}
        for line in lines:
            # A kill leaves half a line; nothing was touched for it yet.
            with suppress(ValueError, RecursionError):
                _take(found, json.loads(line))
        return found


def _entry(line: Mapping[str, Any]) -> Entry:
    return Entry(
        line["target"],
        line["created"],
        line["add"],
        tuple(PlannedTag(**t) for t in line["tags"]),
        line["marked"],
        "",
        tuple(Link(*link) for link in line.get("links", ())),
        tuple(WrittenTag(**t) for t in line.get("gone", ())),
        tuple(Link(*link) for link in line.get("gone_links", ())),
        tuple(line.get("single", ())),
        line.get("voided", False),
    )


def _take(found: dict[str, list[Entry]], line: dict[str, Any]) -> None:
    try:
        target, what = line["target"], line["what"]
        if what == "begin":
            found.setdefault(target, []).append(_entry(line))
        elif what == "done":
            found[target].append(replace(found[target].pop(), sha256=line["sha256"], done=True))
        elif what == "failed":
            found[target].pop()
        else:
            found[target] = []
    except (KeyError, TypeError, IndexError) as error:
        raise PlanError("the journal cannot be understood; it was changed by another hand") from error


def _together(entries: list[Entry]) -> Entry:
    """What several changes of one file came to; the digest is that of the only change, as others may have come between."""
    if len(entries) == 1:
        return entries[0]
    add: dict[str, dict[str, None]] = {}
    for entry in entries:
        for name, values in entry.add.items():
            add.setdefault(name, {}).update(dict.fromkeys(values))
    return Entry(
        entries[0].target,
        any(e.created for e in entries),
        {name: list(values) for name, values in add.items()},
        tuple(dict.fromkeys(t for e in entries for t in e.tags)),
        any(e.marked for e in entries),
        "",
        tuple(dict.fromkeys(link for e in entries for link in e.links)),
        tuple(dict.fromkeys(t for e in entries for t in e.gone)),
        tuple(dict.fromkeys(link for e in entries for link in e.gone_links)),
        entries[-1].single,
        any(e.voided for e in entries),
        any(e.done for e in entries),
    )


def _known(folder: Path) -> str:
    runs = sorted(p.stem for p in folder.glob("*.jsonl")) if folder.is_dir() else []
    return f"the latest are {', '.join(runs[-3:])}" if runs else "the folder holds none"
