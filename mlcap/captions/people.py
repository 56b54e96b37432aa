"""People named in a caption: where each name stands, and which names are one person."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from mlcap.lexicon import lexicon, word_list

_INITIAL = r"(?:[A-Z]\.(?:-?[A-Z]\.)*|[A-Z](?=\s[A-Z][a-z]))"
_WORD = r"[^\W\d_a-z](?:[^\W\d_]|['-](?=[^\W\d_]))*[^\W\d_]"
_NICK = r"(?:\"[A-Z][\w. ]{1,14}\"|\([A-Z][a-z]{1,10}\)|'[A-Z][a-z]{1,10}')"
_LONGEST_NAME = 6
#: So many particles may follow one another within a name.
_MOST_PARTICLES = 3
_VOWEL = re.compile(r"[AEIOUYÀ-Ý]")


class Person(NamedTuple):
    """One mention of a person by name: the span, and the key (the surname in lower case; namesakes are numbered)."""

    key: str
    start: int
    end: int
    full: bool


class _Patterns:
    """The patterns of names, with the particles and suffixes of the lexicon."""

    def __init__(self) -> None:
        particle = rf"(?:{'|'.join(lexicon().words['particles'])})"
        suffixes = "|".join(lexicon().words["suffixes"])
        suffix = rf"(?:,?\s(?:{suffixes})\b\.?)"
        before_name = rf"{particle}(?=\s(?:{particle}\s){{0,{_MOST_PARTICLES}}}[A-Z])"
        self.name = re.compile(
            rf"(?<![\w'-])(?:{_INITIAL}|{_WORD})(?:\s(?:{_INITIAL}|{_NICK}|{before_name}|{_WORD}))*{suffix}?"
        )
        self.part = re.compile(rf"{_INITIAL}|{_NICK}|{_WORD}|{particle}\b|{suffix}")
        self.small = re.compile(rf"{particle}|{_INITIAL}|{_NICK}|,?\s?(?:{suffixes})\.?")
        self.no_surname = re.compile(rf"{particle}|(?:{suffixes})\.?|{_NICK}")


@cache
def _patterns() -> _Patterns:
    return _Patterns()


_INITIAL_ALONE = re.compile(_INITIAL)
_TWO_LETTERS = re.compile(r"[^\W\d_]{2,}")
_TITLE_BEFORE = re.compile(r"([A-Za-z]+)\.?\s$")


@lru_cache(maxsize=20_000)
def _is_name_word(word: str) -> bool:
    common = lexicon().common_words
    plain = word.strip("\"'().").lower()
    plain = plain.removesuffix("'s")
    if not plain or plain in word_list("proper nouns") or plain in word_list("titles"):
        return False
    return not (
        plain in common
        or any(piece in common and piece not in ("a", "o", "al") for piece in plain.split("-") if len(piece) > 3)
    )


def _in_capitals(word: str) -> bool:
    """Whether a word is written in capitals alone: an abbreviation, or a name where names are written so."""
    return word.isupper() and len(word.strip("\"'().")) > 1 and "." not in word


def _may_be_name(word: str) -> bool:
    """Whether a word in capitals can be spoken, as a name can."""
    return bool(_VOWEL.search(word))


def _is_titled(text: str, start: int) -> bool:
    """Whether what begins at `start` follows a title."""
    before = _TITLE_BEFORE.search(text[max(0, start - 20) : start])
    return bool(before and before.group(1).lower() in word_list("titles"))


@lru_cache(maxsize=20_000)
def _runs_within(words: str, titled: bool) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Runs of words that may make up one name within capitalised words, each word as (start, end, text).

    Args:
        titled: whether a title stands before the words.
    """
    patterns = _patterns()
    runs: list[tuple[tuple[int, int, str], ...]] = []
    run: list[tuple[int, int, str]] = []
    after_title = titled
    for part in patterns.part.finditer(words):
        word = part.group()
        bare = word.strip("\"'() ,.")
        # After an initial every capitalised word is a surname, be it Young, White or Glenn.
        after_initial = bool(run) and word[0].isupper() and bool(_INITIAL_ALONE.fullmatch(run[-1][2]))
        named = _is_name_word(bare)
        if named and _in_capitals(bare):
            # An abbreviation, unless it follows a title: "Astronaut Marta LIND", "PILOT BO EK".
            lacking = sum("." not in one for _, _, one in run) < 2
            named = after_title and lacking and _may_be_name(bare)
        if after_initial or named or patterns.small.fullmatch(word.strip()):
            run.append((part.start(), part.end(), word.strip(" ,")))
        else:
            if run:
                runs.append(tuple(run))
            run, after_title = [], bare.lower() in word_list("titles")
    if run:
        runs.append(tuple(run))
    return tuple(runs)


_CAPITALS = re.compile(r"[A-Z]{2}")


def _runs(text: str) -> list[list[tuple[int, int, str]]]:
    """Runs of words that may make up one name, each word as (start, end, text)."""
    runs = []
    for match in _patterns().name.finditer(text):
        start, words = match.start(), match.group()
        titled = bool(_CAPITALS.search(words)) and _is_titled(text, start)
        runs += [[(start + a, start + b, word) for a, b, word in run] for run in _runs_within(words, titled)]
    return runs


def find_people(text: str) -> list[Person]:
    """Find the people named in a normalised text.

    A name is a run of capitalised words of which at least two are names or initials;
    a single word counts where it is the surname of such a run elsewhere in the text, or
    follows a title. Works without any list of crews.

    Returns:
        Mentions by position; mentions of one person have one key. A surname alone, where several have it, is that of
        whoever was named last.
    """
    full: list[Person] = []
    single: list[tuple[str, int, int, bool]] = []
    no_surname = _patterns().no_surname
    for run in _runs(text):
        words = [w for w in run if _TWO_LETTERS.search(w[2]) and not no_surname.fullmatch(w[2])]
        if not words:
            continue
        key = words[-1][2].lower().removesuffix("'s")
        start, end = run[0][0], run[-1][1]
        if end > start and text[start:end].endswith("'s"):
            end -= 2
        if 2 <= len(run) <= _LONGEST_NAME:
            full.append(Person(key, start, end, full=True))
        elif len(run) == 1 and not _in_capitals(run[0][2]):
            before = _TITLE_BEFORE.search(text[max(0, start - 20) : start])
            titled = bool(before and before.group(1).lower() in word_list("titles"))
            single.append((key, start, end, titled))
    keys = {person.key for person in full}
    keys |= {key for key, _, _, titled in single if titled}
    people = full + [Person(key, start, end, full=False) for key, start, end, _ in single if key in keys]
    return _told_apart(text, sorted(people, key=lambda p: p.start))


_GIVEN = re.compile(r"[^\W\d_]{2,}(?![.\w])")


def _told_apart(text: str, people: list[Person]) -> list[Person]:
    """Give namesakes keys of their own: full names of one surname, the others of whose words begin with other letters.

    "Bill" and "William" would be two, which is rarer in captions than couples, brothers and sisters.
    """
    given: dict[str, list[frozenset[str]]] = {}
    out = []
    last: dict[str, str] = {}
    for person in people:
        if person.full:
            words = frozenset(word.lower() for word in _GIVEN.findall(text[person.start : person.end])) - {person.key}
            known = given.setdefault(person.key, [])
            place = next((i for i, others in enumerate(known) if not _are_two(words, others)), len(known))
            known[place:] = known[place:] or [words]
            last[person.key] = person.key if not place else f"{person.key}, {place}"
        out.append(person._replace(key=last.get(person.key, person.key)))
    return out


def _are_two(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether given names are those of two people: both are named, and no name begins as one of the other's does."""
    return bool(one and other) and not {word[0] for word in one} & {word[0] for word in other}
