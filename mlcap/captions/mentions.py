"""Mentions of a value: each role word, whom it belongs to, and whether that person is named in the lead."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.captions.codes import Code
from mlcap.captions.gaps import (
    LONGEST_APPOSITION_GAP,
    LONGEST_LIST_GAP,
    LONGEST_TITLE_GAP,
    is_apposition_gap,
    is_list_gap,
    is_said,
    is_title_gap,
)
from mlcap.captions.people import Person
from mlcap.captions.zones import Sentence, sentence_at

_MOST_MENTIONS = 40
#: What begins a post that is said of several.
_OF_SEVERAL = re.compile(r"\s+(?:were|are)\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention of a value.

    Attributes:
        value: the value that the word may stand for.
        start, end: span of the word in the normalised text.
        sentence: index of its sentence.
        zone: lead or background.
        form: title (before a name), apposition (after it), bare (no name).
        people: keys of the people it is bound to.
        shown: how many of them are named in the lead.
    """

    value: str
    start: int
    end: int
    sentence: int
    zone: str
    form: str
    people: tuple[str, ...]
    shown: int


def _bind(
    text: str, code: Code, people: Sequence[Person], starts: list[int], posts: list[int], posted: set[int]
) -> tuple[str, tuple[str, ...]]:
    """Find the people that a role word belongs to: those after it, or else those before.

    A post that marks part from the name behind it, and from the one before it, is that of the one before, as in
    "X, commander, and Y, pilot"; unless that one has a post already, as in "commander, X, pilot, Y".

    Args:
        starts, posts: where people and posts stand.
        posted: who has a post that stands before the name, parted by a mark; this one is put in.
    """
    plural = code.text.lower().rstrip(")").endswith("s")
    after, before = bisect_left(starts, code.end), bisect_right(starts, code.start) - 1
    behind = text[code.end : people[after].start] if after < len(people) else ""
    ahead = text[people[before].end : code.start] if before >= 0 else ""
    titled = after < len(people) and len(behind) <= LONGEST_TITLE_GAP and is_title_gap(behind)
    apposed = bool(ahead) and len(ahead) <= LONGEST_APPOSITION_GAP and is_apposition_gap(ahead)
    if apposed and not plural and _OF_SEVERAL.match(ahead):
        apposed = False
    parted = behind.startswith((",", ";"))
    if titled and not (apposed and parted and is_said(ahead) and before not in posted):
        if parted:
            posted.add(after)
        return "title", _listed(text, people, posts, after, 1) if plural else (people[after].key,)
    if apposed:
        return "apposition", _listed(text, people, posts, before, -1) if plural else (people[before].key,)
    return "bare", ()


def _listed(text: str, people: Sequence[Person], posts: list[int], place: int, step: int) -> tuple[str, ...]:
    """The keys of a person and of those listed after (step 1) or before (-1); a list ends where another post stands in it."""
    bound = [people[place].key]
    while 0 <= place + step < len(people):
        first, second = sorted((place, place + step))
        start, end = people[first].end, people[second].start
        if end - start > LONGEST_LIST_GAP or not is_list_gap(text[start:end]):
            break
        if bisect_left(posts, start) < bisect_left(posts, end):
            break
        place += step
        bound.append(people[place].key)
    return tuple(bound)


def find_mentions(
    text: str,
    sentences: Sequence[Sentence],
    codes: Sequence[Code],
    people: Sequence[Person],
    extra: Mapping[str, re.Pattern[str]] | None = None,
) -> list[Mention]:
    """Find the mentions of every value that has words.

    Args:
        text: the normalised caption.
        sentences, codes, people: what was found in it.
        extra: more words by value, from the taxonomy.
    """
    words = [c for c in codes if c.kind == "role"]
    for value, pattern in (extra or {}).items():
        # What the lexicon has found already is one mention, not two.
        known = {c.start for c in words if c.group == value}
        matches = (m for m in pattern.finditer(text) if m.start() not in known)
        words += [Code("role", m.group(), value, value, m.start(), m.end()) for m in matches]
    if extra:
        words.sort(key=lambda c: c.start)
    starts, posts = [p.start for p in people], [code.start for code in words]
    lead = lead_keys(sentences, people)
    posted: set[int] = set()
    out = []
    for code in words[:_MOST_MENTIONS]:
        place = sentence_at(sentences, code.start)
        if place < 0:
            continue
        form, keys = _bind(text, code, people, starts, posts, posted)
        shown = sum(k in lead for k in keys)
        out.append(Mention(code.group, code.start, code.end, place, sentences[place].zone, form, keys, shown))
    return out


def lead_keys(sentences: Sequence[Sentence], people: Sequence[Person]) -> frozenset[str]:
    """The keys of the people named in the lead."""
    return frozenset(
        p.key for p in people if (place := sentence_at(sentences, p.start)) >= 0 and sentences[place].zone == "lead"
    )
