"""A caption as an editor sees it: header, lead, background and credit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlcap.captions.credit import Credit, read_credit
from mlcap.captions.cues import LEAD_GOES_ON, LEAD_IS_OVER, NO_SENTENCE
from mlcap.captions.header import Header, read_header
from mlcap.captions.mapped import MappedText
from mlcap.captions.normalise import normalise
from mlcap.captions.sentences import sentence_spans

#: A sentence longer than this is cut, so that one endless line costs no more than its length.
LONGEST_SENTENCE = 4000
#: More sentences than this are not read; the longest real captions hold about fifty.
MOST_SENTENCES = 200
#: No lead is longer than this many sentences.
LONGEST_LEAD = 4


@dataclass(frozen=True)
class Sentence:
    """One sentence: its text, its zone (`lead` or `background`) and its span in the normalised caption."""

    text: str
    zone: str
    start: int
    end: int


@dataclass(frozen=True)
class Caption:
    """One caption, read.

    Attributes:
        mapped: the normalised text, with the way back to the caption's own characters.
        header, credit: what stands before and after the sentences.
        sentences: the body, each with its zone.
    """

    mapped: MappedText
    header: Header
    credit: Credit
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.mapped.text

    def zone(self, name: str) -> str:
        """The sentences of one zone, joined by a space."""
        return " ".join(s.text for s in self.sentences if s.zone == name)

    @property
    def lead(self) -> str:
        """What says what is seen, where, when and who is in the frame."""
        return self.zone("lead")

    @property
    def background(self) -> str:
        """What tells of the mission: who flies when, on what, and why."""
        return self.zone("background")


def _goes_on(sentence: str, index: int) -> bool:
    """Whether a sentence after the first still describes the picture."""
    if index >= LONGEST_LEAD or LEAD_IS_OVER.search(sentence):
        return bool(index < LONGEST_LEAD and LEAD_GOES_ON.search(sentence) and not LEAD_IS_OVER.match(sentence))
    return bool(LEAD_GOES_ON.search(sentence))


def read_caption(text: str) -> Caption:
    """Read a caption.

    Args:
        text: the caption as the archive gives it; any length.

    Returns:
        Its zones. The first sentence is always lead; the lead goes on while sentences
        describe the picture, and everything after it is background.
    """
    mapped = normalise(text)
    plain = mapped.text
    header = read_header(plain)
    credit = read_credit(plain, header.end)
    sentences: list[Sentence] = []
    in_lead = True
    for start, end in sentence_spans(plain, header.end, credit.start)[:MOST_SENTENCES]:
        words = plain[start : min(end, start + LONGEST_SENTENCE)]
        seen = sum(1 for s in sentences if not NO_SENTENCE.fullmatch(s.text))
        if seen and in_lead:
            in_lead = _goes_on(words, seen)
        sentences.append(Sentence(words, "lead" if in_lead else "background", start, start + len(words)))
    return Caption(mapped, header, credit, tuple(sentences))


def text_words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", text.lower())
