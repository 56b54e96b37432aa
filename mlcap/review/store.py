"""The file of a desk: one SQLite database, shared by the threads of a server and by other processes."""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcap.errors import DeskError, OutputError
from mlcap.files import why_not_written
from mlcap.model.manifest import digest_of
from mlcap.review.schema import CHANGES, SCHEMA, VERSION
from mlcap.sqlite_file import SqliteFile

FILE = "desk.sqlite"
#: Seconds to wait for another process that writes.
_TIMEOUT = 30.0
Row = sqlite3.Row


def now() -> str:
    """The time, UTC, ISO 8601, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


_HALF = re.compile("[\ud800-\udfff]")


def sound(text: str) -> str:
    """Text that a database can hold: halves of characters, which JSON may carry, become the replacement character."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def dumped(data: Any) -> str:
    """Data as JSON, the same for the same data."""
    return sound(json.dumps(data, ensure_ascii=False, separators=(",", ":")))


class Store(SqliteFile[Row]):
    """The database of one desk.

    A desk that may not be written is opened to look at: its status and its labels can be read, and what would change it
    is an `OutputError`.

    Args:
        folder: of the desk.
        new: whether it is made where it is missing.

    Raises:
        DeskError: it is missing, damaged or of another mlcap.
        OutputError: it cannot be written.
    """

    row_factory = Row

    def __init__(self, folder: Path, new: bool = False) -> None:
        self.folder = folder
        path = folder / FILE
        if not new and not path.is_file():
            raise DeskError(f"{folder}: is no desk; start one with `mlcap review open {folder} CAPTIONS`")
        if path.exists() and not path.is_file():
            raise DeskError(f"{path}: is no plain file")
        read_only = path.is_file() and not (os.access(path, os.W_OK) and os.access(folder, os.W_OK))
        if not read_only:
            try:
                _make_private(folder, path)
            except OSError as error:
                raise OutputError(
                    f"{folder}: cannot be made ({why_not_written(error)}); name another folder"
                ) from error
        self._versions: dict[str, str] = {}
        super().__init__(
            path,
            lambda why: DeskError(f"{path}: is damaged or no desk ({why}); bring a copy back"),
            _TIMEOUT,
            read_only,
        )

    def prepare(self, read_only: bool) -> None:
        """Make the tables of a new desk, or check the format; an earlier one that is only looked at changes in memory."""
        if read_only:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return
            self.read_from_memory()
        else:
            self.make_durable()
        self._db.execute("PRAGMA foreign_keys = ON")
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return
            if version in CHANGES:
                self._change(db, version)
                return
            if read_only and not version:
                raise DeskError(f"{self.path}: is empty or no desk, and cannot be written")
            if version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise DeskError(f"{self.path}: is a desk of another mlcap (format {version})")
            for statement in _statements(SCHEMA):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("INSERT INTO settings VALUES ('desk', ?)", (secrets.token_hex(4),))

    @staticmethod
    def _change(db: sqlite3.Connection, version: int) -> None:
        """Bring the desk of an earlier mlcap to this format, whole or not at all."""
        for number in range(version, VERSION):
            for statement in _statements(CHANGES[number]):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")

    def row(self, question: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Row | None:
        """The first of them, None where there is none."""
        found = self.rows(question, values)
        return found[0] if found else None

    def one(self, question: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """The only value of the only row; None where there is none."""
        found = self.row(question, values)
        return None if found is None else found[0]

    def version(self, identity: str) -> str:
        """The name under which the desk knows a model version: the one that it had first here.

        A copy in another registry has another number; what was suggested and audited by one is so by the other.
        """
        if identity not in self._versions:
            # Records bring along whatever they call the version that tagged them.
            digest = digest_of(identity)
            known = digest and self.one("SELECT model FROM suggestions WHERE model LIKE ? LIMIT 1", (f"%-{digest}",))
            self._versions[identity] = known or identity
        return self._versions[identity]

    def current_version(self) -> str | None:
        """The model version that suggests on the desk now, by the name under which it knows it; None where none has yet."""
        suggests = self.setting("suggests")
        return str(suggests) if suggests else self.one("SELECT model FROM suggestions ORDER BY number DESC LIMIT 1")

    def setting(self, name: str) -> Any:
        """A setting, None where it was never made."""
        found = self.one("SELECT value FROM settings WHERE name = ?", (name,))
        return None if found is None else json.loads(found) if name != "desk" else found

    def set(self, name: str, value: Any) -> None:
        """Make a setting."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, dumped(value)))


def _make_private(folder: Path, path: Path) -> None:
    """Make a desk that nobody else on the machine can read, since captions may be embargoed; one that is there stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        # What SQLite puts beside it has the rights of the file.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, as `executescript` would end the transaction."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
