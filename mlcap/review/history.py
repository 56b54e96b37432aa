"""What a person did at a desk, latest first."""

from __future__ import annotations

from dataclasses import dataclass

from mlcap.review.standing import COUNTS
from mlcap.review.store import Store
from mlcap.review.types import Values, values_of


@dataclass(frozen=True)
class Action:
    """One line of a person's history: what was done at once, about which caption and how many more, and whether it counts."""

    number: int
    kind: str
    at: str
    caption: int
    id: str
    captions: int
    labels: Values
    counts: bool


def history(store: Store, person: str, most: int = 100) -> list[Action]:
    """What a person did, latest first."""
    rows = store.rows(
        f"SELECT d.action, d.kind, d.at, min(d.caption) AS caption, d.id, count(*) AS n, d.labels, {COUNTS} AS counts"  # noqa: S608
        " FROM decisions d WHERE d.person = ? AND d.kind NOT IN ('undo', 'redo')"
        " GROUP BY d.action ORDER BY d.action DESC LIMIT ?",
        (person, most),
    )
    return [
        Action(
            r["action"], r["kind"], r["at"], r["caption"], r["id"], r["n"], values_of(r["labels"]), bool(r["counts"])
        )
        for r in rows
    ]
