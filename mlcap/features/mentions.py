"""Mentions of a value: each role word, whom it belongs to, and whether its bearer may be in the picture.

For every mention of a value (a role word such as "Flight Engineers") the features say in
which zone it stands, which people it is bound to and how ("Commander X", "X, commander",
"Mission Specialists X and Y"), whether those people are named in the lead, and which words
surround it. The names of the features are the same for every value, so that the classifier
can learn from the commanders what holds for flight engineers.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlcap.captions import Caption
from mlcap.captions.codes import Code
from mlcap.captions.people import Person
from mlcap.captions.tokens import Token
from mlcap.features.cues import cue_groups

#: What may stand between a title and the name it belongs to.
TITLE_GAP = re.compile(
    r"(?:\s*(?:\([^()]{1,40}\)|,|:|;|-+|from|left|right|to|the|are|is|were|and|NASA|ESA|JAXA|Roscosmos|(?:NASA |ESA |JAXA |Roscosmos |Russian )?(?:astronauts?|cosmonauts?)|Dr\.?|Capt\.?|Col\.?|Lt\.?|Cmdr\.?|Sen\.?|U\.S\.|far|center|top|bottom|front|back|row|in|of|for|members?|crew))*\s*",
    re.IGNORECASE,
)
#: What may stand between a name and the title that follows it.
APPOSITION_GAP = re.compile(
    r"\s*(?:\([^()]{1,60}\)\s*)?(?:,|--?|\(|;|:| is| was| will be| as| serves as| of [A-Z]\w+(?: [A-Z]\w+){0,4},?| from [A-Z]\w+,?| with (?:the )?[A-Z][\w ]{2,60},)"
    r"(?:\s*(?:an?|the|his|her|fellow|left|right|center|foreground|background|in|NASA|ESA|JAXA|Roscosmos|Russian|American|[A-Z]\w+ Space Agency|(?:STS|Expedition|Soyuz|Apollo|Gemini|Skylab|Mission|Crew|Artemis)[-\w ]{0,14}|\d+\w*|mission|crew|spacecraft|shuttle|ISS|assigned|as|to|for|and|backup|prime|astronaut|cosmonaut|both|who|will|serve|be|,|/|-))*\s*",
    re.IGNORECASE,
)
#: What may stand between two people of one list.
LIST_GAP = re.compile(
    r"\s*(?:\([^()]{1,60}\)\s*)?(?:of (?:the )?[A-Z][\w() ]{1,50})?(?:,\s*(?:left|right|center|far left|far right|foreground|second from \w+|NASA|ESA|[a-z ]{2,30}),?)?\s*(?:,|;|and|&|,\s*and|, left,? and)?\s*(?:\([^()]{1,30}\)\s*)?(?:astronauts?|cosmonauts?|Dr\.?|NASA astronauts?)?\s*",
    re.IGNORECASE,
)

_CONTEXT = 4
_MOST_MENTIONS = 40


@dataclass(frozen=True)
class Mention:
    """One mention of a value.

    Attributes:
        value: the value that the word may stand for.
        start, end: span of the word in the normalised text.
        sentence: index of its sentence, -1 outside of every sentence.
        zone: lead or background.
        form: title (before a name), apposition (after it), bare (no name).
        people: keys of the people it is bound to.
        shown: how many of them are named in the lead.
    """

    value: str
    start: int
    end: int
    sentence: int
    zone: str
    form: str
    people: tuple[str, ...]
    shown: int


def _bind(text: str, code: Code, people: list[Person], starts: list[int]) -> tuple[str, tuple[str, ...]]:
    """Find the people that a role word belongs to: those after it, or else those before."""
    plural = text[code.start : code.end].lower().rstrip(")").endswith("s")
    after = bisect_left(starts, code.end)
    if (
        after < len(people)
        and people[after].start - code.end <= 90
        and TITLE_GAP.fullmatch(text, code.end, people[after].start)
    ):
        bound = [people[after]]
        while (
            plural
            and after + 1 < len(people)
            and people[after + 1].start - people[after].end <= 70
            and LIST_GAP.fullmatch(text, people[after].end, people[after + 1].start)
        ):
            after += 1
            bound.append(people[after])
        return "title", tuple(p.key for p in bound)
    before = bisect_right(starts, code.start) - 1
    if (
        before >= 0
        and 0 <= code.start - people[before].end <= 140
        and APPOSITION_GAP.fullmatch(text, people[before].end, code.start)
    ):
        bound = [people[before]]
        while (
            plural
            and before > 0
            and people[before].start - people[before - 1].end <= 70
            and LIST_GAP.fullmatch(text, people[before - 1].end, people[before].start)
        ):
            before -= 1
            bound.append(people[before])
        return "apposition", tuple(p.key for p in bound)
    return "bare", ()


def find_mentions(
    caption: Caption, codes: list[Code], people: list[Person], extra: Mapping[str, re.Pattern[str]] | None = None
) -> list[Mention]:
    """Find the mentions of every value that has words.

    Args:
        caption: the caption, read.
        codes, people: what was found in its normalised text.
        extra: more words by value, from the taxonomy.
    """
    text = caption.text
    words = [c for c in codes if c.kind == "role"]
    for value, pattern in (extra or {}).items():
        words += [Code("role", m.group(), value, value, m.start(), m.end()) for m in pattern.finditer(text)]
    words.sort(key=lambda c: c.start)
    starts = [p.start for p in people]
    lead_keys = {p.key for p in people if _zone_at(caption, p.start)[1] == "lead"}
    out = []
    for code in words[:_MOST_MENTIONS]:
        sentence, zone = _zone_at(caption, code.start)
        if sentence < 0:
            continue
        form, keys = _bind(text, code, people, starts)
        out.append(
            Mention(code.group, code.start, code.end, sentence, zone, form, keys, sum(k in lead_keys for k in keys))
        )
    return out


def _zone_at(caption: Caption, position: int) -> tuple[int, str]:
    for index, sentence in enumerate(caption.sentences):
        if sentence.start <= position < sentence.end:
            return index, sentence.zone
    return -1, ""


def lead_subject(caption: Caption, lead_people: int) -> str:
    """Say who the lead is about: `people` by name, the `crew` unnamed, `others`, or `nobody`."""
    if lead_people:
        return "people" if lead_people < 3 else "many"
    groups = cue_groups(caption.lead)
    if "crew-collective" in groups:
        return "crew"
    return "others" if "employees" in groups else "nobody"


def mention_features(
    caption: Caption, mentions: Iterable[Mention], tokens: list[Token], people: list[Person]
) -> dict[str, list[str]]:
    """Describe the mentions of each value.

    Returns:
        value -> names of the features that hold, without duplicates, in a fixed order.
    """
    lead_people = len({p.key for p in people if _zone_at(caption, p.start)[1] == "lead"})
    subject = lead_subject(caption, lead_people)
    token_starts = [t.start for t in tokens]
    sentence_cues: dict[int, list[str]] = {}
    by_value: dict[str, dict[str, None]] = {}
    all_mentions = list(mentions)
    values_in_lead = {m.value for m in all_mentions if m.zone == "lead"}
    for mention in all_mentions:
        names = by_value.setdefault(mention.value, {})
        sentence = caption.sentences[mention.sentence]
        if mention.sentence not in sentence_cues:
            sentence_cues[mention.sentence] = cue_groups(sentence.text)
        place = "s0" if mention.sentence == 0 else mention.zone
        bound = "shown" if mention.shown else "elsewhere" if mention.people else "nobody"
        if mention.zone == "lead" and mention.people:
            bound = "here"
        for name in (
            "any",
            f"zone={place}",
            f"zone={place} form={mention.form}",
            f"zone={mention.zone} bound={bound}",
            f"zone={mention.zone} bound={bound} subject={subject}",
            f"zone={mention.zone} form={mention.form} subject={subject}",
            f"zone={mention.zone} many={len(mention.people) > 1} bound={bound}",
            f"zone={mention.zone} bound={bound} roles-in-lead={bool(values_in_lead)}",
        ):
            names[name] = None
        for cue in sentence_cues[mention.sentence]:
            names[f"zone={mention.zone} cue={cue}"] = None
            names[f"bound={bound} cue={cue}"] = None
        for name in _context(sentence.start, sentence.end, mention, tokens, token_starts):
            names[name] = None
    return {value: list(names) for value, names in by_value.items()}


def _context(start: int, end: int, mention: Mention, tokens: list[Token], starts: list[int]) -> list[str]:
    """The masked words around a mention, and the first two of its sentence."""
    first, last = bisect_left(starts, start), bisect_left(starts, end)
    here, after = bisect_left(starts, mention.start), bisect_left(starts, mention.end)
    before = [t.text for t in tokens[max(first, here - _CONTEXT) : here]]
    behind = [t.text for t in tokens[after : min(last, after + _CONTEXT)]]
    zone = mention.zone
    out = [f"{zone} before={w}" for w in before] + [f"{zone} after={w}" for w in behind]
    if len(before) > 1:
        out.append(f"before={' '.join(before[-2:])}")
    if before:
        out.append(f"{zone} next-before={before[-1]}")
    if behind:
        out.append(f"{zone} next-after={behind[0]}")
    if len(behind) > 1:
        out.append(f"after={' '.join(behind[:2])}")
    opening = [t.text for t in tokens[first : min(here, first + 3)]]
    if opening:
        out.append(f"{zone} opens={' '.join(opening)}")
        out.extend(f"{zone} opening={w}" for w in opening)
    words = {t.text for t in tokens[first:here]}
    out.extend(f"{zone} passed={w}" for w in sorted(words & PASSED))
    return out


#: Words that, anywhere between the start of the sentence and the mention, bear on whether the bearer is shown.
PASSED = frozenset(
    "other others will is are was aboard board onboard joined joining crewmate crewmates backup backups behind fellow with include includes including carrying former left right pictured replace replaced relieve hidden returning assigned by photographed".split()
)
