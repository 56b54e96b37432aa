"""The ledger: every source and every record, in one SQLite file.

A batch of records is written to the unfinished result and brought to the disk first, and noted here second, together
with how many bytes of the result count. What a kill leaves beyond them is cut away, so that each record is tagged once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from mlcap.inbox.entries import Source, now
from mlcap.inbox.record_table import RecordTable
from mlcap.inbox.schema import FILE, RETAG

_COLUMNS = ", ".join(f.name for f in fields(Source))
#: What holds for the latest content of a file.
_LATEST = "NOT EXISTS (SELECT 1 FROM sources q WHERE q.path = sources.path AND q.number > sources.number)"


class Ledger(RecordTable):
    """The ledger of one output folder: its sources, and the records; `Database` says how it is opened."""

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
        return self._sources(f"WHERE state = 'failed' AND {_LATEST} ORDER BY number", ())

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

    def counts(self) -> dict[str, int]:
        """State -> how many files, by their latest content, and `tagged`, `unreadable` -> how many records.

        An error counts while the latest content of its file has it.
        """
        question = f"SELECT state, count(*) FROM sources WHERE kind = ? AND {_LATEST} GROUP BY state"  # noqa: S608
        out = {str(state): int(n) for state, n in self.rows(question, (FILE,))}
        stands = "latest AND seen IN (SELECT max(number) FROM sources GROUP BY path, kind)"
        question = f"SELECT sum(outcome = 'tagged'), sum(outcome <> 'tagged' AND {stands}) FROM records"  # noqa: S608
        tagged, unreadable = self.rows(question)[0]
        return {**out, "tagged": tagged or 0, "unreadable": unreadable or 0}
