"""Where each caption stands, worked out from the decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from mlcap.review.store import Row, Store
from mlcap.review.types import Reading

#: Whether the action of a row `d` counts: nobody undid it, or the undo was taken back.
COUNTS = (
    "coalesce((SELECT u.kind FROM decisions u WHERE u.of = d.action ORDER BY u.number DESC LIMIT 1), 'redo') = 'redo'"
)
_DECISIVE = "('decide', 'settle', 'undo', 'redo')"
_READINGS = f"SELECT d.* FROM decisions d WHERE d.kind IN ('decide', 'settle') AND {COUNTS}"  # noqa: S608


def readings_among(rows: Iterable[Row]) -> tuple[list[Reading], Reading | None]:
    """The latest reading of each person in the order of the first ones, and the one that settles, None for none.

    Args:
        rows: of one caption's decisions that count, by number.
    """
    by_person: dict[str, Reading] = {}
    settling = None
    for row in rows:
        one = Reading.of(row)
        if one.settles:
            settling = one
        else:
            by_person[one.person] = one
            # Somebody who decides after it was settled was asked to and opens it again.
            settling = None
    return list(by_person.values()), settling


def readings_of(store: Store, caption: int) -> tuple[list[Reading], Reading | None]:
    """The readings of one caption, see `readings_among`."""
    return readings_among(store.rows(f"{_READINGS} AND d.caption = ? ORDER BY d.number", (caption,)))


def all_readings(store: Store) -> Iterable[tuple[int, list[Reading], Reading | None]]:
    """The readings of every caption that has any, by the caption's number."""
    here: list[Row] = []
    for row in [*store.rows(f"{_READINGS} ORDER BY d.caption, d.number"), None]:
        if here and (row is None or row["caption"] != here[0]["caption"]):
            yield here[0]["caption"], *readings_among(here)
            here = []
        if row is not None:
            here.append(row)


def differ(readings: Sequence[Reading]) -> bool:
    """Whether people read a caption differently."""
    return any(one.labels != readings[0].labels for one in readings)


def state_of(readings: list[Reading], settling: Reading | None, blind: bool) -> tuple[str, str]:
    """(where a caption stands, who gave the first of two readings).

    Args:
        blind: whether it was drawn for a reading without tags.
    """
    if not readings and settling is None:
        return "open", ""
    if settling is not None:
        return "done", ""
    if differ(readings):
        return "differ", ""
    # Two who both saw tags have read it all the same: nobody is left to read it blind.
    if blind and len(readings) < 2 and not any(one.blind for one in readings):
        return "second", readings[0].person
    return "done", ""


def refresh(store: Store, db: sqlite3.Connection, captions: Iterable[int]) -> None:
    """Work out anew where captions stand, within a transaction of the store."""
    for caption in captions:
        blind = db.execute("SELECT blind FROM captions WHERE number = ?", (caption,)).fetchone()[0]
        state, reader = state_of(*readings_of(store, caption), bool(blind))
        db.execute(
            "UPDATE places SET state = ?, reader = ?, waiting = wanted AND ? IN ('open', 'second') WHERE caption = ?",
            (state, reader, state, caption),
        )
        db.execute("DELETE FROM asides WHERE caption = ?", (caption,))
        # Of each person the latest word alone: who decides after skipping has not passed it over.
        db.execute(
            "INSERT OR REPLACE INTO asides SELECT d.caption, d.person, d.kind, d.number FROM decisions d"  # noqa: S608
            f" WHERE d.caption = ? AND d.kind IN ('skip', 'later') AND {COUNTS} ORDER BY d.number",
            (caption,),
        )


def rebuild(store: Store) -> None:
    """Work out anew where every caption stands."""
    with store.writing() as db:
        refresh(store, db, [row[0] for row in db.execute("SELECT caption FROM places").fetchall()])


def latest_decision(store: Store, caption: int) -> int:
    """The number of what was last decided about a caption or taken back, 0 for nothing."""
    question = f"SELECT coalesce(max(number), 0) FROM decisions WHERE caption = ? AND kind IN {_DECISIVE}"  # noqa: S608
    return int(store.one(question, (caption,)))
