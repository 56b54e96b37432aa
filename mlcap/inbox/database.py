"""The SQLite file of a ledger: opened, checked, written in transactions; its errors told apart.

What an archive can mend by itself (no room, a folder taken away, somebody else's lock) is an `OutputError`, after which
one can wait and go on. Everything else is a `LedgerError`: the file is damaged or no ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from mlcap.errors import DamagedLedgerError, LedgerError, OutputError
from mlcap.inbox.schema import FORMAT, bring_up_to_date

#: SQLite's result codes after which waiting may help (sqlite.org/rescode.html): PERM, BUSY, LOCKED, READONLY, IOERR,
#: FULL, CANTOPEN, PROTOCOL.
_PASSING = frozenset((3, 5, 6, 8, 10, 13, 14, 15))
#: A read that came short is no fault of the disk: the file ends too soon.
_SHORT_READ = 522
#: Seconds to wait for somebody else's lock; whoever waits longer does so outside of SQLite, where signals are heard.
_TIMEOUT = 1.0
#: A format number beyond this is damage rather than a later mlcap.
_LARGEST_FORMAT = 1000


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors of SQLite as errors of mlcap's."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _PASSING and code != _SHORT_READ:
            raise OutputError(f"{path}: cannot be written ({error}); free space or open the folder") from error
        raise DamagedLedgerError(f"{path}: is damaged or no ledger ({error})") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


class Database:
    """The SQLite file of a ledger.

    Args:
        path: where it is; it is made where it is missing, unless `read_only`.
        read_only: whether to look only; a ledger of an earlier format is then read from a copy in memory.

    Attributes:
        is_new: whether it was empty or missing.

    Raises:
        OutputError: it cannot be opened or written.
        DamagedLedgerError: it is damaged.
        LedgerError: it is missing, or of a later mlcap.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self.is_new = False
        if read_only and not path.is_file():
            raise LedgerError(f"{path}: there is no ledger; start `mlcap watch` first")
        with told(path):
            self._db = self._connect(f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}")
            try:
                self._prepare(read_only)
            except BaseException:
                self._db.close()
                raise

    def _connect(self, address: str) -> sqlite3.Connection:
        db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_TIMEOUT)
        db.text_factory = _text
        return db

    def _prepare(self, read_only: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in range(FORMAT + 1):
            if version in range(_LARGEST_FORMAT):
                raise LedgerError(f"{self.path}: is a ledger of another mlcap (format {version})")
            raise DamagedLedgerError(f"{self.path}: is damaged or no ledger (format {version})")
        self.is_new = version == 0
        if read_only:
            if self.is_new:
                raise DamagedLedgerError(f"{self.path}: is empty or no ledger")
            if version != FORMAT:
                copy = self._connect("file::memory:")
                self._db.backup(copy)
                self._db.close()
                self._db = copy
                bring_up_to_date(copy, version)
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        # The log of changes takes room of its own; these keep it near a mebibyte.
        self._db.execute("PRAGMA wal_autocheckpoint = 128")
        self._db.execute("PRAGMA journal_size_limit = 524288")
        if version != FORMAT:
            bring_up_to_date(self._db, version)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is done within it is done, or none."""
        with told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to a question."""
        with told(self.path):
            return self._db.execute(question, values).fetchall()

    def check(self) -> None:
        """Let SQLite look for faults.

        Raises:
            DamagedLedgerError: it finds one.
        """
        found = self.rows("PRAGMA integrity_check(1)")
        if found != [("ok",)]:
            raise DamagedLedgerError(f"{self.path}: is damaged ({' '.join(str(found[0][0]).split())})")
