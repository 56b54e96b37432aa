"""The file of a desk: one SQLite database, shared by the threads of a server and by other processes."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self

from mlcap.errors import DeskError, OutputError
from mlcap.review.schema import SCHEMA, VERSION

FILE = "desk.sqlite"
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


class Store:
    """The database of one desk.

    Args:
        folder: of the desk.
        new: whether it is made where it is missing.

    Raises:
        DeskError: it is missing, damaged or of another mlcap.
        OutputError: it cannot be written.
    """

    def __init__(self, folder: Path, new: bool = False) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._lock = RLock()
        if not new and not self.path.is_file():
            raise DeskError(f"{folder}: is no desk; start one with `mlcap review open {folder} CAPTIONS`")
        if self.path.exists() and not self.path.is_file():
            raise DeskError(f"{self.path}: is no plain file")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
        with self._told():
            address = f"{self.path.absolute().as_uri()}?mode=rwc"
            self._db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
            try:
                self._db.row_factory = sqlite3.Row
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return
            if version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise DeskError(f"{self.path}: is a desk of another mlcap (format {version})")
            for statement in _statements(SCHEMA):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("INSERT INTO settings VALUES ('desk', ?)", (secrets.token_hex(4),))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLite as errors of mlcap's."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OutputError(f"{self.path}: cannot be written ({error}); free space or open the folder") from error
        except sqlite3.DatabaseError as error:
            raise DeskError(f"{self.path}: is damaged or no desk ({error}); bring a copy back") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk at the end, or nothing. Within another it is a part of that."""
        with self._lock, self._told():
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows that answer a question."""
        with self._lock, self._told():
            return self._db.execute(question, values).fetchall()

    def row(self, question: str, values: Sequence[Any] = ()) -> Row | None:
        """The first of them, None where there is none."""
        found = self.rows(question, values)
        return found[0] if found else None

    def one(self, question: str, values: Sequence[Any] = ()) -> Any:
        """The only value of the only row; None where there is none."""
        found = self.row(question, values)
        return None if found is None else found[0]

    def setting(self, name: str) -> Any:
        """A setting, None where it was never made."""
        found = self.one("SELECT value FROM settings WHERE name = ?", (name,))
        return None if found is None else json.loads(found) if name != "desk" else found

    def set(self, name: str, value: Any) -> None:
        """Make a setting."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, dumped(value)))

    def sound(self) -> bool:
        """Whether SQLite's own check finds no fault."""
        return [row[0] for row in self.rows("PRAGMA integrity_check")] == ["ok"]


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, as `executescript` would end the transaction."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
