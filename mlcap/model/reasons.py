"""The reasons for review, each with its words."""

from __future__ import annotations

from mlcap.text import counted
from mlcap.types import Facet, ReasonKind, ReviewReason

#: A probability is told as no more than this.
_MOST = 0.99


def contradiction(what: str) -> ReviewReason:
    """The caption contradicts itself: what does not belong together, in words."""
    return ReviewReason(ReasonKind.CONTRADICTION, "", what)


def unseen_programme(programme: str) -> ReviewReason:
    """The caption speaks of a programme of which no training caption does."""
    return ReviewReason(ReasonKind.UNSEEN_PROGRAMME, programme, f"no mission of its programme in training: {programme}")


def not_read(language: str) -> ReviewReason:
    """The caption is in a language or script that is not read."""
    words = f"the caption is in {language}, and mlcap reads English; tag a translation"
    return ReviewReason(ReasonKind.NOT_READ, language, words)


def no_words() -> ReviewReason:
    """There is nothing to read."""
    return ReviewReason(ReasonKind.NO_WORDS, "", "the caption has no words")


def unlike_training(known: float) -> ReviewReason:
    """Too small a share of the lead's words is known, 0 to 1."""
    return ReviewReason(
        ReasonKind.UNLIKE_TRAINING, "", f"unlike the training captions: {known:.0%} of the lead's words are known"
    )


def too_short(known: int) -> ReviewReason:
    """The lead has too few known words."""
    return ReviewReason(ReasonKind.TOO_SHORT, "", f"too short to be sure: {counted(known, 'known word')} in the lead")


def below_threshold(facet: Facet, first: tuple[str, float], second: tuple[str, float]) -> ReviewReason:
    """The most probable value, (name, probability), does not reach its threshold; and the one that comes next."""
    words = f"{facet.name} uncertain: {first[0]} {min(first[1], _MOST):.2f}, {second[0]} {second[1]:.2f}"
    return ReviewReason(ReasonKind.BELOW_THRESHOLD, facet.name, words)


def other_without_background(facet: Facet, value: str) -> ReviewReason:
    """Without the background of the caption another value would be given."""
    words = f"{facet.name} uncertain: {value} without the background"
    return ReviewReason(ReasonKind.OTHER_WITHOUT_BACKGROUND, facet.name, words)


def other_without_record(facet: Facet, value: str) -> ReviewReason:
    """Without what its record says another value would be given."""
    words = f"{facet.name} uncertain: {value} without the record"
    return ReviewReason(ReasonKind.OTHER_WITHOUT_RECORD, facet.name, words)


def unlikely_id(origin: str, probability: float) -> ReviewReason:
    """The image id of the record names an origin that the text makes improbable, 0 to 1."""
    where = "a flight" if origin == "flight" else "a mission's series" if origin == "series" else origin
    words = f"the record's image id is of {where}, as which the text reads with {probability:.2f} only; is it this picture's id?"
    return ReviewReason(ReasonKind.UNLIKELY_ID, "", words)


def whole_uncertain(facet: Facet, value: str, probability: float) -> ReviewReason:
    """That every tag is right is not probable enough, most of all for this value."""
    return ReviewReason(ReasonKind.WHOLE_UNCERTAIN, facet.name, f"{facet.name} uncertain: {value} {probability:.2f}")
