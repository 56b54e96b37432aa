"""Blocks of features that a caption has or has not: header, codes, cues, scenes, people and time.

A kind of feature is written here alone: a function gives the names that hold, each with what
says where it stands. Only explanations ask for the places, so they are found when asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from mlcap.captions import Caption
from mlcap.captions.codes import Code
from mlcap.captions.gaps import spelled
from mlcap.captions.people import Person
from mlcap.features.mission_time import mission_time
from mlcap.features.words import Spans
from mlcap.lexicon import section_names

#: Says where a feature stands in the normalised text.
Where = Callable[[], Spans]
Flags = dict[str, Where]


@dataclass(frozen=True)
class FlagBlock:
    """A block whose features are 0 or 1.

    Attributes:
        name: its name.
        find: gives the features of a caption, each with what says where it stands.
        rarest: in how many captions a feature must stand to be known.
    """

    name: str
    find: Callable[[Caption], Mapping[str, Where]]
    rarest: int


def nowhere() -> Spans:
    """The place of a feature of the whole caption, or of what is not there."""
    return []


def _spans(things: Iterable[Code | Person]) -> Spans:
    return [(one.start, one.end) for one in things]


def header_flags(caption: Caption) -> Flags:
    """What stands before and after the sentences."""
    header, credit = caption.header, caption.credit
    there: Where = (lambda: [(0, header.end)]) if header.end else nowhere
    flags: Flags = {f"form={header.form or 'none'}": there if header.form else nowhere}
    if header.id_form:
        flags[f"id={header.id_form}"] = flags[f"source={header.id_source}"] = there
    if credit.who:
        flags["credit"] = lambda: [(credit.start, len(caption.text))]
    else:
        flags["no-credit"] = nowhere
    for sort in header.place_sorts:
        flags[f"dateline={sort}"] = there
    return flags


def code_flags(caption: Caption) -> Flags:
    """What is named, by zone and in the first sentence."""
    flags: Flags = {}
    first = caption.sentences[0] if caption.sentences else None
    zones = [(code, caption.zone_at(code.start)) for code in caption.codes]

    def put(zone: str, name: str, holds: Callable[[Code], bool]) -> None:
        flags.setdefault(f"{zone} {name}", partial(_codes_where, zones, zone, holds))

    for zone in ("lead", "background"):
        for code in (c for c, z in zones if z == zone):
            kind, group, canonical = code.kind, code.group, code.canonical
            if kind in ("mission", "vehicle", "place", "agency", "role", "time"):
                put(zone, f"{kind}={group}", partial(_is_sort, kind, group))
            if kind in ("place", "vehicle"):
                put(zone, canonical, partial(_is_named, canonical))
            if kind == "date":
                put(zone, "date", partial(_is_kind, "date"))
            if first and kind in ("place", "vehicle", "mission") and first.start <= code.start < first.end:
                flags.setdefault(
                    f"first {kind}={group}", partial(_first_where, caption, partial(_is_sort, kind, group))
                )
    if not any(c.kind == "mission" for c in caption.codes):
        flags["no-mission"] = nowhere
    dates = [c for c in caption.codes if c.kind == "date"]
    years = [int(c.canonical[:4]) for c in dates if c.canonical[:4].isdigit()]
    century = "none" if not years else "2000" if max(years) >= 2000 else "1900"
    flags[f"century={century}"] = partial(_spans, dates)
    return flags


def _is_sort(kind: str, group: str, code: Code) -> bool:
    return code.kind == kind and code.group == group


def _is_named(canonical: str, code: Code) -> bool:
    return code.canonical == canonical


def _is_kind(kind: str, code: Code) -> bool:
    return code.kind == kind


def _codes_where(zones: Sequence[tuple[Code, str]], zone: str, holds: Callable[[Code], bool]) -> Spans:
    return _spans(c for c, z in zones if z == zone and holds(c))


def _first_where(caption: Caption, holds: Callable[[Code], bool]) -> Spans:
    first = caption.sentences[0]
    return _spans(c for c in caption.codes if first.start <= c.start < first.end and holds(c))


@cache
def _pairs(table: str, sections: tuple[int, ...]) -> tuple[tuple[str, tuple[int, int]], ...]:
    names = section_names(table)
    return tuple((f"{names[a]}+{names[b]}", (a, b)) for i, a in enumerate(sections) for b in sections[i + 1 :])


def _phrases(caption: Caption, table: str, zone: str, sections: tuple[int, ...]) -> Spans:
    """Where the phrases of sections of a table stand in a zone, or in the first sentence."""
    first = caption.sentences[:1]
    return [
        (start, end)
        for section in sections
        for found, start, end in caption.found[table]
        if found == section
        and (first[0].start <= start < first[0].end if zone == "first" and first else caption.zone_at(start) == zone)
    ]


def cue_flags(caption: Caption) -> Flags:
    """What goes on: cues by zone, and cues and pairs of cues of the first sentence."""
    flags: Flags = {}
    names = section_names("cues")
    for zone in ("lead", "background"):
        for section in caption.in_zone(caption.cues, zone):
            flags[f"{zone} {names[section]}"] = partial(_phrases, caption, "cues", zone, (section,))
    if caption.sentences:
        first = tuple(sorted(caption.cues[0]))
        for section in first:
            flags[f"first {names[section]}"] = partial(_phrases, caption, "cues", "first", (section,))
        for name, pair in _pairs("cues", first):
            flags[f"first {name}"] = partial(_phrases, caption, "cues", "first", pair)
    return flags


def scene_flags(caption: Caption) -> Flags:
    """What there is to be seen: scenes by zone, pairs of the lead, and beside subject and source of the picture."""
    flags: Flags = {}
    names = section_names("scenes")
    for section in caption.in_zone(caption.scenes, "background"):
        flags[f"background {names[section]}"] = partial(_phrases, caption, "scenes", "background", (section,))
    lead = tuple(caption.in_zone(caption.scenes, "lead"))
    # A pad with a named crew member before it is another picture than a pad with nobody, or one shot from orbit.
    subject = caption.lead_subject
    source = caption.header.id_source or "none"
    for section in lead:
        where = partial(_phrases, caption, "scenes", "lead", (section,))
        for about in ("lead", f"subject={subject}", f"source={source}"):
            flags[f"{about} {names[section]}"] = where
    for name, pair in _pairs("scenes", lead):
        flags[f"lead {name}"] = partial(_phrases, caption, "scenes", "lead", pair)
    if caption.sentences:
        for section in caption.scenes[0]:
            flags[f"first {names[section]}"] = partial(_phrases, caption, "scenes", "first", (section,))
    return flags


class _Strangers:
    """Patterns for what stands around the name of somebody without a role word."""

    def __init__(self) -> None:
        words = {name: spelled(name) for name in ("employers", "posts")}
        fliers = spelled("fliers")
        #: What stands before the name of somebody who flies.
        self.flier_before = re.compile(rf"(?:{fliers})\s(?:\([^()]{{1,30}}\)\s)?$", re.IGNORECASE)
        #: What stands after the name of somebody who works for an agency, a centre or a contractor.
        self.employer_after = re.compile(
            rf"[^.;]{{0,30}}?,? \(?(?:{spelled('with')}) (?:the )?(?:{words['employers']})"
        )
        #: A post that follows a name: "Mia Voss, launch director".
        self.post_after = re.compile(
            rf",? (?:\([^()]{{1,30}}\),? )?(?:[\w'-]{{1,40}} ){{0,5}}?(?:{words['posts']})\b", re.IGNORECASE
        )


@cache
def _strangers() -> _Strangers:
    return _Strangers()


def _stranger_flags(caption: Caption) -> Flags:
    """Say what is known of people in the lead to whom no role word is bound."""
    patterns, text = _strangers(), caption.text
    bound = {key for m in caption.mentions if m.value != "ground-personnel" for key in m.people}
    found: dict[str, list[Person]] = {}
    for person in caption.people:
        if person.key in bound or person.key not in caption.lead_people:
            continue
        flier = bool(patterns.flier_before.search(text, max(0, person.start - 60), person.start))
        found.setdefault("stranger flier" if flier else "stranger", []).append(person)
        if not flier and patterns.employer_after.match(text, person.end):
            found.setdefault("stranger with employer", []).append(person)
        if not flier and patterns.post_after.match(text, person.end):
            found.setdefault("stranger with post", []).append(person)
    return {name: partial(_spans, people) for name, people in found.items()}


def people_flags(caption: Caption) -> Flags:
    """Who is named: how many, who the lead is about, strangers; and how long the caption is."""
    everybody, lead = {p.key for p in caption.people}, caption.lead_people
    words = len(caption.tokens)
    named = partial(_spans, caption.people)
    in_lead = partial(_named_in_lead, caption)
    flags: Flags = {
        f"lead-people={min(len(lead), 4)}": in_lead,
        f"people={min(len(everybody), 4)}": named,
        f"subject={caption.lead_subject}": in_lead,
        f"length={'short' if words < 25 else 'middle' if words < 80 else 'long'}": nowhere,
        f"sentences={min(len(caption.sentences), 4)}": nowhere,
        **_stranger_flags(caption),
    }
    tokens = caption.tokens
    if tokens.texts and tokens.texts[0].startswith("_"):
        flags[f"opens={tokens.texts[0]}"] = lambda: [(tokens.starts[0], tokens.ends[0])]
    return flags


def _named_in_lead(caption: Caption) -> Spans:
    return _spans(p for p in caption.people if caption.zone_at(p.start) == "lead")


def time_flags(caption: Caption) -> Flags:
    """Where the picture stands in time to launch and landing."""
    dates = partial(_spans, [c for c in caption.codes if c.kind == "date"])
    return dict.fromkeys(mission_time(caption), dates)
