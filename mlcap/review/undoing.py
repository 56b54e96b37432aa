"""Undo and redo of any depth: rows that name an action, so that both survive a reload and a restart."""

from __future__ import annotations

import sqlite3

from mlcap.review.decision_log import EMPTY, DecisionLog
from mlcap.review.standing import COUNTS, refresh
from mlcap.review.types import listed_values, values_of


def undo(log: DecisionLog, action: int | None = None) -> list[int] | None:
    """Take back an action of this person, the latest where none is named: its captions; None where there is none."""
    with log.store.writing() as db:
        return _turn(log, db, "undo", _last(log, db) if action is None else action)


def redo(log: DecisionLog) -> list[int] | None:
    """Do again what was undone last and nothing new but notes came after: its captions; None where there is none."""
    with log.store.writing() as db:
        found = db.execute(
            "SELECT u.of FROM decisions u WHERE u.person = ? AND u.kind = 'undo'"
            " AND NOT EXISTS (SELECT 1 FROM decisions r WHERE r.of = u.of AND r.number > u.number)"
            " AND u.number > coalesce((SELECT max(n.number) FROM decisions n WHERE n.person = u.person"
            " AND n.kind NOT IN ('undo', 'redo', 'note')), 0) ORDER BY u.number DESC LIMIT 1",
            (log.person,),
        ).fetchone()
        return _turn(log, db, "redo", None if found is None else found[0])


def words_of_turn(log: DecisionLog) -> str:
    """What this person undid or redid last, in words; "" for nothing."""
    turn = log.store.row(
        "SELECT kind, of FROM decisions WHERE person = ? AND kind IN ('undo', 'redo') ORDER BY number DESC LIMIT 1",
        (log.person,),
    )
    if turn is None:
        return ""
    rows = log.store.rows("SELECT kind, id, labels FROM decisions WHERE action = ? ORDER BY number", (turn["of"],))
    first, more = rows[0], f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    labels = listed_values(values_of(first["labels"]))
    done = "undone" if turn["kind"] == "undo" else "redone"
    return f"{done}: {first['kind']} of {first['id']}{more}" + (f" ({labels})" if labels else "")


def _last(log: DecisionLog, db: sqlite3.Connection) -> int | None:
    found = db.execute(
        "SELECT d.action FROM decisions d WHERE d.person = ? AND d.kind NOT IN ('undo', 'redo')"  # noqa: S608
        f" AND d.origin IN ('browser', 'terminal') AND {COUNTS} ORDER BY d.number DESC LIMIT 1",
        (log.person,),
    ).fetchone()
    return None if found is None else int(found[0])


def _turn(log: DecisionLog, db: sqlite3.Connection, kind: str, action: int | None) -> list[int] | None:
    """Undo or redo an action, where it is this person's and stands the other way."""
    counts = kind == "undo"
    rows = db.execute(
        f"SELECT d.caption, {COUNTS} AS counts FROM decisions d WHERE d.action = ? AND d.person = ?"  # noqa: S608
        " AND d.kind NOT IN ('undo', 'redo') ORDER BY d.number",
        (action, log.person),
    ).fetchall()
    if not rows or bool(rows[0]["counts"]) is not counts:
        return None
    captions = [int(row["caption"]) for row in rows]
    log.append(db, [{**EMPTY, "kind": kind, "of": action}])
    refresh(log.store, db, captions)
    return captions
