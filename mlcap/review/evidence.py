"""What a card shows of why a caption has its tags: the caption in pieces, the values with their probabilities, neighbours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.captions.reading import text_words
from mlcap.explanation import Explanation, explain, highlights
from mlcap.explanation.deciding import deciding_words
from mlcap.explanation.segments import segments
from mlcap.model.manifest import same_version
from mlcap.model.tagging import Tagger
from mlcap.review.blindness import note_seen, reads_blind
from mlcap.review.feedback import feedback_about
from mlcap.review.outcomes import captions_by_number
from mlcap.review.queues import any_word
from mlcap.review.standing import readings_of
from mlcap.review.store import Store
from mlcap.review.suggestions import UNCERTAIN, least_sure
from mlcap.review.types import Card, DeskCaption, Suggestion, Values
from mlcap.types import Facet

#: Neighbours are looked for by this many of a caption's rarest words, of which none stands in more captions than that.
_RAREST, _COMMONEST = 6, 2000
_PROBABILITY = re.compile(r" [01]\.\d\d\b")


@dataclass(frozen=True)
class Piece:
    """A stretch of the caption that is drawn alike.

    Attributes:
        text: the characters.
        zone: header, lead, background or credit, "" for none.
        level: 1 to 3 where it speaks for the suggested event, -1 to -3 against it, else 0.
        mentions: the values of multi-valued facets that it mentions.
    """

    text: str
    zone: str
    level: int
    mentions: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a caption's tags.

    Attributes:
        pieces: the caption; joined they are its text.
        probabilities: facet -> value -> probability, as the version at hand has them.
        words: facet -> the words that decided, strongest first.
        model: the version at hand.
    """

    pieces: tuple[Piece, ...]
    probabilities: Mapping[str, Mapping[str, float]]
    words: Mapping[str, tuple[str, ...]]
    model: str


def evidence_of(tagger: Tagger, caption: DeskCaption, tags: Values) -> Evidence:
    """Explain a caption; what is marked speaks for or against the first single-valued tag."""
    explained = explain(tagger, caption.text, caption.catalogue)
    single = next((name for name, value in tags.items() if isinstance(value, str) and name in explained.facets), None)
    marked = None if single is None else str(tags[single])
    if single is not None and marked not in explained.facets[single].values:
        single = None
    probabilities = {
        name: {value: one.probability for value, one in facet.values.items()}
        for name, facet in explained.facets.items()
    }
    words = {
        name: _words(explained, name, str(value))
        for name, value in tags.items()
        if isinstance(value, str) and value in probabilities.get(name, {})
    }
    return Evidence(_pieces(explained, single, marked or ""), probabilities, words, tagger.version)


def _words(explained: Explanation, facet: str, value: str) -> tuple[str, ...]:
    found = deciding_words(explained, facet, value, n=24)
    quoted = [" ".join(explained.text[a:b].split()) for one in found for a, b in one.spans[:1]]
    kept: list[str] = []
    for quote in quoted:
        if quote and not any(quote.lower() in other.lower() for other in kept):
            kept.append(quote)
    return tuple(kept[:6])


def _pieces(explained: Explanation, facet: str | None, value: str) -> tuple[Piece, ...]:
    marks = highlights(explained, facet, value) if facet is not None else []
    named: list[set[str]] = [set() for _ in explained.text]
    for mention in explained.mentions:
        for place in range(mention.start, min(mention.end, len(named))):
            named[place].add(mention.value)
    out: list[Piece] = []
    for one in segments(explained.text, explained.zones, marks):
        start = one.start
        for here in range(one.start + 1, one.end + 1):
            if here == one.end or named[here] != named[start]:
                out.append(Piece(explained.text[start:here], one.zone, one.level, tuple(sorted(named[start]))))
                start = here
    return tuple(out)


def plain_pieces(text: str) -> tuple[Piece, ...]:
    """A caption without anything marked, as a blind reading has it."""
    return (Piece(text, "", 0, ()),)


def told_probabilities(facet: Facet, suggestion: Suggestion | None, evidence: Evidence | None) -> dict[str, float]:
    """Value -> probability as far as it is known: what came with the suggestion, else what the version at hand says."""
    known: dict[str, float] = {}
    if evidence is not None and suggestion is not None and same_version(evidence.model, suggestion.model):
        known |= evidence.probabilities.get(facet.name, {})
    if suggestion is not None and facet.name in suggestion.tags:
        known |= suggestion.confidence.get(facet.name, {})
    return {name: known[name] for name in facet.names if name in known}


def told_reason(reason: str) -> str:
    """A review reason in words that are as true of a caption of the audit, which is not unsure, so that neither shows.

    What is uncertain is what is least sure; the probabilities stand beside the values on a card.
    """
    return UNCERTAIN.sub(r"least sure of \1: ", _PROBABILITY.sub("", reason))


def feedback_words(store: Store, card: Card) -> tuple[str, ...]:
    """What programs said of a caption, latest first, a line each."""
    return tuple(one.words for one in feedback_about(store, card.caption.number))


def reasons_of(store: Store, facets: Sequence[Facet], card: Card) -> tuple[str, ...]:
    """Why a caption is before a person, in words.

    A caption of the audit, for which there is no reason, is told by the same words as one that is not sure.
    """
    said = feedback_words(store, card)
    suggested = map(told_reason, card.suggestion.reasons if card.suggestion else ())
    reasons = (*said, *suggested, *card.caption.doubts)
    if not reasons and card.suggestion:
        reasons = tuple(
            filter(None, (told_reason(least_sure(facets, card.suggestion.tags, card.suggestion.confidence)),))
        )
    return reasons or ("no version has tagged it",)


@dataclass(frozen=True)
class DeskNeighbour:
    """A decided caption that shares rare words with another one, and its labels."""

    caption: DeskCaption
    labels: Values


def neighbours(store: Store, caption: DeskCaption, person: str, most: int = 3) -> list[DeskNeighbour]:
    """The decided captions that share most rare words with a caption, those of its series first, as a person is shown them."""
    series = [
        int(row[0])
        for row in store.rows(
            "SELECT c.number FROM captions c JOIN places p ON p.caption = c.number"
            " WHERE c.series = ? AND c.number <> ? AND p.state = 'done' ORDER BY c.number LIMIT ?",
            (caption.series, caption.number, most),
        )
    ]
    found = [*series, *(n for n in _by_words(store, caption, most) if n not in series)][:most]
    captions = captions_by_number(store, found)
    out = []
    for number in found:
        readings, settling = readings_of(store, number)
        if (readings or settling) and not reads_blind(store, number, person):
            out.append(DeskNeighbour(captions[number], (settling or readings[0]).labels))
    note_seen(store, [one.caption.number for one in out], person)
    return out


def _by_words(store: Store, caption: DeskCaption, most: int) -> list[int]:
    # Long words are the rarer ones, and the caption's own first words say most.
    words = sorted({w for w in text_words(caption.text)[:120] if w.isalnum() and len(w) > 3})[:60]
    if not words:
        return []
    marks = ", ".join("?" * len(words))
    rare = store.rows(
        f"SELECT term FROM word_counts WHERE term IN ({marks}) AND doc > 1 AND doc <= ? ORDER BY doc LIMIT ?",  # noqa: S608
        [*words, _COMMONEST, _RAREST],
    )
    if not rare:
        return []
    question = (
        "SELECT words.rowid FROM words JOIN places p ON p.caption = words.rowid AND p.state = 'done'"
        " WHERE words MATCH ? AND words.rowid <> ? ORDER BY words.rank LIMIT ?"
    )
    return [int(row[0]) for row in store.rows(question, (any_word([r[0] for r in rare]), caption.number, most))]
