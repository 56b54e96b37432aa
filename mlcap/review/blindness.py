"""Readings without tags: who is still to read a caption so, and who has been shown tags of it meanwhile.

A reading is blind only where its reader was never shown a tag or label of the caption. So whatever shows some notes it
here, and whatever lists captions leaves out the tags of those that the person is still to read blind.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlcap.review.store import Store

#: Whether a person (`:reader`) is still to read the caption of a place `p` blind. Who works alone reads at once without
#: tags what a second person would.
STILL_BLIND = (
    "(p.caption IN (SELECT b.number FROM captions b WHERE b.number = p.caption AND b.blind = 1)"
    " AND ((p.state = 'second' AND p.reader <> :reader)"
    " OR (p.state = 'open' AND (SELECT count(*) FROM people) < 2))"
    " AND NOT EXISTS (SELECT 1 FROM tags_seen z WHERE z.caption = p.caption AND z.person = :reader))"
)


def reads_blind(store: Store, caption: int, person: str) -> bool:
    """Whether a person is still to read a caption without tags."""
    question = f"SELECT 1 FROM places p WHERE p.caption = :caption AND {STILL_BLIND}"  # noqa: S608
    return store.one(question, {"caption": caption, "reader": person}) is not None


def has_seen(store: Store, caption: int, person: str) -> bool:
    """Whether a person was shown tags or labels of a caption that was drawn to be read blind."""
    return store.one("SELECT 1 FROM tags_seen WHERE caption = ? AND person = ?", (caption, person)) is not None


def note_seen(store: Store, captions: Iterable[int], person: str) -> None:
    """Note that tags or labels of captions are shown to a person; only of those that were drawn to be read blind."""
    question = (
        "SELECT 1 FROM captions WHERE number = ? AND blind = 1"
        " AND NOT EXISTS (SELECT 1 FROM tags_seen WHERE caption = number AND person = ?)"
    )
    new = [one for one in captions if store.one(question, (one, person)) is not None]
    if new:
        with store.writing() as db:
            db.executemany("INSERT OR IGNORE INTO tags_seen VALUES (?, ?)", [(one, person) for one in new])


def note_all_seen(store: Store, person: str) -> None:
    """Note that the labels of every decided caption are given to a person, as by an export."""
    with store.writing() as db:
        db.execute(
            "INSERT OR IGNORE INTO tags_seen SELECT c.number, ? FROM captions c JOIN places p ON p.caption = c.number"
            " WHERE c.blind = 1 AND p.state <> 'open'",
            (person,),
        )
