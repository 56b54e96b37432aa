"""Who works at a desk: names, invitations that open it once, and sessions. Tokens are kept as their hashes alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from mlcap.errors import DeskError
from mlcap.review.store import Store, now

#: What a token lets its bearer do; the desk's is the only scope so far.
DESK = "desk"
#: Seconds for which an invitation, and a session, hold.
INVITATION, SESSION = 24 * 3600.0, 30 * 24 * 3600.0
LONGEST_NAME = 60


def checked_name(name: str) -> str:
    """A person's name as the desk writes it.

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
    return _issue(store, name, "invitation", DESK, INVITATION)


def begin_session(store: Store, invitation: str) -> tuple[str, str] | None:
    """Turn an invitation, which is used up by that, into a session: (its token, the person); None where it is none."""
    with store.writing() as db:
        person = _bearer(store, invitation, "invitation", DESK)
        if person is None:
            return None
        db.execute("DELETE FROM tokens WHERE hash = ?", (_hash(invitation),))
        return _issue(store, person, "session", DESK, SESSION), person


def session_of(store: Store, token: str) -> str | None:
    """Whose session a token is, None where it is none."""
    return _bearer(store, token, "session", DESK)


def end_session(store: Store, token: str) -> None:
    """Forget a session."""
    with store.writing() as db:
        db.execute("DELETE FROM tokens WHERE hash = ?", (_hash(token),))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()


def _issue(store: Store, person: str, kind: str, scope: str, seconds: float) -> str:
    token = secrets.token_urlsafe(32)
    with store.writing() as db:
        db.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", (_hash(token), person, kind, scope, time.time() + seconds)
        )
    return token


def _bearer(store: Store, token: str, kind: str, scope: str) -> str | None:
    if not token or len(token) > 200:
        return None
    wanted = _hash(token)
    row = store.row("SELECT * FROM tokens WHERE hash = ?", (wanted,))
    # What is looked up is a hash, of which time betrays nothing of use; compared once more in constant time all the same.
    if row is None or not hmac.compare_digest(row["hash"], wanted):
        return None
    return str(row["person"]) if row["kind"] == kind and row["scope"] == scope and row["until"] > time.time() else None
