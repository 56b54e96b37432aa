"""Splitting a caption into sentences: full stops of abbreviations and initials do not end one."""

from __future__ import annotations

import re

#: Words whose full stop does not end a sentence (lower case, without the stop).
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof rev hon st sen rep gov gen lt col maj capt cmdr cdr adm sgt cpl pvt ens brig jr sr "
    "jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "fla calif tex ala va md mass wash ariz colo conn del ill ind kan ky la mich minn miss mo mont neb nev "
    "okla ore pa tenn vt wis wyo fig no nos vs etc approx dept bldg inc corp co ltd ft mt univ assoc "
    "a.m p.m e.g i.e u.s u.k u.s.s.r u.s.a d.c ph.d m.d d.v.m b.s m.s n.m n.y n.j n.c s.c n.h r.i cf al usn usaf usmc".split()
)

#: Abbreviations after which a new sentence is as likely as not: the next word decides.
OPEN = frozenset(
    "a.m p.m u.s u.k u.s.a u.s.s.r d.c ph.d m.d etc jr sr inc corp co ltd fla calif tex ala va md mass n.m n.y n.j wash usn usaf".split()
)

#: Words that begin sentences of captions and not names; after an abbreviation of OPEN they start a new one.
STARTERS = frozenset(
    "the a an this these that it its he she they his her their in on at during after before while with from to as "
    "and but one two three four five six seven all both other also photo image when once following prior "
    "astronaut astronauts cosmonaut cosmonauts onboard aboard behind below above left right pictured shown seen".split()
)

_END = re.compile(
    r"[.!?]+[\"')\]]*(?=\s|$)|\.{2,}(?=[A-Z])|\n\s*\n|(?<=[a-z]{3})\.(?=[A-Z][a-z]{2,} [a-z])|(?<=[a-z\d])\.(?=(?:NASA|Photo|Image)\b)"
)
_LAST_WORD = re.compile(r"[\w.&'-]+$")
_NEXT_WORD = re.compile(r"[\"'(\[]*([\w'-]*)")
_LONGEST_WORD = 40


def _is_end(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark.startswith("\n"):
        return True
    if mark[0] in "!?" or mark.startswith(".."):
        return True
    before = _LAST_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
    word = before.group() if before else ""
    start = match.end()
    while start < len(text) and text[start].isspace():
        start += 1
    after = _NEXT_WORD.match(text, start)
    following = after.group(1) if after else ""
    if not following and start >= len(text):
        return True
    if following[:1].islower():
        return False
    key = word.lower().rstrip(".").lstrip("'\"(-")
    if len(word) == 1 and word.isupper():
        # An initial, as in "Rick D. Husband"; "vitamin C. The" is rarer than names are.
        return following.lower() in STARTERS and following != "A"
    if key in OPEN or re.fullmatch(r"(?:[a-z]\.)+[a-z]", key):
        return following.lower() in STARTERS or (following in ("STS", "NASA") and key in ("a.m", "p.m"))
    if key in ABBREVIATIONS:
        return (
            key in ("no", "la", "miss", "del", "ill", "mo", "pa", "ind", "co", "sun", "sat", "mar", "al", "ms")
            and following.lower() in STARTERS
        )
    return True


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Split `text[start:end]` into sentences.

    Returns:
        Half-open spans in order, without the white space between them; none is empty.
    """
    stop = len(text) if end is None else end
    text = text[:stop]
    spans: list[tuple[int, int]] = []
    here = start
    for match in _END.finditer(text, start):
        if not _is_end(text, match):
            continue
        spans.append((here, match.end()))
        here = match.end()
    spans.append((here, stop))
    trimmed = []
    for first, last in spans:
        while first < last and text[first].isspace():
            first += 1
        while first < last and text[last - 1].isspace():
            last -= 1
        if first < last:
            trimmed.append((first, last))
    return trimmed
