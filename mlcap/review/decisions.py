"""Deciding, putting aside, noting: what each adds to the decisions, and when it may."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mlcap.errors import DecidedError, DecisionError, LabelError
from mlcap.review.blindness import has_seen, reads_blind
from mlcap.review.cards import caption_of, card_shown, latest_note, rejected_values, suggestion_of, without_rejected
from mlcap.review.decision_log import DecisionLog
from mlcap.review.standing import readings_of
from mlcap.review.store import Store, dumped
from mlcap.review.types import DeskCaption, suggested_with
from mlcap.review.undoing import redo, undo, words_of_turn
from mlcap.taxonomy import check_label
from mlcap.types import Facet, FacetValue

#: Characters of a note.
LONGEST_NOTE = 2000
#: Why a blind reading decides no series.
BLIND_ALONE = "a blind reading is of one caption alone; decide this caption by itself"


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
class Decider(DecisionLog):
    """Decides for one person.

    Attributes:
        facets: what the desk decides.
    """

    facets: Sequence[Facet]

    def decide(self, nonce: str, labels: Mapping[str, object], asked: bool = False) -> int:
        """Decide the caption of a card; the same answer a second time changes nothing.

        Args:
            asked: whether the person knows that it was decided already.

        Returns:
            The action.

        Raises:
            DecisionError: the labels do not fit, or the card is no longer known.
            DecidedError: somebody decided the caption since the card was shown, and nobody asked for another reading; or the
                card was answered otherwise before.
        """
        chosen = checked_labels(self.facets, labels)
        if (done := self.done(nonce, "decide", chosen)) is not None:
            return done
        with self.store.writing() as db:
            number, suggestion, shown, blind = card_shown(self.store, self.person, nonce)
            caption = caption_of(self.store, number)
            self._check_free(db, caption, asked)
            if (before := self._said_before(db, number, chosen)) is not None:
                # As after a redo: the reading, which may have been blind, is no other by being confirmed.
                db.execute("UPDATE cards SET until = 0 WHERE nonce = ?", (nonce,))
                return before
            # Elsewhere the person may have been shown its labels since.
            blind = blind and not has_seen(self.store, number, self.person)
            row = self.row("decide", caption, chosen, nonce=nonce)
            row |= self.suggested(suggestion, shown, blind, chosen)
            action = self.append(db, [row])
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action

    def decide_series(
        self, nonce: str, labels: Mapping[str, object], chosen_captions: Sequence[int]
    ) -> tuple[int, list[int]]:
        """Decide captions of the series of a card alike: (the action, those decided by others meanwhile and left).

        Raises:
            DecisionError: the labels do not fit, the card is no longer known, a caption is of another series, or one is to
                be read blind.
        """
        chosen = checked_labels(self.facets, labels)
        if (done := self.done(nonce, "decide", chosen, chosen_captions)) is not None:
            return done, []
        with self.store.writing() as db:
            number, suggestion, shown, blind = card_shown(self.store, self.person, nonce)
            if blind:
                raise DecisionError(BLIND_ALONE)
            series = caption_of(self.store, number).series
            rows, left = [], []
            for one in sorted({number, *chosen_captions} if number in chosen_captions else set(chosen_captions)):
                caption = caption_of(self.store, one)
                if caption.series != series:
                    raise DecisionError(f"{caption.id} is not of this series")
                if reads_blind(self.store, one, self.person):
                    raise DecisionError(f"{caption.id} is to be read without tags; leave it out of the series")
                try:
                    self._check_free(db, caption, asked=False)
                except DecidedError:
                    left.append(one)
                    continue
                row = self.row("decide", caption, chosen, nonce=nonce)
                if one == number:
                    row |= self.suggested(suggestion, shown, blind, chosen)
                else:
                    theirs = suggestion_of(self.store, one)
                    tags = without_rejected(theirs, rejected_values(self.store, self.facets, caption.digest))
                    row |= self.suggested(theirs.number if theirs else None, tags, False, chosen)
                rows.append(row)
            if not rows:
                raise DecisionError("no caption of the series is left to decide")
            action = self.append(db, rows)
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action, left

    def settle(self, caption: int, labels: Mapping[str, object], nonce: str = "") -> int:
        """Settle readings of a caption that differ.

        Raises:
            DecisionError: the labels do not fit, or there is nothing to settle.
        """
        chosen = checked_labels(self.facets, labels)
        if nonce and (done := self.done(nonce, "settle", chosen)) is not None:
            return done
        with self.store.writing() as db:
            if db.execute("SELECT state FROM places WHERE caption = ?", (caption,)).fetchone()[0] != "differ":
                raise DecisionError("its readings do not differ, or somebody has settled them")
            about = caption_of(self.store, caption)
            suggestion = suggestion_of(self.store, caption)
            row = self.row("settle", about, chosen, nonce=nonce)
            row |= self.suggested(suggestion.number if suggestion else None, {}, True, chosen)
            return self.append(db, [row])

    def put_aside(self, nonce: str, kind: str) -> int:
        """Pass a card over (`skip`: it comes to others) or put it off (`later`: it comes again after the rest)."""
        if kind not in ("skip", "later"):
            raise DecisionError("a card is put aside by skip or later")
        if (done := self.done(nonce, kind, {})) is not None:
            return done
        with self.store.writing() as db:
            number, *_ = card_shown(self.store, self.person, nonce)
            action = self.append(db, [self.row(kind, caption_of(self.store, number), nonce=nonce)])
            db.execute("DELETE FROM cards WHERE nonce = ?", (nonce,))
            return action

    def note(self, caption: int, text: str) -> None:
        """Note something about a caption; an empty note takes the earlier ones away, and the same again changes nothing."""
        if len(text) > LONGEST_NOTE:
            raise DecisionError(f"a note has {LONGEST_NOTE} characters at most")
        with self.store.writing() as db:
            if text.strip() != latest_note(self.store, caption):
                self.append(db, [self.row("note", caption_of(self.store, caption)) | {"note": text.strip()}])

    def take_over(
        self,
        caption: int,
        labels: Mapping[str, object],
        nonce: str,
        accepted: bool = False,
        blind: bool = False,
        rejected: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> bool:
        """Take over what this person decided elsewhere; False where that is what stands here already.

        Args:
            accepted, blind: whether a suggestion was left as it was there, or none was shown.
            rejected: facet -> values that were suggested there and taken off.

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
            row = self.row("decide", about, chosen, nonce=nonce)
            if blind and (suggestion := suggestion_of(self.store, caption)):
                row |= self.suggested(suggestion.number, {}, True, chosen)
            elif off := suggested_with(self.facets, chosen, rejected):
                row |= {"suggested": dumped(off)}
            self.append(db, [row | {"accepted": accepted, "blind": blind}])
            return True

    def undo(self, action: int | None = None) -> list[int] | None:
        """Take back an action of this person, the latest where none is named: its captions; None where there is none."""
        return undo(self, action)

    def redo(self) -> list[int] | None:
        """Do again what was undone last and nothing new came after: its captions; None where there is none."""
        return redo(self)

    def words_of_turn(self) -> str:
        """What this person undid or redid last, in words; "" for nothing."""
        return words_of_turn(self)

    def _said_before(self, db: sqlite3.Connection, caption: int, labels: Mapping[str, FacetValue]) -> int | None:
        """The action by which this person decided a caption so, where that stands; None where it does not."""
        readings, settling = readings_of(self.store, caption)
        mine = next((one for one in readings if one.person == self.person and one.labels == labels), None)
        if mine is None or settling is not None:
            return None
        return int(db.execute("SELECT action FROM decisions WHERE number = ?", (mine.number,)).fetchone()[0])

    def _check_free(self, db: sqlite3.Connection, caption: DeskCaption, asked: bool) -> None:
        """Whether a caption may be decided: it is open, or waits for a second reading by this person, or one was asked for."""
        place = db.execute("SELECT state, reader FROM places WHERE caption = ?", (caption.number,)).fetchone()
        if asked or place["state"] == "open" or (place["state"] == "second" and place["reader"] != self.person):
            return
        readings, settling = readings_of(self.store, caption.number)
        who = ", ".join([one.person for one in readings] + ([settling.person] if settling else []))
        raise DecidedError(f"{caption.id} was decided by {who} since this card was shown", caption.number)


def release(store: Store, person: str) -> None:
    """Give back what a person is shown, as when leaving the desk."""
    with store.writing() as db:
        db.execute("UPDATE cards SET until = ? WHERE person = ? AND until > ?", (time.time(), person, time.time()))
