"""Deciding, putting aside, noting, undoing: rows of the table that is only ever added to."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.errors import DecidedError, DecisionError, LabelError
from mlcap.review.cards import caption_of, card_shown, rejected_values, suggestion_of, without_rejected
from mlcap.review.standing import COUNTS, readings_of, refresh
from mlcap.review.store import Store, dumped, now
from mlcap.review.types import DeskCaption, Values
from mlcap.taxonomy import check_label
from mlcap.types import Facet, FacetValue

#: Characters of a note.
LONGEST_NOTE = 2000
BROWSER, TERMINAL = "browser", "terminal"


def checked_labels(
    facets: Sequence[Facet], labels: Mapping[str, object], complete: bool = True
) -> dict[str, FacetValue]:
    """Labels in canonical form; a facet that is missing or None stays without one.

    Args:
        complete: whether every single-valued facet needs a value.

    Raises:
        DecisionError: one does not fit its facet, lacks, or there is none at all.
    """
    out: dict[str, FacetValue] = {}
    for facet in facets:
        value = labels.get(facet.name)
        if value is None or value == "":
            if complete and not facet.multiple:
                raise DecisionError(f"{facet.name} is not decided yet; choose one of its values")
            continue
        try:
            out[facet.name] = check_label(facet, value)
        except LabelError as error:
            raise DecisionError(str(error)) from error
    if not out:
        raise DecisionError(f"has no label; give at least one of {', '.join(f.name for f in facets)}")
    return out


@dataclass(frozen=True)
class Decider:
    """Who decides, by which definitions, and through what.

    Attributes:
        facets: the desk's.
        guide: digest of their definitions.
        origin: `browser`, `terminal` or the form of an import.
    """

    store: Store
    facets: Sequence[Facet]
    person: str
    guide: str
    origin: str = BROWSER

    def decide(self, nonce: str, labels: Mapping[str, object], asked: bool = False) -> int:
        """Decide the caption of a card; the same card a second time changes nothing.

        Args:
            asked: whether the person knows that it was decided already.

        Returns:
            The action.

        Raises:
            DecisionError: the labels do not fit, or the card is no longer known.
            DecidedError: somebody decided the caption since the card was shown, and nobody asked for another reading.
        """
        if (done := self._done(nonce)) is not None:
            return done
        chosen = checked_labels(self.facets, labels)
        with self.store.writing() as db:
            number, suggestion, shown, blind = card_shown(self.store, self.person, nonce)
            caption = caption_of(self.store, number)
            self._check_free(db, caption, asked)
            row = self._row("decide", caption, chosen, nonce=nonce)
            row |= self._suggested(suggestion, shown, blind, chosen)
            action = self._append(db, [row])
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action

    def decide_series(
        self, nonce: str, labels: Mapping[str, object], chosen_captions: Sequence[int]
    ) -> tuple[int, list[int]]:
        """Decide captions of the series of a card alike: (the action, those decided by others meanwhile and left).

        Raises:
            DecisionError: the labels do not fit, the card is no longer known, or a caption is of another series.
        """
        if (done := self._done(nonce)) is not None:
            return done, []
        chosen = checked_labels(self.facets, labels)
        with self.store.writing() as db:
            number, suggestion, shown, blind = card_shown(self.store, self.person, nonce)
            series = caption_of(self.store, number).series
            rows, left = [], []
            for one in sorted({number, *chosen_captions} if number in chosen_captions else set(chosen_captions)):
                caption = caption_of(self.store, one)
                if caption.series != series:
                    raise DecisionError(f"{caption.id} is not of this series")
                try:
                    self._check_free(db, caption, asked=False)
                except DecidedError:
                    left.append(one)
                    continue
                row = self._row("decide", caption, chosen, nonce=nonce)
                if one == number:
                    row |= self._suggested(suggestion, shown, blind, chosen)
                else:
                    theirs = suggestion_of(self.store, one)
                    tags = without_rejected(theirs, rejected_values(self.store, self.facets, caption.digest))
                    row |= self._suggested(theirs.number if theirs else None, tags, False, chosen)
                rows.append(row)
            if not rows:
                raise DecisionError("no caption of the series is left to decide")
            action = self._append(db, rows)
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action, left

    def settle(self, caption: int, labels: Mapping[str, object], nonce: str = "") -> int:
        """Settle readings of a caption that differ.

        Raises:
            DecisionError: the labels do not fit, or there is nothing to settle.
        """
        if nonce and (done := self._done(nonce)) is not None:
            return done
        chosen = checked_labels(self.facets, labels)
        with self.store.writing() as db:
            if db.execute("SELECT state FROM places WHERE caption = ?", (caption,)).fetchone()[0] != "differ":
                raise DecisionError("its readings do not differ, or somebody has settled them")
            about = caption_of(self.store, caption)
            suggestion = suggestion_of(self.store, caption)
            row = self._row("settle", about, chosen, nonce=nonce)
            row |= self._suggested(suggestion.number if suggestion else None, {}, True, chosen)
            return self._append(db, [row])

    def put_aside(self, nonce: str, kind: str) -> int:
        """Pass a card over (`skip`: it comes to others) or put it off (`later`: it comes again after the rest)."""
        if kind not in ("skip", "later"):
            raise DecisionError("a card is put aside by skip or later")
        if (done := self._done(nonce)) is not None:
            return done
        with self.store.writing() as db:
            number, *_ = card_shown(self.store, self.person, nonce)
            action = self._append(db, [self._row(kind, caption_of(self.store, number), nonce=nonce)])
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action

    def note(self, caption: int, text: str) -> int:
        """Note something about a caption; an empty note takes the earlier ones away."""
        if len(text) > LONGEST_NOTE:
            raise DecisionError(f"a note has {LONGEST_NOTE} characters at most")
        with self.store.writing() as db:
            return self._append(db, [self._row("note", caption_of(self.store, caption)) | {"note": text.strip()}])

    def take_over(
        self, caption: int, labels: Mapping[str, object], nonce: str, accepted: bool = False, blind: bool = False
    ) -> bool:
        """Take over what this person decided elsewhere; False where that is what stands here already.

        Args:
            accepted, blind: whether a suggestion was left as it was there, or none was shown.

        Raises:
            DecisionError: the labels do not fit.
        """
        chosen = checked_labels(self.facets, labels, complete=False)
        with self.store.writing() as db:
            if db.execute("SELECT 1 FROM decisions WHERE nonce = ? AND caption = ?", (nonce, caption)).fetchone():
                return False
            if any(one.person == self.person and one.labels == chosen for one in readings_of(self.store, caption)[0]):
                return False
            about = caption_of(self.store, caption)
            row = self._row("decide", about, chosen, nonce=nonce)
            if blind and (suggestion := suggestion_of(self.store, caption)):
                row |= self._suggested(suggestion.number, {}, True, chosen)
            self._append(db, [row | {"accepted": accepted, "blind": blind}])
            return True

    def undo(self, action: int | None = None) -> list[int] | None:
        """Take back an action of this person, the latest where none is named: its captions; None where there is none."""
        with self.store.writing() as db:
            return self._turn(db, "undo", self._last(db) if action is None else action)

    def redo(self) -> list[int] | None:
        """Do again what was undone last and nothing new came after: its captions; None where there is none."""
        with self.store.writing() as db:
            found = db.execute(
                "SELECT u.of FROM decisions u WHERE u.person = ? AND u.kind = 'undo'"
                " AND NOT EXISTS (SELECT 1 FROM decisions r WHERE r.of = u.of AND r.number > u.number)"
                " AND u.number > coalesce((SELECT max(n.number) FROM decisions n WHERE n.person = u.person"
                " AND n.kind NOT IN ('undo', 'redo')), 0) ORDER BY u.number DESC LIMIT 1",
                (self.person,),
            ).fetchone()
            return self._turn(db, "redo", None if found is None else found[0])

    def _last(self, db: sqlite3.Connection) -> int | None:
        found = db.execute(
            "SELECT d.action FROM decisions d WHERE d.person = ? AND d.kind NOT IN ('undo', 'redo')"  # noqa: S608
            f" AND d.origin IN ('browser', 'terminal') AND {COUNTS} ORDER BY d.number DESC LIMIT 1",
            (self.person,),
        ).fetchone()
        return None if found is None else int(found[0])

    def _turn(self, db: sqlite3.Connection, kind: str, action: int | None) -> list[int] | None:
        """Undo or redo an action, where it is this person's and stands the other way."""
        counts = kind == "undo"
        rows = db.execute(
            f"SELECT d.caption, {COUNTS} AS counts FROM decisions d WHERE d.action = ? AND d.person = ?"  # noqa: S608
            " AND d.kind NOT IN ('undo', 'redo') ORDER BY d.number",
            (action, self.person),
        ).fetchall()
        if not rows or bool(rows[0]["counts"]) is not counts:
            return None
        captions = [int(row["caption"]) for row in rows]
        self._append(db, [{**_EMPTY, "kind": kind, "of": action}])
        refresh(self.store, db, captions)
        return captions

    def _done(self, nonce: str) -> int | None:
        """The action of a card that was answered already."""
        found = self.store.one(
            "SELECT action FROM decisions WHERE nonce = ? AND person = ? AND nonce <> ''", (nonce, self.person)
        )
        return None if found is None else int(found)

    def _check_free(self, db: sqlite3.Connection, caption: DeskCaption, asked: bool) -> None:
        """Whether a caption may be decided: it is open, or waits for a second reading by this person, or one was asked for."""
        place = db.execute("SELECT state, reader FROM places WHERE caption = ?", (caption.number,)).fetchone()
        if asked or place["state"] == "open" or (place["state"] == "second" and place["reader"] != self.person):
            return
        readings, settling = readings_of(self.store, caption.number)
        who = ", ".join([one.person for one in readings] + ([settling.person] if settling else []))
        raise DecidedError(f"{caption.id} was decided by {who} since this card was shown", caption.number)

    def _row(self, kind: str, caption: DeskCaption, labels: Values | None = None, nonce: str = "") -> dict[str, object]:
        about = {"caption": caption.number, "id": caption.id, "digest": caption.digest}
        return {**_EMPTY, **about, "kind": kind, "labels": dumped(dict(labels or {})), "nonce": nonce}

    def _suggested(self, suggestion: int | None, shown: Values, blind: bool, labels: Values) -> dict[str, object]:
        """What was suggested, and whether the decision leaves it as it is."""
        row = (
            None if suggestion is None else self.store.row("SELECT * FROM suggestions WHERE number = ?", (suggestion,))
        )
        accepted = not blind and bool(shown) and all(labels.get(name) == value for name, value in shown.items())
        return {
            "suggestion": suggestion,
            "suggested": row["tags"] if row is not None and blind else dumped(dict(shown)),
            "model": "" if row is None else row["model"],
            "blind": blind,
            "accepted": accepted,
        }

    def _append(self, db: sqlite3.Connection, rows: Sequence[Mapping[str, object]]) -> int:
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


_EMPTY: dict[str, object] = {
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


def release(store: Store, person: str) -> None:
    """Give back what a person is shown, as when leaving the desk."""
    with store.writing() as db:
        db.execute("UPDATE cards SET until = ? WHERE person = ? AND until > ?", (time.time(), person, time.time()))
