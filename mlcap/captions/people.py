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


#: Before a month it is a date.
_DATED = re.compile(
    r"(?:\b(?:in|of|on|since|until|till|by|from|to|through|late|early|mid|last|next|this)|\d[.,]?)[ -]$", re.IGNORECASE
)


class _Run:
    """Finds the runs of words that may make up one name within capitalised words, each word as (start, end, text)."""

    def __init__(self, words: str, titled: bool) -> None:
        self.words = words
        self.parts = [(m.start(), m.end(), m.group()) for m in _patterns().part.finditer(words)]
        endings = (
            place for place, (_, _, word) in enumerate(self.parts) if not _patterns().no_surname.fullmatch(_bare(word))
        )
        #: The last word that is more than a suffix.
        self.last = max(endings, default=0)
        self.runs: list[tuple[tuple[int, int, str], ...]] = []
        self.run: list[tuple[int, int, str]] = []
        #: Whether a title stands before the run.
        self.after_title = titled

    def read(self) -> tuple[tuple[tuple[int, int, str], ...], ...]:
        """Take the words one by one; gives the runs."""
        for place, (start, end, word) in enumerate(self.parts):
            bare = _bare(word)
            if self._goes_on(place, word, bare):
                self.run.append((start, end, word.strip(" ,")))
            else:
                self._end(bare)
        self._end("")
        return tuple(self.runs)

    def _end(self, bare: str) -> None:
        if self.run:
            self.runs.append(tuple(self.run))
        self.run, self.after_title = [], bare.lower() in word_list("titles")

    def _goes_on(self, place: int, word: str, bare: str) -> bool:
        if _patterns().small.fullmatch(word.strip()) and not self._begins(place, bare):
            return True
        # After an initial every capitalised word is a surname, be it Young, White or Glenn.
        if self.run and word[0].isupper() and _INITIAL_ALONE.fullmatch(self.run[-1][2]):
            return True
        if _is_name_word(bare):
            if not _in_capitals(bare):
                return True
            # An abbreviation, unless it follows a title: "Astronaut Marta LIND", "PILOT BO EK".
            lacking = sum("." not in one for _, _, one in self.run) < 2
            return self.after_title and lacking and _may_be_name(bare)
        return self._begins(place, bare) or self._is_surname(place, bare)

    def _begins(self, place: int, bare: str) -> bool:
        """Whether a word that may be something else is somebody's given name: "Virginia Falk", "Astronaut April White"."""
        if self.run or not _is_given(bare) or place + 1 == len(self.parts):
            return False
        if bare.lower() in lexicon().numbered("months") and _DATED.search(self.words, 0, self.parts[place][0]):
            return False
        following = _bare(self.parts[place + 1][2])
        return _is_name_word(following) or (self.after_title and place + 1 >= self.last)

    def _is_surname(self, place: int, bare: str) -> bool:
        """Whether a word that may be something else is the surname to the given name before it: "Tom Banks".

        It ends what is capitalised: "Neil Armstrong" is a man, and "Neil Armstrong Hall" is none.
        """
        if not self.run or _in_capitals(bare) or bare.lower() in word_list("titles") or place < self.last:
            return False
        names = [one for _, _, one in self.run if _TWO_LETTERS.search(one)]
        return (
            len(names) == 1
            and (self.after_title or _is_given(names[0]))
            and bare.lower() not in word_list("no surnames")
        )


def _bare(word: str) -> str:
    return word.strip("\"'() ,.")


def _is_given(word: str) -> bool:
    return word.lower() in word_list("given names")


@lru_cache(maxsize=20_000)
def _runs_within(words: str, titled: bool) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Runs of words that may make up one name within capitalised words, each word as (start, end, text).

    Args:
        titled: whether a title stands before the words.
    """
    return _Run(words, titled).read()


def _runs(text: str) -> list[list[tuple[int, int, str]]]:
    """Runs of words that may make up one name, each word as (start, end, text)."""
    runs = []
    for match in _patterns().name.finditer(text):
        start, words = match.start(), match.group()
        first = words.split(" ", 1)[0]
        if first.lower() in lexicon().numbered("months") and _DATED.search(text, max(0, start - 8), start):
            start, words = start + len(first) + 1, words[len(first) + 1 :]
        found = _runs_within(words, _is_titled(text, start))
        runs += [[(start + a, start + b, word) for a, b, word in run] for run in found]
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
            single.append((key, start, end, _is_titled(text, start)))
    keys = {person.key for person in full}
    keys |= {key for key, _, _, titled in single if titled}
    people = full + [Person(key, start, end, full=False) for key, start, end, _ in single if key in keys]
    return _told_apart(text, sorted(people, key=lambda p: p.start))


_GIVEN = re.compile(r"[^\W\d_]{2,}(?![.\w])")
#: Who stands beside another in a list is somebody else.
_BESIDE = re.compile(r"(?:,|,? and|,? with|,? &|/) ?")


def _told_apart(text: str, people: list[Person]) -> list[Person]:
    """Give namesakes keys of their own: full names of one surname, the others of whose words begin with other letters.

    "Bill" and "William" would be two, which is rarer in captions than couples, brothers and sisters. So are those of one
    list, "Mark and Mike", and a father and a son told apart by "Jr." and "Sr.".
    """
    given: dict[str, list[frozenset[str]]] = {}
    out: list[Person] = []
    last: dict[str, str] = {}
    before: Person | None = None
    for person in people:
        if person.full:
            words = frozenset(word.lower() for word in _GIVEN.findall(text[person.start : person.end])) - {person.key}
            known = given.setdefault(person.key, [])
            listed = before is not None and before.key == person.key and _is_beside(text, before, person)
            taken = _place_of(out[-1].key) if listed else -1
            free = [i for i, others in enumerate(known) if i != taken and not _are_two(words, others)]
            # The same name rather than one that only begins alike.
            place = next(iter([i for i in free if words & known[i]] or free), len(known))
            known[place:] = known[place:] or [words]
            last[person.key] = person.key if not place else f"{person.key}, {place}"
        before = person if person.full else None
        out.append(person._replace(key=last.get(person.key, person.key)))
    return out


def _place_of(key: str) -> int:
    """Which of the namesakes a key is of, from 0."""
    return int(key.rpartition(", ")[2]) if ", " in key else 0


def _is_beside(text: str, one: Person, other: Person) -> bool:
    return bool(_BESIDE.fullmatch(text, one.end, other.start))


def _are_two(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether given names are those of two people: both are named, and no name begins as one of the other's does."""
    after = frozenset(word.lower() for word in lexicon().words["suffixes"])
    if one & after and other & after and one & after != other & after:
        return True
    one, other = one - after, other - after
    return bool(one and other) and not {word[0] for word in one} & {word[0] for word in other}
