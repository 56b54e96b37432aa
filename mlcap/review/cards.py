"""Cards: what a person is shown of a caption, noted before it is shown."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from mlcap.errors import DecisionError, DeskError
from mlcap.review.blindness import note_seen, reads_blind
from mlcap.review.standing import COUNTS, readings_of
from mlcap.review.store import Store, dumped
from mlcap.review.types import Card, DeskCaption, Reading, Suggestion, Values, each_of, taken_off, values_of
from mlcap.types import Facet, FacetValue

#: Seconds for which nobody else is shown the caption of a card.
LEASE = 600.0
#: Seconds after which a card that was never answered is forgotten.
_FORGOTTEN = 7 * 24 * 3600.0


def caption_of(store: Store, number: int) -> DeskCaption:
    """One caption.

    Raises:
        DeskError: the desk has no such caption.
    """
    row = store.row(
        "SELECT c.*, s.name AS source_name FROM captions c JOIN sources s ON s.number = c.source WHERE c.number = ?",
        (number,),
    )
    if row is None:
        raise DeskError(f"the desk holds no caption {number}")
    return DeskCaption.of(row)


def suggestion_of(store: Store, caption: int) -> Suggestion | None:
    """The latest suggestion for a caption, None for none."""
    row = store.row(
        "SELECT s.* FROM places p JOIN suggestions s ON s.number = p.suggestion WHERE p.caption = ?", (caption,)
    )
    return None if row is None else Suggestion.of(row)


def rejected_values(store: Store, facets: Sequence[Facet], digest: str) -> dict[str, frozenset[str]]:
    """Facet -> the values that a person took off a caption of this text, or of which the latest decision says so."""
    out: dict[str, set[str]] = {f.name: set() for f in facets}
    for row in store.rows(
        f"SELECT d.* FROM decisions d WHERE d.digest = ? AND d.kind IN ('decide', 'settle') AND {COUNTS} ORDER BY d.number",  # noqa: S608
        (digest,),
    ):
        one = Reading.of(row)
        for facet in facets:
            out[facet.name] -= set(each_of(one.labels.get(facet.name, ())))
            out[facet.name] |= set(taken_off(facet, one.suggested, one.labels))
    return {name: frozenset(values) for name, values in out.items() if values}


def without_rejected(suggestion: Suggestion | None, rejected: dict[str, frozenset[str]]) -> Values:
    """The tags of a suggestion without what a person took off; a single-valued facet that loses its value is missing."""
    if suggestion is None:
        return {}
    out: dict[str, FacetValue] = {}
    for name, value in suggestion.tags.items():
        off = rejected.get(name, frozenset())
        if not isinstance(value, str):
            out[name] = tuple(v for v in value if v not in off)
        elif value not in off:
            out[name] = value
    return out


def show_card(store: Store, facets: Sequence[Facet], person: str, number: int) -> Card:
    """Show a caption to a person and keep it for that person for a while.

    Raises:
        DeskError: the desk has no such caption.
    """
    caption = caption_of(store, number)
    with store.writing() as db:
        suggestion = suggestion_of(store, number)
        readings, _ = readings_of(store, number)
        mine = next((one.labels for one in readings if one.person == person), None)
        blind = reads_blind(store, number, person)
        shown = {} if blind else without_rejected(suggestion, rejected_values(store, facets, caption.digest))
        nonce = secrets.token_urlsafe(12)
        at = time.time()
        db.execute(
            "DELETE FROM cards WHERE person = ? AND (caption = ? OR until < ?)", (person, number, at - _FORGOTTEN)
        )
        # One card is before a person's eyes at a time; what was left unanswered is for others again.
        db.execute("UPDATE cards SET until = 0 WHERE person = ? AND until > 0", (person,))
        db.execute(
            "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?, ?)",
            (nonce, number, person, suggestion.number if suggestion else None, dumped(shown), blind, at + LEASE),
        )
        if not blind:
            note_seen(store, [number], person)
        state = db.execute("SELECT state FROM places WHERE caption = ?", (number,)).fetchone()[0]
    return Card(nonce, caption, suggestion, shown, blind, mine, "" if blind else latest_note(store, number), state)


def latest_note(store: Store, caption: int) -> str:
    """The latest note about a caption that was not taken back, "" for none."""
    return str(
        store.one(
            f"SELECT d.note FROM decisions d WHERE d.caption = ? AND d.kind = 'note' AND {COUNTS} ORDER BY d.number DESC LIMIT 1",  # noqa: S608
            (caption,),
        )
        or ""
    )


def shown_to(store: Store, person: str) -> int | None:
    """The caption that a person was shown last and has not dealt with, as after a reload; None for none."""
    found = store.one(
        "SELECT c.caption FROM cards c JOIN places p ON p.caption = c.caption"
        " WHERE c.person = ? AND c.until > ? AND p.waiting = 1 AND (p.state <> 'second' OR p.reader <> ?)"
        " ORDER BY c.until DESC LIMIT 1",
        (person, time.time(), person),
    )
    return None if found is None else int(found)


def card_shown(store: Store, person: str, nonce: str) -> tuple[int, int | None, Values, bool]:
    """What a card showed: (caption, number of the suggestion, tags on it, whether it kept them back).

    Raises:
        DecisionError: there is no such card of this person any more.
    """
    row = store.row("SELECT * FROM cards WHERE nonce = ? AND person = ?", (nonce, person))
    if row is None:
        raise DecisionError(
            "this card is no longer known, so nothing was decided; look at what is chosen and confirm once more"
        )
    return row["caption"], row["suggestion"], values_of(row["shown"]), bool(row["blind"])
