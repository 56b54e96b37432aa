"""An SQLite file of mlcap's own: opened, brought to the disk at each change, its errors told apart.

What people can mend by themselves (no room, a folder taken away, somebody else's lock) is an `OutputError`, after which
one can wait and go on. Everything else says that the file is damaged, or none of mlcap's.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Generic, Self, TypeVar

from mlcap.errors import MlcapError, OutputError

#: SQLite's result codes after which waiting may help (sqlite.org/rescode.html): PERM, BUSY, LOCKED, READONLY, IOERR,
#: FULL, CANTOPEN, PROTOCOL.
_PASSING = frozenset((3, 5, 6, 8, 10, 13, 14, 15))
#: A read that came short is no fault of the disk: the file ends too soon.
_SHORT_READ = 522


Row = TypeVar("Row")


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


class SqliteFile(Generic[Row]):
    """An SQLite file, shared by the threads of this process and by others.

    Subclasses say how it is made ready (`prepare`), what rows are (`row_factory`, None for tuples), and by which error a
    damaged one is told.

    Args:
        path: where it is; it is made where it is missing, unless `read_only`.
        damaged: makes the error of a damaged file from words.
        timeout: seconds to wait for the lock of another process.
        read_only: whether to look only.

    Raises:
        OutputError: it cannot be opened or written.
    """

    row_factory: Any = None

    def __init__(
        self, path: Path, damaged: Callable[[str], MlcapError], timeout: float, read_only: bool = False
    ) -> None:
        self.path = path
        self._damaged, self._timeout, self._lock = damaged, timeout, RLock()
        with self.told():
            self._db = self.connect(self._address(read_only))
            try:
                self.prepare(read_only)
            except BaseException:
                self._db.close()
                raise

    def _address(self, read_only: bool) -> str:
        address = f"{self.path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        # Where nothing can be put beside it and no log of changes waits, SQLite reads it only as one that never changes.
        still = read_only and not os.access(self.path.parent, os.W_OK) and not Path(f"{self.path}-wal").exists()
        return f"{address}&immutable=1" if still else address

    def read_from_memory(self) -> None:
        """Go on with a copy in memory, which may be changed where the file may not."""
        copy = self.connect("file::memory:")
        self._db.backup(copy)
        self._db.close()
        self._db = copy

    def connect(self, address: str) -> sqlite3.Connection:
        """Connect to a file by its address, or to memory."""
        db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=self._timeout, check_same_thread=False)
        db.text_factory = _text
        db.row_factory = self.row_factory
        return db

    def prepare(self, read_only: bool) -> None:
        """Make the tables, or check them; `self._db` is connected."""
        raise NotImplementedError

    def make_durable(self) -> None:
        """Let every transaction be on the disk when it ends, and readers not wait for whoever writes."""
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors of SQLite as errors of mlcap's."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0)
            if code & 0xFF in _PASSING and code != _SHORT_READ:
                raise OutputError(f"{self.path}: cannot be written ({error}); free space or open the folder") from error
            raise self._damaged(str(error)) from error
        except UnicodeDecodeError as error:
            # SQLite quotes a damaged definition in its message, which Python reads as UTF-8 before it makes an error of it.
            raise self._damaged(f"what it holds is no UTF-8: {error.reason}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk at the end, or nothing. Within another it is a part of that."""
        with self._lock, self.told():
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

    def rows(self, question: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        """The rows that answer a question."""
        with self._lock, self.told():
            return self._db.execute(question, values).fetchall()

    def faults(self) -> str:
        """What SQLite's own check finds, "" for nothing."""
        with self._lock, self.told():
            found = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return "" if found == "ok" else " ".join(str(found).split())
