"""What may stand between a role word and the name that it belongs to.

Each gap is read once, word by word; what stands in one caption stands in many, so outcomes are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from mlcap.lexicon import lexicon, word_list

#: No title stands further before a name than this, no name further before its title, no two people of one list
#: further apart.
LONGEST_TITLE_GAP, LONGEST_APPOSITION_GAP, LONGEST_LIST_GAP = 90, 140, 70
#: The number or name of a mission in an apposition is no longer than this.
LONGEST_MISSION = 14

_TITLE_PART = re.compile(r"\([^()]{1,40}\)|-+|[,:;]|[Uu]\.[Ss]\.|(?P<word>\w+)(?P<stop>\.?)|\s+")
_APPOSITION_PART = re.compile(r"[,/-]|(?P<word>\w+)|\s+")
_BRACKET = re.compile(r"\s*\([^()]{1,60}\)")


def spelled(name: str) -> str:
    """The words of a list as alternatives of a pattern, the longest first; `_` stands for a space within one."""
    words = sorted((re.escape(w.replace("_", " ")) for w in lexicon().words[name]), key=len, reverse=True)
    return "|".join(words)


@cache
def _openings() -> tuple[re.Pattern[str], ...]:
    """How an apposition begins: a mark, a verb, or where the person is from; what follows must be known word by word."""
    return (
        re.compile(r"\s*(?:,|--?|\(|;|:)"),
        re.compile(rf"\s+(?:{spelled('apposition verbs')})", re.IGNORECASE),
        re.compile(r"\s+from [a-z]\w+,?", re.IGNORECASE),
        re.compile(r"\s+with (?:the )?[a-z][\w ]{2,60},", re.IGNORECASE),
    )


def is_said(gap: str) -> bool:
    """Whether what stands between a name and a title marks it or says it of that person: "X, ", "X (", "X was "."""
    return gap.startswith((",", " (")) or bool(_said().match(gap))


@cache
def _said() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{spelled('apposition verbs')})\b")


_OF = re.compile(r"\s+of [a-z]\w+", re.IGNORECASE)
_NEXT_OF = re.compile(r" [a-z]\w+", re.IGNORECASE)


def _parts(pattern: re.Pattern[str], gap: str, start: int = 0) -> Iterator[re.Match[str] | None]:
    """The words of a gap in their order, None and no more where something stands that is no part of such a gap."""
    here = start
    for part in pattern.finditer(gap, start):
        if part.start() != here:
            break
        here = part.end()
        if part["word"]:
            yield part
    if here != len(gap):
        yield None


@lru_cache(maxsize=8192)
def is_title_gap(gap: str) -> bool:
    """Whether what stands between a title and a name lets the title be that person's: "Commander NASA astronaut X"."""
    russian = False
    for part in _parts(_TITLE_PART, gap):
        if not part:
            return False
        word = part["word"].lower()
        if russian and not word.startswith(("astronaut", "cosmonaut")):
            return False
        russian = word == "russian"
        if not russian and word not in word_list("title gap"):
            return False
        if part["stop"] and word not in word_list("title gap shortened"):
            return False
    return not russian


@lru_cache(maxsize=8192)
def is_apposition_gap(gap: str) -> bool:
    """Whether what stands between a name and a title lets the title be that person's: "X, Expedition 9 commander"."""
    bracket = _BRACKET.match(gap)
    for start in {0, bracket.end() if bracket else 0}:
        for opening in _openings():
            match = opening.match(gap, start)
            if match and _is_apposition(gap, match.end()):
                return True
        match = _OF.match(gap, start)
        for _ in range(5):
            if not match:
                break
            end = match.end()
            if _is_apposition(gap, end) or (gap[end : end + 1] == "," and _is_apposition(gap, end + 1)):
                return True
            match = _NEXT_OF.match(gap, end)
    return False


def _is_apposition(gap: str, start: int) -> bool:
    """Whether a gap goes on from `start` with words that leave the title to the person before it."""
    mission, before = -1, ""
    for part in _parts(_APPOSITION_PART, gap, start):
        if not part:
            return False
        word, here = part["word"].lower(), part.end()
        if word in word_list("apposition missions"):
            mission = here + LONGEST_MISSION
        elif not (
            word in word_list("apposition gap")
            or word[0].isdigit()
            or here <= mission
            or gap.startswith((" Space Agency", " space agency"), here)
            or (word in ("space", "agency") and gap[start:here].lower().endswith(("space", "space agency")))
        ):
            return False
        before = word
    return before != "space"


# What may stand between two people of one list: a bracket, where they are from or stand, a conjunction, a title.
_LIST_PARTS = (
    r"\s*(?:\([^()]{1,60}\)\s*)?",
    r"(?:of (?:the )?[A-Z][\w() ]{1,50})?",
    r"(?:,\s*(?:PLACES|second from \w+|[a-z ]{2,30}),?)?",
    r"\s*(?:,|;|and|&|,\s*and|, left,? and)?\s*",
    r"(?:\([^()]{1,30}\)\s*)?(?:TITLES)?\s*",
)


@cache
def _list_gap() -> re.Pattern[str]:
    places = f"{spelled('list places')}|{spelled('list places further')}"
    parts = "".join(_LIST_PARTS).replace("PLACES", places).replace("TITLES", spelled("list titles"))
    return re.compile(parts, re.IGNORECASE)


@lru_cache(maxsize=8192)
def is_list_gap(gap: str) -> bool:
    """Whether what stands between two names leaves them in one list: "X, left, and astronaut Y"."""
    return len(gap) <= LONGEST_LIST_GAP and bool(_list_gap().fullmatch(gap))
