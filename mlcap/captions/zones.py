"""The zones of a caption: which sentences show the picture (lead) and which tell of the mission (background)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from mlcap.lexicon import Match, lexicon

#: A sentence longer than this is cut, so that one endless line costs no more than its length.
LONGEST_SENTENCE = 4000
#: More sentences than this are not read; the longest real captions hold about fifty.
MOST_SENTENCES = 200
#: No lead is longer than this many sentences.
LONGEST_LEAD = 4
#: What stands alone before the first real sentence: a title in capitals, a place, a number.
NO_SENTENCE = re.compile(r"[\dA-Z\W]{1,80}|(?:View|Photo|Image|DATE|Date|Location|Subject)\b.{0,40}", re.DOTALL)
_LONGEST_NO_SENTENCE = 80
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


def read_zones(text: str, spans: Sequence[tuple[int, int]], found: Sequence[Match]) -> tuple[Sentence, ...]:
    """Say of each sentence in which zone it lies.

    The first sentence is always lead; the lead goes on while sentences describe the
    picture, and everything after it is background.

    Args:
        text: the normalised caption.
        spans: of its sentences.
        found: phrases of the lexicon's table `lead`.
    """
    sections = lexicon().sections["lead"]
    is_over = [m for m in found if sections[m.section].name == "is-over"]
    goes_on = [m for m in found if sections[m.section].name == "goes-on"]
    sentences: list[Sentence] = []
    seen, in_lead = 0, True
    for start, end in spans:
        words = text[start:end]
        if seen and in_lead:
            over = [m.start for m in is_over if start <= m.start and m.end <= end]
            on = any(start <= m.start and m.end <= end for m in goes_on)
            in_lead = on and seen < LONGEST_LEAD and start not in over
        sentences.append(Sentence(words, "lead" if in_lead else "background", start, end))
        if len(words) > _LONGEST_NO_SENTENCE or not NO_SENTENCE.fullmatch(words):
            seen += 1
    return tuple(sentences)


def sentence_at(sentences: Sequence[Sentence], position: int) -> int:
    """The index of the sentence in which a character of the normalised text stands, -1 outside of all."""
    place = bisect_right(sentences, position, key=_start) - 1
    return place if place >= 0 and position < sentences[place].end else -1


def _start(sentence: Sentence) -> int:
    return sentence.start
