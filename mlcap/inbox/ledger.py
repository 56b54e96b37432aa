"""The ledger: every source and every record, in one SQLite file.

A batch of records is written to the unfinished result and brought to the disk first, and noted here second, together
with how many bytes of the result count. What a kill leaves beyond them is cut away, so that each record is tagged once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from mlcap.errors import LedgerError, OutputError

_VERSION = 2
#: Kinds of sources: a file of the inbox, or the results that are tagged again.
FILE, RETAG = "file", "retag"
#: The kind of a source in a ledger of format 1, which has no column for it; no file's result is named like this.
_OLD_KIND = f"CASE WHEN path = 'retag ' || sha256 AND result LIKE 'retag-model-%' THEN '{RETAG}' ELSE '{FILE}' END"
_SCHEMA = """
CREATE TABLE sources (
  number INTEGER PRIMARY KEY,
  path TEXT NOT NULL,          -- within the inbox; odd characters escaped
  stamp TEXT NOT NULL,         -- size and time, by which an unchanged file is known
  sha256 TEXT NOT NULL,        -- of its content
  state TEXT NOT NULL CHECK (state IN ('working', 'placing', 'done', 'failed')),
  reason TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL,        -- name of the file of tagged records
  bytes INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0,
  unreadable INTEGER NOT NULL DEFAULT 0,
  model TEXT NOT NULL,
  since TEXT NOT NULL,
  changed TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'retag'))
);
CREATE INDEX sources_by_path ON sources (path);
CREATE TABLE records (
  id TEXT NOT NULL,            -- the record's own, '' where it has none
  digest TEXT NOT NULL,        -- of its text
  model_digest TEXT NOT NULL,
  model TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (number),
  outcome TEXT NOT NULL,       -- 'tagged', or why it could not be read
  at TEXT NOT NULL,
  PRIMARY KEY (id, digest, model_digest)
);
CREATE INDEX records_by_source ON records (source);
"""
#: From format 1 to 2.
_UPGRADE = f"""
ALTER TABLE sources ADD COLUMN kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'retag'));
UPDATE sources SET kind = {_OLD_KIND};
"""  # noqa: S608


@dataclass(frozen=True)
class Source:
    """One content of one file, or one retagging, as the ledger has it; the attributes are the columns of `sources`."""

    number: int
    path: str
    stamp: str
    sha256: str
    state: str
    reason: str
    result: str
    bytes: int
    records: int
    tagged: int
    unreadable: int
    model: str
    since: str
    changed: str
    kind: str


#: The columns of `sources` but the last, which a ledger of format 1 does not have.
_COLUMNS = ", ".join(f.name for f in fields(Source)[:-1])


@dataclass(frozen=True)
class Key:
    """By what a caption is known: its id and the digest of its text."""

    id: str
    digest: str


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of SQLite as errors of mlcap's."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OutputError(f"{path}: cannot be written ({error}); free space or open the folder") from error
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path}: is damaged or no ledger ({error}); move it away to start anew") from error


class Ledger:
    """The ledger of one output folder.

    Args:
        path: the SQLite file; it is made where it is missing, unless `read_only`.

    Raises:
        OutputError: it cannot be opened or written.
        LedgerError: it is damaged or of another mlcap.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        if read_only and not path.is_file():
            raise LedgerError(f"{path}: there is no ledger; start `mlcap watch` first")
        with _told(path):
            address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            self._db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
            try:
                self._prepare(read_only)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, read_only: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in range(_VERSION + 1) or (version == 0 and read_only):
            raise LedgerError(f"{self.path}: is a ledger of another mlcap (format {version})")
        self._kind = _OLD_KIND if version == 1 and read_only else "kind"
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        # The log of changes takes room of its own; these keep it near a mebibyte.
        self._db.execute("PRAGMA wal_autocheckpoint = 128")
        self._db.execute("PRAGMA journal_size_limit = 524288")
        if version != _VERSION:
            script = _UPGRADE if version else _SCHEMA
            self._db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {_VERSION}; COMMIT;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _told(self.path):
            return self._db.execute(question, values).fetchall()

    def sound(self) -> bool:
        """Whether SQLite's own check finds no fault."""
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    def add(self, path: str, stamp: str, sha256: str, model: str, result: str, kind: str = FILE) -> Source:
        """Note a source that is about to be worked on; `{}` in the result's name becomes its number."""
        with self._writing() as db:
            columns = "path, stamp, sha256, state, result, model, since, changed, kind"
            values = (path, stamp, sha256, "working", "", model, now(), now(), kind)
            number = db.execute(f"INSERT INTO sources ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values).lastrowid  # noqa: S608
            db.execute("UPDATE sources SET result = ? WHERE number = ?", (result.format(number), number))
        return self.source(number or 0)

    def _sources(self, clause: str, values: Sequence[Any]) -> list[Source]:
        return [Source(*row) for row in self._rows(f"SELECT {_COLUMNS}, {self._kind} FROM sources {clause}", values)]  # noqa: S608

    def source(self, number: int) -> Source:
        """One source."""
        return self._sources("WHERE number = ?", (number,))[0]

    def sources(self, *states: str) -> list[Source]:
        """The sources in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        return self._sources(f"WHERE state IN ({marks}) ORDER BY number", states)

    def latest(self, path: str) -> Source | None:
        """The latest content of a file of the inbox, None where it was never seen."""
        found = self._sources(f"WHERE path = ? AND {self._kind} = ? ORDER BY number DESC LIMIT 1", (path, FILE))
        return found[0] if found else None

    def stopped_retag(self, model_digest: str) -> Source | None:
        """The retagging with a model version that was stopped before its end, None where there is none."""
        working = [s for s in self.sources("working") if s.kind == RETAG and s.sha256 == model_digest]
        return working[-1] if working else None

    def set_stamp(self, number: int, stamp: str) -> None:
        """Note that a file was touched without a change."""
        with self._writing() as db:
            db.execute("UPDATE sources SET stamp = ? WHERE number = ?", (stamp, number))

    def set_state(self, number: int, state: str, reason: str = "") -> None:
        """Note what became of a source."""
        with self._writing() as db:
            values = (state, reason, now(), number)
            db.execute("UPDATE sources SET state = ?, reason = ?, changed = ? WHERE number = ?", values)

    def start_again(self, number: int) -> None:
        """Forget the records of a source whose unfinished result is gone."""
        with self._writing() as db:
            db.execute("DELETE FROM records WHERE source = ?", (number,))
            db.execute(
                "UPDATE sources SET bytes = 0, records = 0, tagged = 0, unreadable = 0 WHERE number = ?", (number,)
            )

    def known(self, key: Key, model_digest: str) -> bool:
        """Whether a model version has tagged a caption already."""
        question = "SELECT 1 FROM records WHERE id = ? AND digest = ? AND model_digest = ?"
        return bool(self._rows(question, (key.id, key.digest, model_digest)))

    def to_retag(self, key: Key, model_digest: str) -> bool:
        """Whether a caption was tagged, by other model versions only, and is the latest text of its id."""
        question = """
            SELECT max(model_digest = :model),
              (SELECT digest FROM records WHERE :id <> '' AND id = :id ORDER BY rowid DESC LIMIT 1)
            FROM records WHERE id = :id AND digest = :digest AND outcome = 'tagged'"""
        values: Any = {"id": key.id, "digest": key.digest, "model": model_digest}
        seen, latest = self._rows(question, values)[0]
        return seen == 0 and (not key.id or latest == key.digest)

    def note(
        self,
        source: Source,
        size: int,
        records: int,
        tagged: Sequence[Key],
        unreadable: Sequence[tuple[str, str]],
        model_digest: str,
    ) -> None:
        """Note a batch.

        Args:
            size: bytes of the unfinished result that count now.
            records: how many records of the source are dealt with now.
            tagged: the captions that were tagged.
            unreadable: (position, why) of the records that could not be read.
        """
        at = now()
        rows = [(k.id, k.digest, model_digest, source.model, source.number, "tagged", at) for k in tagged]
        rows += [(p, source.sha256, model_digest, source.model, source.number, why, at) for p, why in unreadable]
        with self._writing() as db:
            db.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute(
                "UPDATE sources SET bytes = ?, records = ?, tagged = tagged + ?, unreadable = unreadable + ?, changed = ? WHERE number = ?",
                (size, records, len(tagged), len(unreadable), at, source.number),
            )

    def counts(self) -> dict[str, int]:
        """State -> how many sources, and `tagged`, `unreadable` -> how many records."""
        out = {str(state): int(n) for state, n in self._rows("SELECT state, count(*) FROM sources GROUP BY state")}
        tagged, unreadable = self._rows("SELECT sum(outcome = 'tagged'), sum(outcome <> 'tagged') FROM records")[0]
        return {**out, "tagged": tagged or 0, "unreadable": unreadable or 0}

    def models(self) -> dict[str, int]:
        """Model version -> how many captions it tagged."""
        question = "SELECT model, count(*) FROM records WHERE outcome = 'tagged' GROUP BY model ORDER BY model"
        return {str(model): int(n) for model, n in self._rows(question)}
