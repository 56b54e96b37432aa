"""Queues: which captions come, and in which order."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mlcap.errors import DeskError
from mlcap.review.blindness import STILL_BLIND
from mlcap.review.feedback import ASKED_ABOUT
from mlcap.review.store import Store

_WORD = re.compile(r"\w+", re.UNICODE)
#: Words of a search that are looked at.
_MOST_WORDS = 20


#: It comes to `:reader` neither now nor later: this person skipped it, or it waits for another's second reading.
_NOT_FOR = (
    "p.caption IN (SELECT s.caption FROM asides s WHERE s.person = :reader AND s.kind <> 'later'"
    " UNION SELECT q.caption FROM places q WHERE q.state = 'second' AND q.reader = :reader)"
)
#: Nobody else is shown it.
_FREE = "NOT EXISTS (SELECT 1 FROM cards c WHERE c.caption = p.caption AND c.person <> :reader AND c.until > :now)"


class QueueKind(StrEnum):
    """What a queue holds of the captions that wait for a person."""

    UNSURE = "unsure"
    NEWEST = "newest"
    REASON = "reason"
    PAIR = "pair"
    SERIES = "series"
    SEARCH = "search"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class Queue:
    """A queue.

    Attributes:
        kind: `unsure`: everything that waits, the least sure first, with the audit among it; `newest`: the same, latest
            first; `reason`, `pair`: what has this topic; `series`: the captions of one series; `search`: what a
            search finds, whether it waits or is automatic;
            `feedback`: what programs said something about that nobody has decided since.
        value: the topic, the number of the series, or the words to search for; "" where the kind says all.
    """

    kind: QueueKind = QueueKind.UNSURE
    value: str = ""

    @classmethod
    def of(cls, kind: str, value: str) -> Queue:
        """A queue by its words.

        Raises:
            DeskError: there is no such kind, or its value is missing.
        """
        try:
            found = QueueKind(kind or "unsure")
        except ValueError as error:
            raise DeskError(f"{kind!r} is no queue; name one of {', '.join(QueueKind)}") from error
        if found in (QueueKind.UNSURE, QueueKind.NEWEST, QueueKind.FEEDBACK):
            return cls(found)
        if not value.strip() or (found is QueueKind.SERIES and not (value.isdecimal() and len(value) < 16)):
            raise DeskError(f"a queue by {found} needs to know which one")
        return cls(found, value.strip()[:200])


def _clauses(queue: Queue) -> tuple[str, str, str, dict[str, Any]]:
    """(joined tables, condition, order, values) of a queue."""
    waiting = "p.waiting = 1"
    match queue.kind:
        case QueueKind.UNSURE:
            return "", waiting, "p.rank, p.caption", {}
        case QueueKind.NEWEST:
            return "", waiting, "p.caption DESC", {}
        case QueueKind.REASON | QueueKind.PAIR:
            join = "JOIN topics t ON t.caption = p.caption AND t.kind = :kind AND t.value = :value"
            return join, waiting, "p.rank, p.caption", {"kind": str(queue.kind), "value": queue.value}
        case QueueKind.SERIES:
            join = "JOIN captions k ON k.number = p.caption AND k.series = :value"
            return join, "p.state IN ('open', 'second')", "p.caption", {"value": int(queue.value)}
        case QueueKind.SEARCH:
            join = "JOIN words w ON w.rowid = p.caption AND words MATCH :value"
            return join, "p.state IN ('open', 'second')", "w.rank", {"value": all_words(queue.value)}
        case QueueKind.FEEDBACK:
            return "", f"p.caption IN ({ASKED_ABOUT})", "p.caption", {}


def _told_by_queue(queue: Queue) -> str:
    """A condition that leaves out what a person is still to read blind, where the queue itself tells of tags."""
    return f" AND NOT {STILL_BLIND}" if queue.kind in (QueueKind.REASON, QueueKind.PAIR) else ""


def all_words(text: str) -> str:
    """A search for captions that hold every word, the last one as a beginning, in the language of SQLite's full-text search."""
    words = [f'"{w}"' for w in _WORD.findall(text)[:_MOST_WORDS]]
    return " AND ".join(words) + "*" if words else '""'


def any_word(words: list[str]) -> str:
    """A search for captions that hold any of the words."""
    return " OR ".join(f'"{w}"' for w in words)


def next_caption(store: Store, queue: Queue, person: str) -> int | None:
    """The caption that comes next for a person: one that waits, nobody else is shown and the person has not put aside.

    What the person put off comes after everything else. None where nothing is left.
    """
    join, condition, order, values = _clauses(queue)
    condition += f" AND (p.state <> 'second' OR p.reader <> :reader) AND {_FREE}{_told_by_queue(queue)}"
    values |= {"reader": person, "now": time.time()}
    found = store.one(
        f"SELECT p.caption FROM places p {join}"  # noqa: S608
        " LEFT JOIN asides a ON a.caption = p.caption AND a.person = :reader"
        f" WHERE {condition} AND a.caption IS NULL ORDER BY {order} LIMIT 1",
        values,
    )
    if found is None:
        found = store.one(
            f"SELECT p.caption FROM asides a JOIN places p ON p.caption = a.caption {join}"  # noqa: S608
            f" WHERE a.person = :reader AND a.kind = 'later' AND {condition} ORDER BY a.decision LIMIT 1",
            values,
        )
    return None if found is None else int(found)


def waiting_count(store: Store, queue: Queue, person: str | None = None) -> int:
    """How many captions wait in a queue.

    Args:
        person: for whom; not those whose second reading waits for somebody else, nor those this person skipped. None for
            whomever.
    """
    join, condition, _, values = _clauses(queue)
    counted = f"SELECT count(*) FROM places p {join} WHERE {condition}"  # noqa: S608
    if person is None:
        return int(store.one(counted, values) or 0)
    counted += _told_by_queue(queue)
    values |= {"reader": person}
    # Few are not for this person, so these are looked up and taken off: asking it of each of many would keep a key waiting.
    return int(store.one(counted, values) or 0) - int(store.one(f"{counted} AND {_NOT_FOR}", values) or 0)


def found_captions(store: Store, queue: Queue, most: int = 50) -> list[int]:
    """The captions of a queue in its order, decided ones of a search as well."""
    join, condition, order, values = _clauses(queue)
    if queue.kind is QueueKind.SEARCH:
        condition = "1"
    question = f"SELECT p.caption FROM places p {join} WHERE {condition} ORDER BY {order} LIMIT :most"  # noqa: S608
    return [int(row[0]) for row in store.rows(question, {**values, "most": most})]


@dataclass(frozen=True)
class Topic:
    """A review reason, pair of values or series, and how many captions of it wait."""

    kind: str
    value: str
    waiting: int


def topics(store: Store, kind: QueueKind, person: str = "", most: int = 200) -> list[Topic]:
    """What can be chosen: the reasons, pairs or series of captions that wait, most captions first.

    Args:
        person: who is told; what this person is still to read blind counts for no reason and no pair.
    """
    if kind is QueueKind.SERIES:
        rows = store.rows(
            "SELECT k.series AS value, count(*) AS n FROM places p JOIN captions k ON k.number = p.caption"
            " WHERE p.waiting = 1 GROUP BY k.series HAVING count(*) > 1 ORDER BY n DESC, k.series LIMIT ?",
            [most],
        )
    else:
        rows = store.rows(
            "SELECT t.value AS value, count(*) AS n FROM topics t JOIN places p ON p.caption = t.caption"  # noqa: S608
            f" WHERE t.kind = :kind AND p.waiting = 1{_told_by_queue(Queue(kind, 'any'))}"
            " GROUP BY t.value ORDER BY n DESC, t.value LIMIT :most",
            {"kind": str(kind), "most": most, "reader": person},
        )
    return [Topic(str(kind), str(row["value"]), int(row["n"])) for row in rows]


#: Captions with readings that differ of which a page has room.
_MOST_DIFFERING = 500


def differing(store: Store) -> list[int]:
    """The captions whose readings differ and nobody has settled, in order."""
    rows = store.rows("SELECT caption FROM places WHERE state = 'differ' ORDER BY caption LIMIT ?", (_MOST_DIFFERING,))
    return [int(row[0]) for row in rows]


def next_differing(store: Store) -> int | None:
    """The first of them, None for none."""
    return next(iter(differing(store)), None)


def is_differing(store: Store, caption: int) -> bool:
    """Whether a caption is one of them."""
    return bool(store.one("SELECT state = 'differ' FROM places WHERE caption = ?", (caption,)))
