"""Tokens: what lets somebody in, kept as hashes alone, each for what it was given for and for so long."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from mlcap.review.store import Row, Store

#: What a token lets its bearer do: work at the desk, have captions tagged and explained, or leave feedback.
DESK, TAG, FEEDBACK = "desk", "tag", "feedback"
#: What tokens are: an address that opens a session once, a session of a person, and what a program names each time.
INVITATION, SESSION, PROGRAM = "invitation", "session", "program"
_LONGEST = 200


def token_hash(token: str) -> str:
    """What is kept of a token; it has so much chance in it that nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()


def issue(store: Store, bearer: str, kind: str, scopes: tuple[str, ...], seconds: float) -> str:
    """A new token.

    Args:
        bearer: the name of a person or program.
        scopes: what it lets the bearer do.
        seconds: how long it holds.
    """
    token = secrets.token_urlsafe(32)
    with store.writing() as db:
        values = (token_hash(token), bearer, kind, " ".join(scopes), time.time() + seconds)
        db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", values)
    return token


def bearer_of(store: Store, token: str, kind: str) -> Row | None:
    """The row of a token that holds, None where it is none of the kind or holds no more."""
    if not token or len(token) > _LONGEST:
        return None
    wanted = token_hash(token)
    row = store.row("SELECT * FROM tokens WHERE hash = ?", (wanted,))
    # What is looked up is a hash, of which time betrays nothing of use; compared once more in constant time all the same.
    if row is None or not hmac.compare_digest(row["hash"], wanted):
        return None
    return row if row["kind"] == kind and row["until"] > time.time() else None


def scopes_of(row: Row) -> frozenset[str]:
    """What the token of a row lets its bearer do."""
    return frozenset(str(row["scopes"]).split())
