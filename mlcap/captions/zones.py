"""The zones of a caption: which sentences show the picture (lead) and which tell of the mission (background)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from mlcap.lexicon import Match, lexicon

#: A sentence longer than this is cut, so that one endless line costs no more than its length.
LONGEST_SENTENCE = 4000
#: More sentences than this are not read; the longest real captions hold about fifty.
MOST_SENTENCES = 200
#: Where a sentence begins without a full stop before it, it says within this many characters that it is background.
_SOON = 60


class Sentence(NamedTuple):
    """One sentence: its text, its zone (`lead` or `background`) and its span in the normalised caption."""

    text: str
    zone: str
    start: int
    end: int


def cut_sentences(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Bound the number of sentences and the length of each."""
    return [(start, min(end, start + LONGEST_SENTENCE)) for start, end in spans[:MOST_SENTENCES]]


def part_at_background(
    text: str, spans: Sequence[tuple[int, int]], breaks: Sequence[int], found: Sequence[Match]
) -> list[tuple[int, int]]:
    """Part sentences where the background begins without a full stop before it.

    Args:
        text: the normalised caption.
        spans: of its sentences.
        breaks: where a sentence may begin within one (`sentence_breaks`).
        found: phrases of the lexicon's table `lead`.
    """
    sections = lexicon().sections["lead"]
    over = [m.start for m in found if sections[m.section].name == "is-over"]
    cuts = [cut for cut in breaks if any(cut <= start < cut + _SOON for start in over)]
    out: list[tuple[int, int]] = []
    for start, end in spans:
        for cut in cuts:
            if start < cut < end:
                out.append((start, len(text[:cut].rstrip())))
                start = cut
        out.append((start, end))
    return out


def sections_of(found: Sequence[Match], spans: Sequence[tuple[int, int]]) -> tuple[frozenset[int], ...]:
    """For each sentence the numbers of the sections of which it holds a phrase.

    Args:
        found: phrases of one table, by position.
        spans: of the sentences, in order.
    """
    sets: list[set[int]] = [set() for _ in spans]
    starts = [start for start, _ in spans]
    for section, start, end in found:
        place = bisect_right(starts, start) - 1
        if place >= 0 and end <= spans[place][1]:
            sets[place].add(section)
    return tuple(frozenset(s) for s in sets)


def sentence_at(sentences: Sequence[Sentence], position: int) -> int:
    """The index of the sentence in which a character of the normalised text stands, -1 outside of all."""
    place = bisect_right(sentences, position, key=_start) - 1
    return place if place >= 0 and position < sentences[place].end else -1


def _start(sentence: Sentence) -> int:
    return sentence.start
