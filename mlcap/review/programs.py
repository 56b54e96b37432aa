"""The programs that call the service, each by its token."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from mlcap.errors import DeskError
from mlcap.review.people import checked_name
from mlcap.review.store import Row, Store
from mlcap.review.tokens import FEEDBACK, PROGRAM, TAG, bearer_of, issue, scopes_of

#: What a program may be given.
SCOPES = (TAG, FEEDBACK)


@dataclass(frozen=True)
class Program:
    """A program that may call.

    Attributes:
        name: by which people know it.
        scopes: what it may do.
        until: when its token ends, ISO 8601; "" for never.
    """

    name: str
    scopes: frozenset[str]
    until: str

    @classmethod
    def of(cls, row: Row) -> Program:
        """Read a row of `tokens`."""
        until = row["until"]
        ends = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds") if math.isfinite(until) else ""
        return cls(row["bearer"], scopes_of(row), ends)


def add_program(store: Store, name: str, scopes: tuple[str, ...], days: float | None = None) -> str:
    """Let a program call, and give its token, which is shown this once.

    Raises:
        DeskError: the name is odd, or another program has it.
    """
    name = checked_name(name)
    with store.writing():
        if any(program.name == name for program in programs(store)):
            raise DeskError(f"{name!r} has a token already; revoke it first, or choose another name")
        return issue(store, name, PROGRAM, scopes, math.inf if days is None else days * 24 * 3600)


def programs(store: Store) -> list[Program]:
    """The programs that have a token, by name."""
    return [Program.of(row) for row in store.rows("SELECT * FROM tokens WHERE kind = ? ORDER BY bearer", (PROGRAM,))]


def program_of(store: Store, token: str) -> Program | None:
    """The program whose token this is, None where it is none that holds."""
    row = bearer_of(store, token, PROGRAM)
    return None if row is None else Program.of(row)


def revoke(store: Store, name: str) -> None:
    """Take a program's token back; the next request with it is refused.

    Raises:
        DeskError: no program has this name.
    """
    with store.writing() as db:
        if not db.execute("DELETE FROM tokens WHERE kind = ? AND bearer = ?", (PROGRAM, name)).rowcount:
            known = ", ".join(program.name for program in programs(store)) or "none"
            raise DeskError(f"no program is called {name!r}; there are {known}")
