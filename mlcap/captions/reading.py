"""Reading a caption once: everything that is found in it, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from mlcap.captions.catalogue import NO_CATALOGUE, Catalogue, read_catalogue
from mlcap.captions.codes import Code, codes_among
from mlcap.captions.credit import Credit, read_credit
from mlcap.captions.header import Header, read_header
from mlcap.captions.lead import leads, sentence_features
from mlcap.captions.mapped import MappedText
from mlcap.captions.mentions import Mention, find_mentions, lead_keys
from mlcap.captions.normalise import normalise
from mlcap.captions.people import Person, find_people
from mlcap.captions.sentences import sentence_breaks, sentence_spans
from mlcap.captions.tokens import Tokens, masked_tokens
from mlcap.captions.zones import Sentence, cut_sentences, part_at_background, sections_of, sentence_at
from mlcap.lexicon import Match, lexicon, small_letters, word_spans

#: A caption is read up to this many characters; the longest real ones hold about 6,000.
LONGEST_READ = 20_000


@dataclass(frozen=True)
class Caption:
    """One caption, read.

    Attributes:
        mapped: the normalised text, with the way back to the caption's own characters. All spans count
            characters of the normalised text.
        header, credit: what stands before and after the sentences.
        sentences: the body, each with its zone.
        found: table of the lexicon -> its phrases in the caption, by position.
        cues, scenes: for each sentence the numbers of the cues, and of the scenes, of which it holds a word.
        codes, people, tokens, mentions: what is named, who is named, the masked words, and the role words with
            those they belong to; each by position.
        catalogue: what the catalogue says of the picture beside the caption.
    """

    mapped: MappedText
    header: Header
    credit: Credit
    sentences: tuple[Sentence, ...]
    found: Mapping[str, Sequence[Match]]
    cues: tuple[frozenset[int], ...]
    scenes: tuple[frozenset[int], ...]
    codes: Sequence[Code]
    people: Sequence[Person]
    tokens: Tokens
    mentions: Sequence[Mention]
    catalogue: Catalogue = NO_CATALOGUE

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

    @cached_property
    def lead_people(self) -> frozenset[str]:
        """The keys of the people named in the lead."""
        return lead_keys(self.sentences, self.people)

    @cached_property
    def lead_end(self) -> int:
        """Where the lead ends."""
        return max((s.end for s in self.sentences if s.zone == "lead"), default=0)

    def zone_at(self, position: int) -> str:
        """The zone of a character, "" outside of every sentence."""
        place = sentence_at(self.sentences, position)
        return self.sentences[place].zone if place >= 0 else ""

    @cached_property
    def lead_subject(self) -> str:
        """Who the lead is about: `people` by name (`many` from three on), the `crew` unnamed, `others`, or `nobody`."""
        if self.lead_people:
            return "people" if len(self.lead_people) < 3 else "many"
        return _unnamed_subject(self.in_zone(self.cues, "lead"))

    @cached_property
    def opening_subject(self) -> str:
        """Who the first sentence is about: `people` by name, the `crew` unnamed, `others`, or `nobody`."""
        if not self.sentences:
            return "nobody"
        if any(p.start < self.sentences[0].end for p in self.people):
            return "people"
        return _unnamed_subject(self.cues[0])

    def in_zone(self, of_sentences: Sequence[frozenset[int]], zone: str) -> list[int]:
        """The cues or scenes of a zone, in the order of the lexicon."""
        found: set[int] = set()
        for sentence, sections in zip(self.sentences, of_sentences, strict=True):
            if sentence.zone == zone:
                found |= sections
        return sorted(found)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the normalised text as a span of the caption as given."""
        return self.mapped.span(start, end)


def _unnamed_subject(cues: Iterable[int]) -> str:
    """Who is spoken of by these cues, where nobody is named."""
    sections = lexicon().sections["cues"]
    names = {sections[section].name for section in cues}
    return "crew" if "crew-collective" in names else "others" if "employees" in names else "nobody"


def read_caption(
    text: str,
    extra_words: Mapping[str, re.Pattern[str]] | None = None,
    catalogue: Mapping[str, str] = MappingProxyType({}),
) -> Caption:
    """Read a caption.

    Args:
        text: the caption as the archive gives it; any length, of which `LONGEST_READ` characters are read.
        extra_words: value -> pattern of further words that mention it, from the taxonomy.
        catalogue: the bibliographic fields of its record (`read_catalogue`); none of them makes the text read otherwise.
    """
    mapped = normalise(text[:LONGEST_READ])
    plain = mapped.text
    small, words = small_letters(plain), word_spans(plain)
    header = read_header(plain)
    credit = read_credit(plain, header.end)
    spans = sentence_spans(plain, header.end, credit.start)
    breaks = sentence_breaks(plain, header.end, credit.start)
    starts = frozenset([*(start for start, _ in spans), *breaks])
    found = lexicon().find(plain, small, words, starts)
    spans = cut_sentences(part_at_background(plain, spans, breaks, found["lead"]))
    codes = codes_among(plain, small, words, found)
    people = find_people(plain)
    tokens = masked_tokens(small, codes, people)
    cues, scenes = sections_of(found["cues"], spans), sections_of(found["scenes"], spans)
    shows = leads(sentence_features(spans, cues, found, codes, people, tokens))
    sentences = tuple(
        Sentence(plain[start:end], "lead" if lead else "background", start, end)
        for (start, end), lead in zip(spans, shows, strict=True)
    )
    mentions = find_mentions(plain, sentences, codes, people, extra_words)
    return Caption(
        mapped,
        header,
        credit,
        sentences,
        found,
        cues,
        scenes,
        codes,
        people,
        tokens,
        mentions,
        read_catalogue(catalogue),
    )


def text_words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", text.lower())
