"""Taking feedback: it is put on the disk as it came, and then brings its caption before a person."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.errors import DecisionError
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import Tagger
from mlcap.records.types import Record
from mlcap.review.adding import add_records
from mlcap.review.decisions import LONGEST_NOTE, checked_labels
from mlcap.review.desk import Desk
from mlcap.review.feedback import RANK, TOPIC
from mlcap.review.people import LONGEST_NAME
from mlcap.review.store import Row, dumped, now, sound

#: Captions brought to the desk in one go.
_BATCH = 64
LONGEST_KEY = 200


@dataclass(frozen=True)
class Feedback:
    """What a program says of a caption's tags.

    Attributes:
        record: the caption, with what else the program knows of it.
        labels: facet -> value or values that are right; () where only a note is left.
        model: the version whose tags it is about, "" where it does not say.
        note: in words, "" for none.
        key: by which the sender knows it, "" for none; sent again it is the same.
    """

    record: Record
    labels: Mapping[str, object]
    model: str = ""
    note: str = ""
    key: str = ""


def record_feedback(desk: Desk, sender: str, said: Feedback) -> tuple[int, bool]:
    """Put feedback on the disk: (its number, whether it is new); with the key of an earlier one nothing is added.

    Raises:
        DecisionError: the labels do not fit the desk's facets, nothing is said at all, or it was said otherwise before.
    """
    if len(said.note) > LONGEST_NOTE or len(said.key) > LONGEST_KEY or len(said.model) > LONGEST_NAME:
        raise DecisionError(
            f"a note has {LONGEST_NOTE} characters at most, a key {LONGEST_KEY} and a model {LONGEST_NAME}"
        )
    if not said.labels and not said.note.strip():
        raise DecisionError("the feedback says nothing; give labels or a note")
    known = {facet.name for facet in desk.facets}
    if odd := [name for name in said.labels if name not in known]:
        raise DecisionError(f"{odd[0][:40]!r} is no facet; there are {', '.join(sorted(known))}")
    labels = checked_labels(desk.facets, said.labels, complete=False) if said.labels else {}
    values = (
        sound(said.record.id),
        sound(said.record.text or ""),
        dumped(dict(said.record.fields)),
        dumped(labels),
        sound(said.model),
        sound(said.note.strip()),
    )
    with desk.store.writing() as db:
        if said.key:
            question = "SELECT * FROM feedback WHERE sender = ? AND key = ?"
            earlier = db.execute(question, (sender, sound(said.key))).fetchone()
            if earlier is not None:
                if tuple(earlier)[4:-1] != values:
                    raise DecisionError(f"the key {said.key[:40]!r} was given to other feedback; give each its own")
                return int(earlier["number"]), False
        number = db.execute(
            "INSERT INTO feedback (at, sender, key, id, text, fields, labels, model, note, after)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(number), 0) FROM decisions))",
            (now(), sender, sound(said.key), *values),
        ).lastrowid
        return int(number or 0), True


def bring_to_desk(desk: Desk, tagger: Tagger) -> int:
    """Put the captions of feedback on the desk that are not there yet, each to wait for a person: how many.

    What stops in between is taken up here: feedback is recorded first.
    """
    done = 0
    while rows := desk.store.rows(
        "SELECT f.* FROM feedback f LEFT JOIN feedback_captions c ON c.feedback = f.number"
        " WHERE c.feedback IS NULL ORDER BY f.number LIMIT ?",
        (_BATCH,),
    ):
        with desk.store.writing() as db:
            for sender in dict.fromkeys(row["sender"] for row in rows):
                _bring(desk, tagger, db, sender, [row for row in rows if row["sender"] == sender])
        done += len(rows)
    return done


def _bring(desk: Desk, tagger: Tagger, db: sqlite3.Connection, sender: str, rows: Sequence[Row]) -> None:
    """Put the captions of one sender's feedback on the desk, within a transaction."""
    names = [row["id"].strip() or f"text-{text_digest(row['text'])[:12]}" for row in rows]
    records = [
        Record("feedback", json.loads(row["fields"]), row["text"], id=name)
        for row, name in zip(rows, names, strict=True)
    ]
    add_records(desk.store, desk.facets, tagger, f"feedback of {sender}", desk.shares, records)
    for row, name in zip(rows, names, strict=True):
        # As captions are looked up on a desk: by id and text.
        key = (name, text_digest(row["text"]))
        number = db.execute("SELECT number FROM captions WHERE id = ? AND digest = ?", key).fetchone()[0]
        db.execute("INSERT INTO feedback_captions VALUES (?, ?)", (row["number"], number))
        db.execute(
            "UPDATE places SET wanted = 1, rank = ?, waiting = state IN ('open', 'second') WHERE caption = ?",
            (RANK, number),
        )
        db.execute("INSERT OR IGNORE INTO topics VALUES (?, 'reason', ?)", (number, TOPIC))
