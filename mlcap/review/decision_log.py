"""The table of decisions, which is only ever added to: whose rows they are, and what each row holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.errors import DecidedError
from mlcap.review.standing import refresh
from mlcap.review.store import Store, dumped, now
from mlcap.review.types import DeskCaption, Values, listed_values, values_of

BROWSER, TERMINAL = "browser", "terminal"
#: A row that says nothing.
EMPTY: dict[str, object] = {
    "caption": None,
    "id": "",
    "digest": "",
    "labels": "{}",
    "suggestion": None,
    "suggested": "{}",
    "model": "",
    "blind": False,
    "accepted": False,
    "note": "",
    "of": None,
    "nonce": "",
}


@dataclass(frozen=True)
class DecisionLog:
    """Adds one person's rows to the decisions.

    Attributes:
        store: the desk's.
        person: who decides.
        guide: digest of the definitions by which they decide.
        origin: `browser`, `terminal` or the form of an import.
    """

    store: Store
    person: str
    guide: str
    origin: str

    def done(self, nonce: str, kind: str, labels: Values, captions: Sequence[int] | None = None) -> int | None:
        """The action of a card that was answered already, in the same way: it is sent again, and changes nothing.

        Args:
            captions: those that are decided at once, None for the card's.

        Raises:
            DecidedError: it was answered otherwise, as by somebody who went back to it in the browser.
        """
        rows = self.store.rows(
            "SELECT * FROM decisions WHERE nonce = ? AND person = ? AND nonce <> ''", (nonce, self.person)
        )
        if not rows:
            return None
        first = rows[0]
        same = (first["kind"], values_of(first["labels"])) == (kind, dict(labels))
        if not same or (captions is not None and self._others({row["caption"] for row in rows}, set(captions))):
            said = listed_values(values_of(first["labels"])) if first["labels"] != "{}" else first["kind"]
            raise DecidedError(
                f"{first['id']} was answered from this card already ({said}), and that stays; open it again to change it",
                first["caption"],
            )
        return int(first["action"])

    def _others(self, decided: set[int], asked: set[int]) -> bool:
        """Whether other captions are asked for than were decided, those left aside that somebody else has decided."""
        return not decided <= asked or any(
            self.store.one("SELECT state FROM places WHERE caption = ?", (one,)) == "open" for one in asked - decided
        )

    def row(self, kind: str, caption: DeskCaption, labels: Values | None = None, nonce: str = "") -> dict[str, object]:
        """A row about a caption."""
        about = {"caption": caption.number, "id": caption.id, "digest": caption.digest}
        return {**EMPTY, **about, "kind": kind, "labels": dumped(dict(labels or {})), "nonce": nonce}

    def suggested(self, suggestion: int | None, shown: Values, blind: bool, labels: Values) -> dict[str, object]:
        """What was suggested, and whether the decision leaves it as it is."""
        row = (
            None if suggestion is None else self.store.row("SELECT * FROM suggestions WHERE number = ?", (suggestion,))
        )
        left = all(labels.get(name) == value for name, value in shown.items())
        # Of a facet without a suggestion whoever chose a value did so unaided.
        accepted = not blind and bool(shown) and left and not any(v for name, v in labels.items() if name not in shown)
        return {
            "suggestion": suggestion,
            "suggested": row["tags"] if row is not None and blind else dumped(dict(shown)),
            "model": "" if row is None else row["model"],
            "blind": blind,
            "accepted": accepted,
        }

    def append(self, db: sqlite3.Connection, rows: Sequence[Mapping[str, object]]) -> int:
        """Add the rows of one action and work out where their captions stand."""
        action = db.execute("SELECT coalesce(max(number), 0) + 1 FROM decisions").fetchone()[0]
        at = now()
        for row in rows:
            full = {
                **row,
                "action": action,
                "at": at,
                "person": self.person,
                "guide": self.guide,
                "origin": self.origin,
            }
            marks = ", ".join(f":{name}" for name in full)
            db.execute(f"INSERT INTO decisions ({', '.join(full)}) VALUES ({marks})", full)  # noqa: S608
        refresh(self.store, db, [int(str(row["caption"])) for row in rows if row["caption"] is not None])
        return int(action)
