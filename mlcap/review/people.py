"""Who works at a desk: names, invitations that open it once, and sessions."""

from __future__ import annotations

import time

from mlcap.errors import DeskError
from mlcap.review.store import Store, now
from mlcap.review.tokens import DESK, INVITATION, SESSION, bearer_of, issue, scopes_of, token_hash

#: Seconds for which an invitation, and a session, hold.
INVITATION_SECONDS, SESSION_SECONDS = 24 * 3600.0, 30 * 24 * 3600.0
LONGEST_NAME = 60


def checked_name(name: str) -> str:
    """The name of a person or program as the desk writes it.

    Raises:
        DeskError: it is empty, too long or holds odd characters.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise DeskError(
            f"{name[:LONGEST_NAME]!r} names nobody; give a name of 1 to {LONGEST_NAME} printable characters"
        )
    return name


def people(store: Store) -> list[str]:
    """The names of those who work at the desk."""
    return [row[0] for row in store.rows("SELECT name FROM people ORDER BY added, name")]


def invite(store: Store, name: str) -> str:
    """Add a person where the name is new, and give a token that opens one session."""
    name = checked_name(name)
    with store.writing() as db:
        db.execute("INSERT OR IGNORE INTO people VALUES (?, ?)", (name, now()))
        db.execute("DELETE FROM tokens WHERE until < ?", (time.time(),))
    return issue(store, name, INVITATION, (DESK,), INVITATION_SECONDS)


def begin_session(store: Store, invitation: str) -> tuple[str, str] | None:
    """Turn an invitation, which is used up by that, into a session: (its token, the person); None where it is none."""
    with store.writing() as db:
        person = _worker(store, invitation, INVITATION)
        if person is None:
            return None
        db.execute("DELETE FROM tokens WHERE hash = ?", (token_hash(invitation),))
        return issue(store, person, SESSION, (DESK,), SESSION_SECONDS), person


def session_of(store: Store, token: str) -> str | None:
    """Whose session a token is, None where it is none."""
    return _worker(store, token, SESSION)


def end_session(store: Store, token: str) -> None:
    """Forget a session."""
    with store.writing() as db:
        db.execute("DELETE FROM tokens WHERE hash = ?", (token_hash(token),))


def _worker(store: Store, token: str, kind: str) -> str | None:
    """The person who may work at the desk by a token."""
    row = bearer_of(store, token, kind)
    return str(row["bearer"]) if row is not None and DESK in scopes_of(row) else None
