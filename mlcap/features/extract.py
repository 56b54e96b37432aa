"""From a caption's text to named features in blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlcap.captions import Caption, read_caption
from mlcap.captions.codes import Code, find_codes
from mlcap.captions.people import Person, find_people
from mlcap.captions.tokens import Token, masked_tokens, ngrams
from mlcap.features.contradictions import find_contradictions
from mlcap.features.cues import cue_groups, scenes
from mlcap.features.mentions import Mention, find_mentions, lead_subject, mention_features
from mlcap.features.mission_time import mission_time

#: Blocks of counted words, weighted by TF-IDF; the others hold present-or-absent features.
WORD_BLOCKS = ("lead", "background", "lead-letters", "words", "letters")
#: The word blocks that hold runs of letters.
LETTER_BLOCKS = ("lead-letters", "letters")
FLAG_BLOCKS = ("header", "codes", "cues", "scenes", "people", "time")
MENTION_BLOCK = "mentions"

#: A caption is read up to this many characters; the longest real ones hold about 6,000.
LONGEST_READ = 20_000


@dataclass(frozen=True)
class CaptionFeatures:
    """The features of one caption.

    Attributes:
        blocks: block name -> feature names, with repetition in word blocks.
        mentions: value -> feature names of its mentions.
        contradictions: what in the caption does not belong together, in words; no feature.
    """

    blocks: Mapping[str, Sequence[str]]
    mentions: Mapping[str, Sequence[str]]
    contradictions: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """Everything found in one caption, for features and explanations alike."""

    caption: Caption
    codes: list[Code]
    people: list[Person]
    tokens: list[Token]
    mentions: list[Mention] = field(default_factory=list)


def read(text: str, extra_words: Mapping[str, re.Pattern[str]] | None = None) -> Reading:
    """Read a caption and find its codes, people and mentions."""
    caption = read_caption(text[:LONGEST_READ])
    codes = find_codes(caption.text)
    people = find_people(caption.text)
    tokens = masked_tokens(caption.text, codes, people)
    return Reading(caption, codes, people, tokens, find_mentions(caption, codes, people, extra_words))


def _zone_tokens(reading: Reading, zone: str) -> list[list[Token]]:
    spans = [(s.start, s.end) for s in reading.caption.sentences if s.zone == zone]
    return [[t for t in reading.tokens if start <= t.start < end] for start, end in spans]


def _letters(words: Sequence[str], lengths: Sequence[int]) -> list[str]:
    """Runs of letters within words, which survive typing errors and endings; masks have none."""
    out = []
    for word in words:
        if not word.startswith("_"):
            padded = f" {word} "
            out += [padded[i : i + n] for n in lengths for i in range(len(padded) - n + 1)]
    return out


def _header_flags(reading: Reading) -> list[str]:
    header, credit = reading.caption.header, reading.caption.credit
    flags = [f"form={header.form or 'none'}"]
    if header.id_form:
        flags += [f"id={header.id_form}", f"source={header.id_source}"]
    flags.append("credit" if credit.who else "no-credit")
    if header.place:
        flags += [f"dateline={c.group}" for c in find_codes(header.place.title(), ("place",))]
    return flags


def _code_flags(reading: Reading) -> list[str]:
    flags: dict[str, None] = {}
    first = reading.caption.sentences[0] if reading.caption.sentences else None
    for zone in ("lead", "background"):
        spans = [(s.start, s.end) for s in reading.caption.sentences if s.zone == zone]
        for code in reading.codes:
            if not any(start <= code.start < end for start, end in spans):
                continue
            if code.kind in ("mission", "vehicle", "place", "agency"):
                flags[f"{zone} {code.kind}={code.group}"] = None
            if code.kind in ("place", "vehicle"):
                flags[f"{zone} {code.canonical}"] = None
            if code.kind == "time":
                flags[f"{zone} time={code.group}"] = None
            if code.kind == "date":
                flags[f"{zone} date"] = None
            if code.kind == "role":
                flags[f"{zone} role={code.group}"] = None
            if first and code.kind in ("place", "vehicle", "mission") and first.start <= code.start < first.end:
                flags[f"first {code.kind}={code.group}"] = None
    if not any(c.kind == "mission" for c in reading.codes):
        flags["no-mission"] = None
    years = [int(c.canonical[:4]) for c in reading.codes if c.kind == "date" and c.canonical[:4].isdigit()]
    flags["century=none" if not years else "century=2000" if max(years) >= 2000 else "century=1900"] = None
    return list(flags)


def _cue_flags(reading: Reading) -> list[str]:
    sentences = reading.caption.sentences
    flags = [f"lead {g}" for g in cue_groups(reading.caption.lead)]
    flags += [f"background {g}" for g in cue_groups(reading.caption.background)]
    if sentences:
        first = cue_groups(sentences[0].text)
        flags += [f"first {g}" for g in first]
        flags += [f"first {a}+{b}" for i, a in enumerate(first) for b in first[i + 1 :]]
    return flags


def _scene_flags(reading: Reading) -> list[str]:
    sentences = reading.caption.sentences
    flags = [f"background {g}" for g in scenes(reading.caption.background)]
    lead = scenes(reading.caption.lead)
    flags += [f"lead {g}" for g in lead]
    flags += [f"lead {a}+{b}" for i, a in enumerate(lead) for b in lead[i + 1 :]]
    # A pad with a named crew member before it is another picture than a pad with nobody, or one shot from orbit.
    subject = lead_subject(reading.caption, len(_lead_people(reading)))
    source = reading.caption.header.id_source or "none"
    flags += [f"{about} {g}" for g in lead for about in (f"subject={subject}", f"source={source}")]
    if sentences:
        flags += [f"first {g}" for g in scenes(sentences[0].text)]
    return flags


#: What stands before the name of somebody who flies.
FLIER_BEFORE = re.compile(r"(?:astronauts?|cosmonauts?|crew ?members?)\s(?:\([^()]{1,30}\)\s)?$", re.IGNORECASE)
#: What stands after the name of somebody who works for an agency, a centre or a contractor.
EMPLOYER_AFTER = re.compile(
    r"[^.;]{0,30}?,? \(?(?:with|of|from|representing) (?:the )?(?:NASA|KSC|JSC|MSFC|Kennedy|Johnson|Goddard|Marshall|United|Boeing|SpaceX|"
    r"Lockheed|Rockwell|USA\b|Space Gateway|Jacobs|Orbital|Northrop|Energia|RSC|Zvezda|GCTC|Gagarin)"
)
#: A post that follows a name: "Mia Voss, launch director".
POST_AFTER = re.compile(
    r",? (?:\([^()]{1,30}\),? )?(?:[\w'-]+ ){0,5}?(?:director|manager|engineer|chief|administrator|lead|technician|officer|president|scientist|trainer|instructor)\b",
    re.IGNORECASE,
)


def _lead_people(reading: Reading) -> set[str]:
    """The keys of the people named in the lead."""
    spans = [(s.start, s.end) for s in reading.caption.sentences if s.zone == "lead"]
    return {p.key for p in reading.people if any(a <= p.start < b for a, b in spans)}


def _stranger_flags(reading: Reading, lead: set[str]) -> list[str]:
    """Say what is known of people in the lead to whom no role word is bound."""
    text = reading.caption.text
    bound = {key for m in reading.mentions if m.value != "ground-personnel" for key in m.people}
    flags: dict[str, None] = {}
    for person in reading.people:
        if person.key in bound or person.key not in lead:
            continue
        flier = bool(FLIER_BEFORE.search(text, max(0, person.start - 60), person.start))
        flags["stranger flier" if flier else "stranger"] = None
        if not flier and EMPLOYER_AFTER.match(text, person.end):
            flags["stranger with employer"] = None
        if not flier and POST_AFTER.match(text, person.end):
            flags["stranger with post"] = None
    return list(flags)


def _people_flags(reading: Reading) -> list[str]:
    lead = _lead_people(reading)
    everybody = {p.key for p in reading.people}
    subject = lead_subject(reading.caption, len(lead))
    words = len(reading.tokens)
    flags = [f"lead-people={min(len(lead), 4)}", f"people={min(len(everybody), 4)}", f"subject={subject}"]
    flags.append(f"length={'short' if words < 25 else 'middle' if words < 80 else 'long'}")
    flags.append(f"sentences={min(len(reading.caption.sentences), 4)}")
    flags += _stranger_flags(reading, lead)
    opening = reading.tokens[0].text if reading.tokens else ""
    if opening.startswith("_"):
        flags.append(f"opens={opening}")
    return flags


def extract(text: str, extra_words: Mapping[str, re.Pattern[str]] | None = None) -> CaptionFeatures:
    """Extract the features of one caption.

    Args:
        text: the caption as the archive gives it.
        extra_words: further words that mention a value, from the taxonomy.
    """
    return features_of(read(text, extra_words))


def features_of(reading: Reading) -> CaptionFeatures:
    """Give the features of a caption that was read already."""
    lead = _zone_tokens(reading, "lead")
    background = _zone_tokens(reading, "background")
    words = ngrams(reading.tokens, 1)
    blocks: dict[str, list[str]] = {
        "lead": [g for tokens in lead for g in ngrams(tokens, 2)],
        "background": [g for tokens in background for g in ngrams(tokens, 2)],
        "lead-letters": _letters([g for tokens in lead for g in ngrams(tokens, 1)], (4, 5)),
        "words": words,
        "letters": _letters(words, (2, 3, 4)),
        "header": _header_flags(reading),
        "codes": _code_flags(reading),
        "cues": _cue_flags(reading),
        "scenes": _scene_flags(reading),
        "people": _people_flags(reading),
        "time": mission_time(reading.caption, reading.codes),
    }
    mentions = mention_features(reading.caption, reading.mentions, reading.tokens, reading.people)
    return CaptionFeatures(blocks, mentions, find_contradictions(reading.caption, reading.codes))
