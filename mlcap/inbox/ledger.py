"""The ledger: every source and every record, in one SQLite file.

A batch of records is written to the unfinished result and brought to the disk first, and noted here second, together
with how many bytes of the result count. What a kill leaves beyond them is cut away, so that each record is tagged once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from mlcap.inbox.database import Database
from mlcap.inbox.rows import Row
from mlcap.inbox.schema import FILE, RETAG


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


_COLUMNS = ", ".join(f.name for f in fields(Source))


@dataclass(frozen=True)
class Known:
    """A record that the ledger holds: of a row that is to be passed over, or to be tagged again."""

    number: int
    instance: int
    origin: int
    seen: int


#: The columns of a record that make a `Known`.
_KNOWN = "number, instance, origin, seen"


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Ledger(Database):
    """The ledger of one output folder; `Database` says how it is opened."""

    def add(
        self, path: str, stamp: str, sha256: str, model: str, result: str, kind: str = FILE, number: int | None = None
    ) -> Source:
        """Note a source that is about to be worked on; `{}` in the result's name becomes its number."""
        with self.writing() as db:
            columns = "number, path, stamp, sha256, state, result, model, since, changed, kind"
            values = (number, path, stamp, sha256, "working", "", model, now(), now(), kind)
            question = f"INSERT INTO sources ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
            made = db.execute(question, values).lastrowid
            db.execute("UPDATE sources SET result = ? WHERE number = ?", (result.format(made), made))
        return self.source(made or 0)

    def _sources(self, clause: str, values: Sequence[Any]) -> list[Source]:
        return [Source(*row) for row in self.rows(f"SELECT {_COLUMNS} FROM sources {clause}", values)]  # noqa: S608

    def source(self, number: int) -> Source:
        """One source."""
        return self._sources("WHERE number = ?", (number,))[0]

    def find(self, number: int) -> Source | None:
        """One source, None where there is none."""
        found = self._sources("WHERE number = ?", (number,))
        return found[0] if found else None

    def sources(self, *states: str) -> list[Source]:
        """The sources in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        return self._sources(f"WHERE state IN ({marks}) ORDER BY number", states)

    def failures(self) -> list[Source]:
        """The files of which the latest content failed, oldest first."""
        clause = """WHERE state = 'failed'
          AND NOT EXISTS (SELECT 1 FROM sources q WHERE q.path = sources.path AND q.number > sources.number)
          ORDER BY number"""
        return self._sources(clause, ())

    def latest(self, path: str) -> Source | None:
        """The latest content of a file of the inbox, None where it was never seen."""
        found = self._sources("WHERE path = ? AND kind = ? ORDER BY number DESC LIMIT 1", (path, FILE))
        return found[0] if found else None

    def before(self, source: Source) -> Source | None:
        """The content that the same file had before, None where it had none."""
        clause = "WHERE path = ? AND kind = ? AND number < ? ORDER BY number DESC LIMIT 1"
        found = self._sources(clause, (source.path, source.kind, source.number))
        return found[0] if found else None

    def rename(self, path: str, other: str) -> None:
        """Note that the sources of one path are those of another."""
        with self.writing() as db:
            db.execute("UPDATE sources SET path = ? WHERE path = ? AND kind = ?", (other, path, FILE))

    def origin(self, source: Source) -> int:
        """The number of the first source of the same file."""
        question = "SELECT min(number) FROM sources WHERE path = ? AND kind = ?"
        return int(self.rows(question, (source.path, source.kind))[0][0])

    def stopped_retag(self, model_digest: str) -> Source | None:
        """The retagging with a model version that was stopped before its end, None where there is none."""
        working = [s for s in self.sources("working") if s.kind == RETAG and s.sha256 == model_digest]
        return working[-1] if working else None

    def set_stamp(self, number: int, stamp: str) -> None:
        """Note that a file was touched without a change."""
        with self.writing() as db:
            db.execute("UPDATE sources SET stamp = ? WHERE number = ?", (stamp, number))

    def set_state(self, number: int, state: str, reason: str = "") -> None:
        """Note what became of a source."""
        with self.writing() as db:
            values = (state, reason, now(), number)
            db.execute("UPDATE sources SET state = ?, reason = ?, changed = ? WHERE number = ?", values)

    def start_again(self, number: int) -> None:
        """Forget the records of a source whose unfinished result is gone."""
        with self.writing() as db:
            # What they were the latest of, the record before them is the latest of again.
            db.execute(
                """UPDATE records SET latest = 1 WHERE number IN (SELECT max(o.number) FROM records o
                  JOIN records r ON r.instance = o.instance WHERE r.source = ?1 AND o.source <> ?1 GROUP BY o.instance)""",
                (number,),
            )
            db.execute("DELETE FROM records WHERE source = ?", (number,))
            db.execute("UPDATE records SET seen = ?1 - 1 WHERE seen = ?1", (number,))
            db.execute(
                "UPDATE sources SET bytes = 0, records = 0, tagged = 0, unreadable = 0 WHERE number = ?", (number,)
            )

    def model_number(self, version: str, digest: str) -> int:
        """The number by which records name a model version.

        Where only its name was known, from results, it gets its digest.
        """
        with self.writing() as db:
            for name in (version, version.partition("-")[0]):
                if not db.execute("SELECT 1 FROM models WHERE digest = ?", (digest,)).fetchone():
                    db.execute("UPDATE models SET digest = ? WHERE digest = ?", (digest, digest_of_name(name)))
            db.execute("INSERT OR IGNORE INTO models (version, digest) VALUES (?, ?)", (version, digest))
        return int(self.rows("SELECT number FROM models WHERE digest = ?", (digest,))[0][0])

    def _find(self, clause: str, values: Sequence[Any], taken: Collection[int]) -> Known | None:
        question = f"SELECT {_KNOWN} FROM records WHERE {clause} LIMIT ?"  # noqa: S608
        found = (Known(*row) for row in self.rows(question, (*values, len(taken) + 1)))
        return next((k for k in found if k.number not in taken), None)

    def known(self, row: Row, source: int, origin: int, model: int | None, taken: Collection[int]) -> Known | None:
        """The record that was given for the same row of the same file when it was read before.

        Args:
            source: the source that is being read; rows that were found in it already count as others.
            model: the model version that is to have given it; None for any.
            taken: numbers of records that other rows of the same batch were found to be.
        """
        clause = f"row = ? AND {'latest' if model is None else 'model'} = ? AND origin = ? AND seen < ?"
        for digest in filter(None, (row.digest, row.by_text)):
            found = self._find(clause, (digest, 1 if model is None else model, origin, source), taken)
            if found:
                return found
        return None

    def to_retag(self, row: Row, model: int, taken: Collection[int]) -> Known | None:
        """A record of a row that other model versions only have tagged, None where there is none.

        A row whose file has another row with its id by now is not tagged again.

        Args:
            taken: as for `known`.
        """
        for clause, values in _retag_clauses(row, model):
            found = self._find(clause, values, taken)
            if found:
                return found
        return None

    def count_to_retag(self, row: Row, model: int) -> int:
        """How many records of equal rows other model versions only have tagged."""
        clauses = _retag_clauses(row, model)
        return sum(int(self.rows(f"SELECT count(*) FROM records WHERE {c}", v)[0][0]) for c, v in clauses)  # noqa: S608

    def note(
        self,
        source: Source,
        size: int,
        records: int,
        fresh: Sequence[tuple[Row, Known | None]],
        known: Sequence[Known],
        model: int,
    ) -> None:
        """Note a batch.

        Args:
            size: bytes of the unfinished result that count now.
            records: how many records of the source are dealt with now.
            fresh: the rows whose lines were written, each with the record of which it is the retagging.
            known: the records of the rows that were passed over.
            model: the model version's number.
        """
        at, origin = now(), self.origin(source)
        with self.writing() as db:
            for one in known:
                db.execute("UPDATE records SET seen = ? WHERE instance = ?", (source.number, one.instance))
            for row, before in fresh:
                _insert(db, row, source, origin, before or _before(db, row, source, origin), model, at)
            unreadable = sum(bool(row.error) for row, _ in fresh)
            db.execute(
                "UPDATE sources SET bytes = ?, records = ?, tagged = tagged + ?, unreadable = unreadable + ?, changed = ? WHERE number = ?",
                (size, records, len(fresh) - unreadable, unreadable, at, source.number),
            )

    def has_readable(self, number: int) -> bool:
        """Whether a caption was found in a source, newly tagged or known."""
        return bool(self.rows("SELECT 1 FROM records WHERE seen = ? AND outcome = 'tagged' LIMIT 1", (number,)))

    def counts(self) -> dict[str, int]:
        """State -> how many sources, and `tagged`, `unreadable` -> how many records."""
        out = {str(state): int(n) for state, n in self.rows("SELECT state, count(*) FROM sources GROUP BY state")}
        tagged, unreadable = self.rows("SELECT sum(outcome = 'tagged'), sum(outcome <> 'tagged') FROM records")[0]
        return {**out, "tagged": tagged or 0, "unreadable": unreadable or 0}

    def models(self) -> dict[str, int]:
        """Model version -> how many captions it tagged."""
        question = """SELECT m.version, count(*) FROM records r JOIN models m ON m.number = r.model
          WHERE r.outcome = 'tagged' GROUP BY m.version ORDER BY m.version"""
        return {str(model): int(n) for model, n in self.rows(question)}


def digest_of_name(version: str) -> str:
    """What stands for the digest of a version of which only the name is known."""
    return f"of version {version}"


def _retag_clauses(row: Row, model: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Conditions that together find the records of a row to be tagged again; each is answered by an index."""
    for digest in filter(None, (row.digest, row.by_text)):
        for sign in "<>":
            clause = f"""row = ? AND latest = 1 AND model {sign} ?
              AND NOT EXISTS (SELECT 1 FROM records q WHERE q.instance = records.instance AND q.model = ?)
              AND NOT EXISTS (SELECT 1 FROM records q WHERE q.id = records.id AND q.id <> ''
                AND q.origin = records.origin AND q.seen > records.seen AND q.row <> records.row)"""  # noqa: S608
            yield clause, (digest, model, model)


def _before(db: sqlite3.Connection, row: Row, source: Source, origin: int) -> Known | None:
    """What another model version gave for a row of a file that is read again."""
    question = f"SELECT {_KNOWN} FROM records WHERE row = ? AND origin = ? AND latest = 1 AND seen < ? LIMIT 1"  # noqa: S608
    found = db.execute(question, (row.digest, origin, source.number)).fetchone()
    return Known(found[0], found[1], found[2], source.number) if found else None


def _insert(
    db: sqlite3.Connection, row: Row, source: Source, origin: int, before: Known | None, model: int, at: str
) -> None:
    """Note one record; what it tags again is no longer the latest."""
    seen = source.number
    if before:
        origin, seen = before.origin, before.seen
        db.execute("UPDATE records SET latest = 0, seen = ? WHERE instance = ?", (seen, before.instance))
    columns = "row, origin, seen, source, instance, latest, id, digest, model, outcome, at"
    values = (
        *(row.digest, origin, seen, source.number, before.instance if before else 0, 1),
        *(row.id, row.text or source.sha256, model, row.error or "tagged", at),
    )
    made = db.execute(f"INSERT INTO records ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values).lastrowid  # noqa: S608
    if not before:
        db.execute("UPDATE records SET instance = ? WHERE number = ?", (made, made))
