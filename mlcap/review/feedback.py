"""Feedback on a desk, as people see it: what programs said of a caption's tags. It is no label, until a person decides."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from mlcap.review.standing import COUNTS
from mlcap.review.store import Store
from mlcap.review.types import Values, listed_values, values_of

#: The review reason of captions that programs said something about.
TOPIC = "feedback"
#: Where in the queue they stand: before everything that is unsure.
RANK = -1.0
#: Most that is told of one caption.
_MOST = 20
#: Whether nobody has decided the caption of a row `f` of feedback since it came.
_UNDECIDED = (
    "NOT EXISTS (SELECT 1 FROM feedback_captions fc JOIN decisions d ON d.caption = fc.caption"  # noqa: S608
    f" WHERE fc.feedback = f.number AND d.kind IN ('decide', 'settle') AND d.number > f.after AND {COUNTS})"
)
#: The captions of which something was said that nobody has decided since.
ASKED_ABOUT = (
    "SELECT k.caption FROM feedback_captions k JOIN feedback f ON f.number = k.feedback"  # noqa: S608
    f" WHERE {_UNDECIDED}"
)


def is_asked_about(db: sqlite3.Connection, caption: int) -> bool:
    """Whether something was said of a caption that nobody has decided since."""
    return db.execute(f"{ASKED_ABOUT} AND k.caption = ? LIMIT 1", (caption,)).fetchone() is not None


@dataclass(frozen=True)
class SaidFeedback:
    """Feedback about a caption of the desk, as people see it."""

    number: int
    at: str
    sender: str
    labels: Values
    model: str
    note: str

    @property
    def words(self) -> str:
        """What was said, in a line."""
        said = "; ".join(filter(None, (listed_values(self.labels) if self.labels else "", self.note)))
        return f"{TOPIC}: {self.sender} says {said}"


def feedback_about(store: Store, caption: int) -> tuple[SaidFeedback, ...]:
    """What was said about a caption, latest first."""
    rows = store.rows(
        "SELECT f.* FROM feedback f JOIN feedback_captions c ON c.feedback = f.number"
        " WHERE c.caption = ? ORDER BY f.number DESC LIMIT ?",
        (caption, _MOST),
    )
    return tuple(
        SaidFeedback(r["number"], r["at"], r["sender"], values_of(r["labels"]), r["model"], r["note"]) for r in rows
    )


@dataclass(frozen=True)
class FeedbackCounts:
    """How much feedback there is, and how much of it is about captions that nobody has decided since."""

    recorded: int
    undecided: int


def feedback_counts(store: Store) -> FeedbackCounts:
    """Count the feedback on a desk."""
    undecided = store.one(f"SELECT count(*) FROM feedback f WHERE {_UNDECIDED}")  # noqa: S608
    return FeedbackCounts(int(store.one("SELECT count(*) FROM feedback")), int(undecided))
