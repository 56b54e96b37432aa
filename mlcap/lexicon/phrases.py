r"""The phrases of a lexicon: a form that a librarian can read, and what it stands for.

lift[s|ed|ing]~off      [a|b]  any of these or nothing; (a|b) one of these
flight=engineer[s]      =      a hyphen or a space; ~ these or nothing
commemorat*             *      the rest of a word; alone: any one word
pad #                   #      a number in figures; ## of two or more
the <0-3>mission        <0-3>  up to three words, each with its space or hyphen
^runway                 ^      the next letter small or capital, where letters count as written
> from the left         >      only at the beginning of a sentence
Orion !> nebula         !>     not before, ?> only before, !< not after: a plain regular expression
\\(left                  \\      the next character itself
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from mlcap.errors import LexiconError

#: Stand in an expanded phrase for the rest of a word and for a number in figures.
REST, NUMBER = "\ue000", "\ue001"
#: No phrase may stand for more spellings than this.
MOST_SPELLINGS = 4000

_LOOKS = re.compile(r"\s+(!>|\?>|!<)\s")
_GAP = re.compile(r"<(\d)-(\d)>")


@dataclass(frozen=True)
class Phrase:
    """One phrase.

    Attributes:
        source: as written in the lexicon.
        spellings: every spelling, with `REST` and `NUMBER` for what is open; letters as written, also both
            where `^` says so.
        opens: whether it counts only at the beginning of a sentence.
        before, after: what must hold just before and just after it: patterns of no width, None for nothing.
    """

    source: str
    spellings: tuple[str, ...]
    opens: bool = False
    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None


def parse_phrase(source: str) -> Phrase:
    """Read one phrase.

    Raises:
        LexiconError: a bracket has no partner, a sign stands where it means nothing, or it stands for too much.
    """
    body, *looks = _LOOKS.split(source)
    if re.search(r"\s(?:[!?]>|!<|>)(?:\s|$)", body.removeprefix("> ")) or any(not look.strip() for look in looks):
        raise LexiconError(f"{source!r}: !>, ?> and !< stand before a pattern, > at the beginning alone")
    opens = body.startswith("> ")
    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    for sign, pattern in zip(looks[::2], looks[1::2], strict=True):
        try:
            if sign == "!<":
                before = re.compile("".join(f"(?<!{part})" for part in pattern.split("|")))
            else:
                after = re.compile(f"(?!{pattern})" if sign == "!>" else f"(?={pattern})")
        except re.error as error:
            raise LexiconError(f"{source!r}: {pattern!r} is no regular expression ({error})") from error
    parser = _Parser(source, body[2:] if opens else body)
    spellings = tuple(dict.fromkeys(parser.alternatives(closing="")))
    if not all(s.isalpha() or _WORD.search(s) for s in spellings):
        raise LexiconError(f"{source!r}: may stand for no word at all; put a word outside of the brackets")
    if any(s.lstrip() != s or s in (REST, NUMBER) for s in spellings):
        raise LexiconError(f"{source!r}: a phrase begins with a word, and is more than an open one")
    return Phrase(source, spellings, opens, before, after)


#: Signs, and the runs of plain characters between them.
_PARTS = re.compile(r"[\\^].?|<[^>]*>?|[()\[\]|~=*#]|[^\\^<()\[\]|~=*#]+", re.DOTALL)
_SIGNS = {"~": ("", " ", "-"), "=": (" ", "-"), "*": (REST,), "#": (NUMBER,)}


class _Parser:
    """Expands the signs of one phrase, from left to right."""

    def __init__(self, source: str, body: str) -> None:
        self.source = source
        self.parts = iter(_PARTS.findall(body))

    def _fail(self, why: str) -> LexiconError:
        return LexiconError(f"{self.source!r}: {why}")

    def alternatives(self, closing: str) -> list[str]:
        """Expand up to the closing bracket; a bar parts alternatives."""
        done: list[str] = []
        here = [""]
        while True:
            part = next(self.parts, "")
            if part in ("", ")", "]") or (part == "|" and closing):
                done += here
                here = [""]
                if part == closing:
                    return done
                if part != "|":
                    raise self._fail(f"{part or 'its end'} comes where {closing or 'more of the phrase'} should")
            else:
                some = self._spellings(part)
                here = (
                    [first + second for first in here for second in some]
                    if len(some) > 1
                    else [first + some[0] for first in here]
                )
                if len(here) > MOST_SPELLINGS:
                    raise self._fail(f"stands for {len(here)} spellings; part it in several phrases")

    def _spellings(self, part: str) -> Sequence[str]:
        if part == "[":
            return ["", *self.alternatives("]")]
        if part == "(":
            return self.alternatives(")")
        if part[0] == "<":
            return self._gap(part)
        if part[0] in "^\\":
            if len(part) == 1:
                raise self._fail(f"{part} stands before nothing")
            return [part[1].lower(), part[1].upper()] if part[0] == "^" else [part[1]]
        return _SIGNS.get(part, (part,))

    def _gap(self, part: str) -> list[str]:
        match = _GAP.fullmatch(part)
        if not match or match[1] > match[2]:
            raise self._fail("a gap is written <0-3>, from none to three words")
        words = [f"{REST} ", f"{REST}-"]
        return [
            "".join(one) for count in range(int(match[1]), int(match[2]) + 1) for one in product(words, repeat=count)
        ]


#: A word of an expanded phrase.
_WORD = re.compile(rf"[\w{REST}{NUMBER}]+")


def spelled_words(spelling: str) -> tuple[list[tuple[str, str]], str]:
    """Part a spelling into words: ([(what stands before the word, word), ...], what stands after the last)."""
    if spelling.isalpha():
        return [("", spelling)], ""
    words, here = [], 0
    for match in _WORD.finditer(spelling):
        words.append((spelling[here : match.start()], match.group()))
        here = match.end()
    return words, spelling[here:]


def read_sections(text: str) -> Iterator[tuple[str, int, str]]:
    """Give the lines of a lexicon file: (section's head, number of the line, phrase); comments are passed over.

    Raises:
        LexiconError: a phrase stands before the first section.
    """
    head = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("  #")[0].rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]") and not set(line[1:-1]) & set("[]()"):
            head = line[1:-1]
        elif not head:
            raise LexiconError(f"line {number}: a phrase stands before the first [section]")
        else:
            yield head, number, line
