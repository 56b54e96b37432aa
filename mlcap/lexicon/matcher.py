"""Finding every phrase of a lexicon in one pass over the words of a text.

Phrases are laid out as a trie whose steps are whole words with what stands before them, so
that a word of the text that begins no phrase costs one look into a dictionary. From each
word at most as many steps are taken as the longest phrase has words, so the time grows
with the length of the text alone, whatever stands in it (docs/decisions/0011-lexicon-and-matcher.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from mlcap.lexicon.phrases import NUMBER, REST, Phrase, spelled_words

WORD = re.compile(r"\w+")
#: Longer words begin no phrase and are not remembered.
LONGEST_WORD = 40
#: Beginnings are remembered for this many different words.
MOST_REMEMBERED = 50_000


@dataclass(slots=True)
class _Node:
    """Where the words so far have led."""

    #: What may come next: separator and word, in small letters -> node.
    words: dict[str, _Node] = field(default_factory=dict)
    #: (separator, beginning of the word, how it may go on, node) for words that are open.
    open: list[tuple[str, str, re.Pattern[str] | None, _Node]] = field(default_factory=list)
    #: (phrase, what stands before its first word, what after its last) of the phrases that end here.
    ends: list[tuple[int, str, str]] = field(default_factory=list)


class Matcher:
    """Finds phrases.

    Args:
        phrases: (phrase, whether its letters count as written) in the order of their numbers; where they
            do not count, any mixture of small letters and capitals is found, and where they do, also the
            whole phrase in capitals.
    """

    def __init__(self, phrases: Sequence[tuple[Phrase, bool]]) -> None:
        self.phrases = tuple(phrase for phrase, _ in phrases)
        self._root = _Node()
        self._exact = [exact for _, exact in phrases]
        #: Number of a phrase -> a pattern for its letters as written, made when it is first needed.
        self._letters: dict[int, re.Pattern[str]] = {}
        for number, (phrase, _) in enumerate(phrases):
            for spelling in phrase.spellings:
                self._add(number, spelling.lower())
        self._beginnings = sorted({len(prefix) for _, prefix, _, _ in self._root.open})
        self._open_root: dict[str, list[tuple[re.Pattern[str] | None, _Node]]] = {}
        for _, prefix, rest, node in self._root.open:
            self._open_root.setdefault(prefix, []).append((rest, node))
        self._remembered: dict[str, tuple[_Node, ...]] = {}

    def _add(self, number: int, spelling: str) -> None:
        words, after = spelled_words(spelling)
        node = self._root
        for place, (separator, word) in enumerate(words):
            node = _step(node, separator if place else "", word)
        end = number, words[0][0], after
        if end not in node.ends:
            node.ends.append(end)

    def find(self, text: str, small: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """Find all phrases.

        Args:
            text: the text.
            small: the same in small letters, character by character.
            spans: of the words of the text (`WORD`), in order.

        Returns:
            (number of the phrase, start, end) by the word that it starts at; a phrase is found at every
            place and in every length that it has there.
        """
        out: list[tuple[int, int, int]] = []
        remembered, count = self._remembered, len(spans)
        for place in range(count):
            start, end = spans[place]
            word = small[start:end]
            nodes = remembered.get(word)
            if nodes is None:
                nodes = self._begin(word)
            for node in nodes:
                # Most beginnings go no further, and are left here without a call.
                if node.ends:
                    self._note(node, start, end, text, out)
                if place + 1 < count:
                    following = node.words.get(small[end : spans[place + 1][1]])
                    if following is not None:
                        self._walk(following, place, place + 1, text, small, spans, out)
                    if node.open:
                        self._walk_open(node, place, place, text, small, spans, out)
        return out

    def _begin(self, word: str) -> tuple[_Node, ...]:
        if len(word) > LONGEST_WORD:
            return ()
        found = [self._root.words[word]] if word in self._root.words else []
        for length in self._beginnings:
            if length > len(word):
                break
            for rest, node in self._open_root.get(word[:length], ()):
                if rest is None or rest.fullmatch(word, length):
                    found.append(node)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[word] = tuple(found)
        return self._remembered[word]

    def _walk(
        self,
        node: _Node,
        first: int,
        last: int,
        text: str,
        small: str,
        spans: Sequence[tuple[int, int]],
        out: list[tuple[int, int, int]],
    ) -> None:
        end = spans[last][1]
        if node.ends:
            self._note(node, spans[first][0], end, text, out)
        if last + 1 == len(spans):
            return
        if node.words:
            following = node.words.get(small[end : spans[last + 1][1]])
            if following is not None:
                self._walk(following, first, last + 1, text, small, spans, out)
        if node.open:
            self._walk_open(node, first, last, text, small, spans, out)

    def _walk_open(
        self,
        node: _Node,
        first: int,
        last: int,
        text: str,
        small: str,
        spans: Sequence[tuple[int, int]],
        out: list[tuple[int, int, int]],
    ) -> None:
        end, here = spans[last][1], spans[last + 1][0]
        for separator, prefix, rest, following in node.open:
            if (
                small[end:here] == separator
                and small.startswith(prefix, here, spans[last + 1][1])
                and (rest is None or rest.fullmatch(small, here + len(prefix), spans[last + 1][1]))
            ):
                self._walk(following, first, last + 1, text, small, spans, out)

    def _note(self, node: _Node, start: int, end: int, text: str, out: list[tuple[int, int, int]]) -> None:
        for number, before, after in node.ends:
            first, last = start - len(before), end + len(after)
            if first < 0 or text[first:start] != before or text[end:last] != after:
                continue
            phrase = self.phrases[number]
            if (
                (not self._exact[number] or self._is_spelled(number, text[first:last]))
                and (phrase.before is None or phrase.before.match(text, first))
                and (phrase.after is None or phrase.after.match(text, last))
            ):
                out.append((number, first, last))

    def _is_spelled(self, number: int, words: str) -> bool:
        """Whether words have the letters of one of a phrase's spellings, or are in capitals."""
        if words in self.phrases[number].spellings or _is_name_in_capitals(words):
            return True
        if number not in self._letters:
            self._letters[number] = _letters(self.phrases[number])
        return bool(self._letters[number].fullmatch(words))


def _step(node: _Node, separator: str, word: str) -> _Node:
    """The node behind a word, made where it is missing."""
    if word[-1] not in (REST, NUMBER):
        key = separator + word
        found = node.words.get(key)
        if found is None:
            found = node.words[key] = _Node()
        return found
    bare = word.rstrip(REST + NUMBER)
    rest = _rest(word[len(bare) :])
    for a, b, c, following in node.open:
        if (a, b, c) == (separator, bare, rest):
            return following
    following = _Node()
    node.open.append((separator, bare, rest, following))
    return following


def _is_name_in_capitals(words: str) -> bool:
    """Whether a name is written in capitals, as in headlines; shorter words may be abbreviations of something else."""
    return len(words) > _LONGEST_ABBREVIATION and words.isupper()


_LONGEST_ABBREVIATION = 4


@cache
def _rest(signs: str) -> re.Pattern[str] | None:
    """How an open word goes on: None for in any way, else a pattern."""
    if signs == REST:
        return None
    figures = signs.count(NUMBER)
    return re.compile(r"\d" * (figures - 1) + r"\d+" + (r"\w*" if REST in signs else ""))


def _letters(phrase: Phrase) -> re.Pattern[str]:
    """A pattern for the spellings of a phrase with the letters as written."""
    spelled = "|".join(
        re.escape(s).replace(REST, r"\w*").replace(NUMBER, r"\d+")
        for s in sorted(phrase.spellings, key=len, reverse=True)
    )
    return re.compile(spelled)
