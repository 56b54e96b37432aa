"""Placing captions in the queue: by the tags that a version suggests, or by the draw of the audit."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.model.tagging import Tagger
from mlcap.review.feedback import RANK, TOPIC, is_asked_about
from mlcap.review.standing import COUNTS
from mlcap.review.store import Store, dumped, now
from mlcap.review.suggestions import NewSuggestion, lacking_tag, suggest, topic_of
from mlcap.types import Facet

#: Captions in one transaction; what a kill costs is tagged again.
BATCH = 256
#: Draws need no secret, but nobody must be able to tell them by a seed.
DRAW = random.SystemRandom()


@dataclass(frozen=True)
class Shares:
    """What share of the automatic captions is audited, and of all is read blind, 0 to 1."""

    audit: float = 0.1
    blind: float = 0.0


@dataclass(frozen=True)
class Placer:
    """Suggests tags by a model version and places captions by them."""

    store: Store
    facets: tuple[Facet, ...]
    tagger: Tagger
    shares: Shares

    def suggested(
        self,
        texts: Sequence[str],
        records: Sequence[Mapping[str, Any]],
        catalogues: Sequence[Mapping[str, str]],
    ) -> list[NewSuggestion]:
        """Suggest tags; arguments as for `mlcap.review.suggestions.suggest`."""
        return suggest(self.tagger, self.facets, texts, records, catalogues)

    def ranks(self, db: sqlite3.Connection, suggested: Sequence[NewSuggestion]) -> list[float]:
        """Places in the queue at which captions of the audit may stand: those of captions that need review."""
        here = [one.sure for one in suggested if not one.automatic]
        there = [r[0] for r in db.execute("SELECT rank FROM places WHERE waiting = 1 ORDER BY random() LIMIT 200")]
        return there + here if len(there) < 200 else there

    def place(self, db: sqlite3.Connection, caption: int, one: NewSuggestion, ranks: list[float]) -> None:
        """Keep a suggestion and place its caption by it, within a transaction; one of the same version stays.

        After a rollback the suggestion of the version that is current again is there already, and the caption is placed by
        it as it was: what was drawn for the audit stays drawn.
        """
        key = (caption, self.store.version(one.model))
        there = db.execute("SELECT number, audit FROM suggestions WHERE caption = ? AND model = ?", key).fetchone()
        placed = db.execute("SELECT suggestion FROM places WHERE caption = ?", (caption,)).fetchone()
        if there is not None and placed is not None and placed[0] == there[0]:
            return
        doubts = db.execute("SELECT doubts FROM captions WHERE number = ?", (caption,)).fetchone()[0]
        automatic = one.automatic and doubts == "[]"
        number, audit = (there[0], bool(there[1])) if there is not None else self._keep(db, key, one, automatic)
        rank = DRAW.choice(ranks) if audit and ranks else DRAW.random() if audit else one.sure
        asked = is_asked_about(db, caption)
        rank = RANK if asked else rank
        wanted = audit or not automatic or asked
        db.execute(
            "UPDATE places SET suggestion = ?, wanted = ?, waiting = ? AND state IN ('open', 'second'), rank = ? WHERE caption = ?",
            (number, wanted, wanted, rank, caption),
        )
        db.execute("DELETE FROM topics WHERE caption = ?", (caption,))
        if asked:
            db.execute("INSERT INTO topics VALUES (?, 'reason', ?)", (caption, TOPIC))
        if automatic:
            return
        topics = [("reason", topic) for topic in (*one.topics, *map(topic_of, json.loads(doubts)))]
        topics += [("pair", pair) for pair in one.pairs]
        db.executemany("INSERT OR IGNORE INTO topics VALUES (?, ?, ?)", [(caption, *topic) for topic in topics])

    def _keep(
        self, db: sqlite3.Connection, key: tuple[int, str], one: NewSuggestion, automatic: bool
    ) -> tuple[int | None, bool]:
        """Keep a new suggestion: its number, and whether it is drawn for the audit."""
        # What a person has decided is no draw any more: the version may have learned it.
        decided = db.execute(
            f"SELECT 1 FROM decisions d WHERE d.caption = ? AND d.kind IN ('decide', 'settle') AND {COUNTS}",  # noqa: S608
            key[:1],
        ).fetchone()
        audit = automatic and decided is None and DRAW.random() < self.shares.audit
        values = (
            *key,
            dumped(dict(one.tags)),
            dumped(dict(one.confidence)),
            dumped(one.reasons),
            automatic,
            audit,
            one.sure,
            now(),
        )
        number = db.execute(
            "INSERT INTO suggestions (caption, model, tags, confidence, reasons, automatic, audit, sure, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        ).lastrowid
        return number, audit


def suggest_anew(
    store: Store, facets: tuple[Facet, ...], tagger: Tagger, shares: Shares, progress: Callable[[int], object]
) -> int:
    """Suggest tags of the captions that nobody has decided and whose tags are of another model version: how many."""
    placer = Placer(store, facets, tagger, shares)
    version, done = store.version(tagger.version), 0
    if store.setting("suggests") != version:
        store.set("suggests", version)
    while True:
        rows = store.rows(
            "SELECT c.number, c.text, c.catalogue FROM captions c JOIN places p ON p.caption = c.number"
            " LEFT JOIN suggestions s ON s.number = p.suggestion WHERE p.state = 'open' AND s.model IS NOT ? LIMIT ?",
            (version, BATCH),
        )
        if not rows:
            return done
        catalogues = [json.loads(row["catalogue"]) for row in rows]
        suggested = placer.suggested([row["text"] for row in rows], [{} for _ in rows], catalogues)
        with store.writing() as db:
            ranks = placer.ranks(db, suggested)
            for row, one in zip(rows, suggested, strict=True):
                placer.place(db, row["number"], one, ranks)
        done += len(rows)
        progress(len(rows))


def want_unsuggested(store: Store, facets: tuple[Facet, ...]) -> int:
    """Let captions wait that lack a tag for a facet of the desk, as where it came to the desk after them: how many."""
    found: dict[int, list[str]] = {}
    for facet in facets:
        for row in store.rows(
            "SELECT s.number FROM places p JOIN suggestions s ON s.number = p.suggestion"
            " WHERE p.state = 'open' AND s.automatic = 1 AND json_type(s.tags, ?) IS NULL",
            (f'$."{facet.name}"',),
        ):
            found.setdefault(row[0], []).append(lacking_tag(facet.name))
    with store.writing() as db:
        for number, reasons in found.items():
            # What nobody has decided of the audit is no draw among automatic captions any more.
            db.execute(
                "UPDATE suggestions SET automatic = 0, audit = 0, reasons = ? WHERE number = ?",
                (dumped(reasons), number),
            )
            db.execute(
                "UPDATE places SET wanted = 1, waiting = 1, rank = min(rank, (SELECT sure FROM suggestions WHERE number = ?))"
                " WHERE suggestion = ?",
                (number, number),
            )
            db.executemany(
                "INSERT OR IGNORE INTO topics SELECT caption, 'reason', ? FROM places WHERE suggestion = ?",
                [(reason, number) for reason in reasons],
            )
    return len(found)
