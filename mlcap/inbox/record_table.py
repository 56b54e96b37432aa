"""The records of the ledger: which rows of which files were tagged, by which model version, and seen when last."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from mlcap.inbox.database import Database
from mlcap.inbox.entries import Known, Source, now
from mlcap.inbox.rows import Row

#: The columns of a record that make a `Known`.
_KNOWN = "number, instance, origin, seen"


class RecordTable(Database):
    """The part of the ledger that knows records."""

    def origin(self, source: Source) -> int:
        """The number of the first source of the same file."""
        question = "SELECT min(number) FROM sources WHERE path = ? AND kind = ?"
        return int(self.rows(question, (source.path, source.kind))[0][0])

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

    def superseded(self, source: Source, before: int) -> list[str]:
        """The names of the records of rows that the content before still had and this one, read to its end, has not."""
        question = "SELECT id FROM records WHERE seen = ? AND latest AND origin = ? ORDER BY number"
        return [str(name) for (name,) in self.rows(question, (before, self.origin(source)))]

    def count_superseded(self) -> int:
        """How many captions were tagged whose row the latest content of their file no longer has."""
        question = """SELECT count(*) FROM records WHERE outcome = 'tagged' AND latest
          AND seen NOT IN (SELECT max(number) FROM sources GROUP BY path, kind)"""
        return int(self.rows(question)[0][0])

    def has_readable(self, number: int) -> bool:
        """Whether a caption was found in a source, newly tagged or known."""
        return bool(self.rows("SELECT 1 FROM records WHERE seen = ? AND outcome = 'tagged' LIMIT 1", (number,)))

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
