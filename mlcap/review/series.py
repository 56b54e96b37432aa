"""The series of a card: captions that nearly repeat each other, and what deciding them alike would change."""

from __future__ import annotations

from dataclasses import dataclass

from mlcap.review.blindness import note_seen, reads_blind
from mlcap.review.cards import rejected_values, suggestion_of, without_rejected
from mlcap.review.desk import Desk
from mlcap.review.outcomes import captions_by_number
from mlcap.review.standing import readings_of
from mlcap.review.types import DeskCaption, Values


@dataclass(frozen=True)
class SeriesMember:
    """One caption of a series that is decided whole: what is suggested, and whether it can be decided.

    Of one that the person is still to read blind neither tags nor labels are given, and it is not decided here.
    """

    caption: DeskCaption
    before: Values
    changes: bool
    open: bool
    by: str
    blind: bool


def series_members(desk: Desk, person: str, card_caption: DeskCaption, labels: Values) -> list[SeriesMember]:
    """The captions of a card's series and what deciding them alike would change."""
    rows = desk.store.rows(
        "SELECT c.number, p.state FROM captions c JOIN places p ON p.caption = c.number WHERE c.series = ?"
        " ORDER BY c.number LIMIT 1000",
        (card_caption.series,),
    )
    captions = captions_by_number(desk.store, [row["number"] for row in rows])
    out = []
    for row in rows:
        caption = captions[row["number"]]
        if reads_blind(desk.store, caption.number, person):
            out.append(SeriesMember(caption, {}, False, False, "", True))
            continue
        readings, settling = readings_of(desk.store, caption.number)
        last = settling or (readings[0] if readings else None)
        before = (
            last.labels
            if last
            else without_rejected(
                suggestion_of(desk.store, caption.number), rejected_values(desk.store, desk.facets, caption.digest)
            )
        )
        changes = any(before.get(name) != value for name, value in labels.items())
        out.append(SeriesMember(caption, before, changes, row["state"] == "open", last.person if last else "", False))
    note_seen(desk.store, [one.caption.number for one in out if not one.blind], person)
    return out
