"""The SQLite file of a ledger: opened, checked, brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcap.errors import DamagedLedgerError, LedgerError
from mlcap.inbox.schema import FORMAT, bring_up_to_date
from mlcap.sqlite_file import SqliteFile

#: Seconds to wait for somebody else's lock; whoever waits longer does so outside of SQLite, where signals are heard.
_TIMEOUT = 1.0
#: A format number beyond this is damage rather than a later mlcap.
_LARGEST_FORMAT = 1000


class Database(SqliteFile[tuple[Any, ...]]):
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
        self.is_new = False
        if read_only and not path.is_file():
            raise LedgerError(f"{path}: there is no ledger; start `mlcap watch` first")
        super().__init__(
            path, lambda why: DamagedLedgerError(f"{path}: is damaged or no ledger ({why})"), _TIMEOUT, read_only
        )

    def prepare(self, read_only: bool) -> None:
        """Check the format, and bring an earlier one up to date."""
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
                self.read_from_memory()
                bring_up_to_date(self._db, version)
            return
        self.make_durable()
        # The log of changes takes room of its own; these keep it near a mebibyte.
        self._db.execute("PRAGMA wal_autocheckpoint = 128")
        self._db.execute("PRAGMA journal_size_limit = 524288")
        if version != FORMAT:
            bring_up_to_date(self._db, version)

    def check(self) -> None:
        """Let SQLite look for faults.

        Raises:
            DamagedLedgerError: it finds one.
        """
        if found := self.faults():
            raise DamagedLedgerError(f"{self.path}: is damaged ({found})")
