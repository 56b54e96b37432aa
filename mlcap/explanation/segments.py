"""A caption cut into words that speak for or against a tag, for drawing it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.explanation.types import Highlight, Span

_WORD = re.compile(r"\S+")
#: From which share of the strongest word's push on a word is drawn faint, plain or strong.
_LEVELS = (0.12, 0.3, 0.6)


@dataclass(frozen=True)
class Segment:
    """A stretch of the caption to be drawn alike.

    Attributes:
        start, end: its span.
        zone: the kind of zone that it lies in, "" between zones.
        level: 1 to 3 for the tag, -1 to -3 against it, 0 neither.
    """

    start: int
    end: int
    zone: str
    level: int


def word_pushes(text: str, highlights: Sequence[Highlight]) -> list[Highlight]:
    """Give every word (run without white space) the sum of what stands in it."""
    out: list[Highlight] = []
    rest = list(highlights)
    for match in _WORD.finditer(text):
        start, end = match.span()
        push = 0.0
        while rest and rest[0].end <= start:
            rest.pop(0)
        for one in rest:
            if one.start >= end:
                break
            share = (min(end, one.end) - max(start, one.start)) / (one.end - one.start)
            push += one.push * share
        out.append(Highlight(start, end, push))
    return out


def _level(push: float, strongest: float) -> int:
    share = abs(push) / strongest if strongest else 0.0
    level = sum(share >= least for least in _LEVELS)
    return level if push > 0 else -level


def segments(text: str, zones: Sequence[Span], highlights: Sequence[Highlight]) -> list[Segment]:
    """Cut a caption where its zone or its level changes; joined, the segments are the caption.

    Args:
        text: the caption as given.
        zones, highlights: of its explanation, each in order.
    """
    words = word_pushes(text, highlights)
    strongest = max((abs(w.push) for w in words), default=0.0)
    level = [0] * len(text)
    before = 0, 0
    for word in words:
        mine = _level(word.push, strongest)
        first = before[0] if mine and mine == before[1] else word.start
        level[first : word.end] = [mine] * (word.end - first)
        before = word.end, mine
    zone = [""] * len(text)
    for one in zones:
        zone[one.start : one.end] = [one.kind] * (one.end - one.start)
    out: list[Segment] = []
    start = 0
    for here in range(1, len(text) + 1):
        if here == len(text) or (zone[here], level[here]) != (zone[start], level[start]):
            out.append(Segment(start, here, zone[start], level[start]))
            start = here
    return out
