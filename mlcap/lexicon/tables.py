"""The lexicon of one language, read from its folder."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

from mlcap.errors import LexiconError
from mlcap.lexicon.matcher import WORD, Matcher
from mlcap.lexicon.phrases import Phrase, parse_phrase, read_sections

#: Tables of phrases, and whether their letters count as written.
PHRASES = {
    "cues": False,
    "scenes": False,
    "lead": False,
    "time": False,
    "events": False,
    "roles": False,
    "acts": False,
    "vehicles": True,
    "places": True,
    "agencies": True,
}


#: Tables that no feature of a version is made of: changing one makes no version obsolete.
NO_FEATURES = ("events", "shown-weights")
#: Tables of learned weights, a feature and its weight a line.
WEIGHTS = ("lead-weights", "shown-weights")
#: What the folder of a language holds.
FILES = (*PHRASES, "missions", "words", "common_words", *WEIGHTS)


@dataclass(frozen=True)
class Section:
    """One section of a table: its name and, where the head gives one, the sort of thing that the name is."""

    name: str
    sort: str


class Match(NamedTuple):
    """A phrase in a text: the number of its section in its table, and its half-open span."""

    section: int
    start: int
    end: int


@dataclass(frozen=True)
class MissionForm:
    """One way of writing a mission.

    Attributes:
        programme: the programme it belongs to.
        canonical: its canonical name; `{n}` is filled with the number in figures or the letter code in capitals.
        beginnings: how the first word of a mention may begin, in small letters.
        pattern: one mention, for a pattern that ignores case; `NUMBER` stands for a number in figures, words or
            Roman numerals; group `n` holds the number or letter code, `m` a second one.
    """

    programme: str
    canonical: str
    beginnings: tuple[str, ...]
    pattern: str


class Lexicon:
    """The words and phrases of one language.

    Args:
        texts: name of the file without suffix -> its content.

    Attributes:
        sections: table -> its sections, in order.
        words: name of a list of words -> the words, in small letters.
        lead_weights: feature of a sentence -> learned weight for showing the picture; "" is the intercept.
        shown_weights: feature of a person or group -> learned weight for being in the picture; "" is the intercept.

    Raises:
        LexiconError: a line cannot be read; the message names file, line and fault.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self.sections: dict[str, tuple[Section, ...]] = {}
        #: For each phrase: its table, the number of its section, and whether it opens a sentence.
        self._owner: list[tuple[str, int, bool]] = []
        phrases: list[tuple[Phrase, bool]] = []
        for table, exact in PHRASES.items():
            heads: list[str] = []
            for head, phrase in self._phrases(table):
                if not heads or heads[-1] != head:
                    heads.append(head)
                self._owner.append((table, len(heads) - 1, phrase.opens))
                phrases.append((phrase, exact))
            self.sections[table] = tuple(_section(head) for head in heads)
        self.matcher = Matcher(phrases)
        self.lead_weights, self.shown_weights = map(self._read_weights, WEIGHTS)
        self.words = self._read_words()
        self._numbers: dict[str, dict[str, int]] = {}

    def _phrases(self, table: str) -> list[tuple[str, Phrase]]:
        out = []
        try:
            for head, number, source in read_sections(self._texts[table]):
                try:
                    out.append((head, parse_phrase(source)))
                except LexiconError as error:
                    raise LexiconError(f"line {number}: {error}") from error
        except LexiconError as error:
            raise LexiconError(f"{table}.txt: {error}") from error
        return out

    def _read_words(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for head, _, line in read_sections(self._texts["words"]):
            found.setdefault(head, []).extend(line.split())
        return {head: tuple(words) for head, words in found.items()}

    @cached_property
    def missions(self) -> tuple[MissionForm, ...]:
        """The ways of writing missions, in order."""
        out = []
        for head, number, line in read_sections(self._texts["missions"]):
            programme, _, canonical = head.partition(" | ")
            beginnings, sign, pattern = line.partition(" :: ")
            try:
                groups = re.compile(pattern, re.IGNORECASE).groupindex
            except re.error as error:
                raise LexiconError(f"missions.txt: line {number}: {error}") from error
            if not sign or "n" not in groups:
                raise LexiconError(
                    f"missions.txt: line {number}: a form is written `beginnings :: pattern` with a group n"
                )
            out.append(MissionForm(programme, canonical, tuple(beginnings.split(", ")), pattern))
        return tuple(out)

    def numbered(self, name: str) -> dict[str, int]:
        """A list of words that are written with numbers: `may=5`."""
        if name not in self._numbers:
            pairs = (pair.partition("=") for pair in self.words[name])
            self._numbers[name] = {word: int(number) for word, _, number in pairs}
        return self._numbers[name]

    @cached_property
    def common_words(self) -> frozenset[str]:
        """Words that captions also write in small letters, so that a capital makes no name of them."""
        return frozenset(self._texts["common_words"].split())

    def _read_weights(self, name: str) -> dict[str, float]:
        rows = csv.reader(self._texts[name].splitlines()[1:])
        try:
            return {feature: float(weight) for feature, weight in rows}
        except ValueError as error:
            raise LexiconError(f"{name}.csv: a line is no feature with its weight ({error})") from error

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what features are made of, comments apart, in hex: part of their schema."""
        content = "\0".join(
            f"{name}\0{head}\0{line}"
            for name, text in sorted(self._texts.items())
            if name not in NO_FEATURES
            for head, line in _lines(name, text)
        )
        return hashlib.sha256(content.encode()).hexdigest()

    def find(
        self, text: str, small: str, spans: Sequence[tuple[int, int]], starts: frozenset[int] = frozenset()
    ) -> dict[str, list[Match]]:
        """Find every phrase of every table in one pass.

        Args:
            text: the text.
            small: the same in small letters, character by character (`small_letters`).
            spans: of its words (`word_spans`).
            starts: where sentences begin, for the phrases that count only there.

        Returns:
            Table -> matches by their first word; one section may match a place in several lengths.
        """
        found: dict[str, list[Match]] = {table: [] for table in PHRASES}
        for number, start, end in self.matcher.find(text, small, spans):
            table, section, opens = self._owner[number]
            if not opens or start in starts:
                found[table].append(Match(section, start, end))
        return found


def _lines(name: str, text: str) -> list[tuple[str, str]]:
    if name in ("common_words", *WEIGHTS):
        return [("", line) for line in text.splitlines()]
    return [(head, line) for head, _, line in read_sections(text)]


def _section(head: str) -> Section:
    name, _, sort = head.partition(" | ")
    return Section(name, sort)


def word_spans(text: str) -> list[tuple[int, int]]:
    """The half-open spans of the words of a text, as the lexicon parts them."""
    return [match.span() for match in WORD.finditer(text)]


def small_letters(text: str) -> str:
    """A text in small letters of the same length, so that places in it are places in the text."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)


@cache
def lexicon(language: str = "en") -> Lexicon:
    """The lexicon of a language, read once.

    Raises:
        LexiconError: a file is missing or no UTF-8 text, or one of its lines cannot be read.
    """
    texts = {}
    for path in files("mlcap.lexicon").joinpath(language).iterdir():
        if path.is_file():
            try:
                texts[path.name.partition(".")[0]] = path.read_text("utf-8")
            except UnicodeDecodeError as error:
                raise LexiconError(f"{path.name}: is no UTF-8 text; save it as UTF-8") from error
    lacking = [name for name in FILES if name not in texts]
    if lacking:
        raise LexiconError(f"the lexicon {language!r} lacks {lacking[0]}; it has {', '.join(FILES)}")
    return Lexicon(texts)


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of words of the lexicon, to look words up in."""
    return frozenset(lexicon().words[name])


@cache
def section_names(table: str) -> tuple[str, ...]:
    """The names of the sections of a table, in order."""
    return tuple(section.name for section in lexicon().sections[table])
