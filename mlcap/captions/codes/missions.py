"""Mission and vehicle codes: from every written form to one canonical name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlcap.captions.codes.numbers import NUMBER, to_int


@dataclass(frozen=True)
class MissionForm:
    """One way of writing a mission.

    Attributes:
        programme: the programme it belongs to, and the `group` of the codes found.
        pattern: matches one mention; group `n` holds the number or letter code.
        canonical: `{n}` is filled with the number in figures or the letter code in capitals.
        crewed: whether flights of this form carry people.
    """

    programme: str
    pattern: str
    canonical: str
    crewed: bool = True


_N = rf"(?P<n>{NUMBER})"

MISSION_FORMS: tuple[MissionForm, ...] = (
    MissionForm("shuttle", r"\bSTS[- ]?(?P<n>\d{2}[- ]?[A-L]|\d{1,3}R?)\b(?!-E-|-S-)", "STS-{n}"),
    MissionForm("shuttle", r"\b(?P<n>[456]1-?[A-L])\b(?!-\d)", "STS-{n}"),
    MissionForm(
        "expedition",
        r"\b(?:ISS )?(?:Expedition|Exp\.)[- ]?" + _N + r"(?:\s?(?:/|-|&|and)\s?(?P<m>\d{1,3})\b)?",
        "Expedition {n}",
    ),
    MissionForm("soyuz", r"\bSoyuz[- ](?P<n>(?:MS|TMA|TM|T)-?\d{0,2}M?)\b", "Soyuz {n}"),
    MissionForm("soyuz", r"\b(?P<n>(?:TMA-\d{1,2}M?|MS-\d{2}|TM-\d{2}))\b", "Soyuz {n}"),
    MissionForm("soyuz", r"\bSoyuz[- ](?P<n>\d{1,2})\b", "Soyuz {n}"),
    MissionForm("mir", r"\b(?:NASA[-/])?Mir[- ](?P<n>\d{1,2})\b", "Mir {n}"),
    MissionForm("mercury", r"\b(?P<n>M[AR]-\d)\b", "Mercury {n}"),
    MissionForm("mercury", r"\bMercury[- /](?P<n>(?:Atlas|Redstone)[- ]?\d{1,2})\b", "Mercury {n}"),
    MissionForm(
        "gemini",
        r"\b(?:Gemini[- ]Titan|Gemini|GT)[- /]?(?P<n>\d{1,2}(?:-?A)?|(?-i:[IVX]{1,4})(?:-?A)?)\b",
        "Gemini {n}",
    ),
    MissionForm("apollo", r"\bApollo[- /]" + _N + r"\b", "Apollo {n}"),
    MissionForm("apollo", r"\bAS-(?P<n>2\d{2}|5\d{2})\b", "AS-{n}"),
    MissionForm("skylab", r"\bSkylab[- ]" + _N + r"\b", "Skylab {n}"),
    MissionForm("skylab", r"\bSL-?(?P<n>[1-4])\b", "Skylab {n}"),
    MissionForm("astp", r"\b(?P<n>ASTP|Apollo[-/ ]Soyuz)\b", "ASTP"),
    MissionForm("commercial-crew", r"\b(?:SpaceX )?(?:NASA's )?(?:SpaceX )?Crew[- ](?P<n>\d{1,2})\b", "Crew-{n}"),
    MissionForm("commercial-crew", r"\b(?P<n>Demo-[12])\b", "{n}"),
    MissionForm("commercial-crew", r"\bStarliner-(?P<n>\d)\b", "Starliner-{n}"),
    MissionForm("commercial-crew", r"\b(?P<n>Boeing Crew Flight Test|Crew Flight Test)\b", "Boeing CFT"),
    MissionForm("commercial-crew", r"\b(?:Boe(?:ing)?[- ])(?P<n>CFT|OFT(?:-\d)?)\b", "Boeing {n}"),
    MissionForm("private", r"\b(?:Axiom Mission |Axiom Space |Ax-)(?P<n>\d)\b", "Ax-{n}"),
    MissionForm("private", r"\b(?P<n>Inspiration4|Polaris Dawn)\b", "{n}"),
    MissionForm("artemis", r"\bArtemis[- ]" + _N + r"\b", "Artemis {n}"),
    MissionForm("artemis", r"\b(?:Exploration Mission|EM)-(?P<n>\d)\b", "EM-{n}"),
    MissionForm("cargo", r"\b(?:SpaceX[- ])?(?:CRS|SpX)-(?P<n>\d{1,2})\b", "CRS-{n}", crewed=False),
    MissionForm("cargo", r"\b(?P<n>OA-\d{1,2}E?|NG-\d{1,2}|Orb-\d)\b", "Cygnus {n}", crewed=False),
    MissionForm("cargo", r"\bProgress (?P<n>M-\d{2}M?|MS-\d{2}|\d{2,3})\b", "Progress {n}", crewed=False),
    MissionForm("cargo", r"\bHTV-?(?P<n>\d|X1?)\b", "HTV-{n}", crewed=False),
)

#: Vehicles by name: (canonical, group, pattern).
VEHICLES: tuple[tuple[str, str, str], ...] = (
    *((name, "orbiter", rf"\b{name}\b") for name in ("Columbia", "Challenger", "Discovery", "Atlantis", "Enterprise")),
    ("Endeavour", "orbiter", r"\bEndeavou?r\b"),
    (
        "Orbiter",
        "orbiter",
        r"\b(?:Orbiter Vehicle|OV-?\s?10\d)\b|\b[Ss]pace [Ss]huttle\b|\b(?<![Mm]ars )(?<![Ll]unar )[Oo]rbiter\b",
    ),
    ("Soyuz", "soyuz", r"\b[Ss]oyuz\b"),
    ("Progress", "cargo-ship", r"\b(?:Progress (?:M|MS|resupply|cargo|spacecraft|\d))"),
    ("Dragon", "capsule", r"\b(?:Crew )?Dragon\b"),
    ("Starliner", "capsule", r"\b(?:CST-100|Starliner)\b"),
    ("Orion", "capsule", r"\bOrion\b(?! Nebula| nebula| constellation)"),
    ("Cygnus", "cargo-ship", r"\bCygnus\b"),
    ("Space Launch System", "heavy-rocket", r"\b(?:Space Launch System|SLS)\b"),
    ("Saturn", "heavy-rocket", r"\bSaturn[- ](?:V|IB|1B|I|5)\b"),
    ("Ares", "heavy-rocket", r"\bAres I(?:-X|X)?\b"),
    ("Falcon", "rocket", r"\bFalcon[- ](?:9|Heavy|1)\b"),
    ("Atlas", "rocket", r"\bAtlas(?:[- /](?:V|I{1,3}A?S?|Centaur|Agena|D))?\b"),
    ("Delta", "rocket", r"\bDelta(?:[- ](?:I{1,3}|IV))\b|\bDelta rocket\b"),
    ("Titan", "rocket", r"\bTitan(?:[- /](?:II|III\w?|IV\w?|Centaur))\b"),
    ("Pegasus", "rocket", r"\bPegasus\b"),
    ("Antares", "rocket", r"\bAntares\b"),
    ("Mir", "station", r"\bMir\b"),
    (
        "International Space Station",
        "station",
        r"\bInternational [Ss]pace [Ss]tation\b|\bISS\b|\b[Ss]pace [Ss]tation\b|\borbital (?:outpost|complex)\b",
    ),
    ("Skylab", "station", r"\bSkylab\b"),
    ("Spacelab", "module", r"\b(?:Spacelab|SPACELAB|SPACEHAB|Spacehab)\b"),
    ("Hubble", "telescope", r"\bHubble\b|\bHST\b"),
    ("External Tank", "part", r"\b[Ee]xternal (?:fuel )?[Tt]ank\b"),
    ("Solid Rocket Booster", "part", r"\b[Ss]olid [Rr]ocket [Bb]oosters?\b|\bSRBs?\b"),
    ("T-38", "aircraft", r"\bT-38\b"),
    ("Shuttle Training Aircraft", "aircraft", r"\bShuttle [Tt]raining [Aa]ircraft\b"),
    ("KC-135", "aircraft", r"\b(?:KC|NC)-135\w?\b|\bDC-9\b|\bVomit Comet\b"),
    (
        "Aircraft",
        "aircraft",
        r"\b(?:X-\d{1,2}\w?|[FB]-\d{2,3}\w?|XB-70\w?|SR-71\w?|YF-\d+\w?|HL-10|M2-F\d|747|C-\d{2,3}\w?|DC-\d{1,2}|ER-2|U-2|P-3|WB-57\w?|XV-\d+\w?|UH-\d+\w?|CV-\d+|OV-10)\b",
    ),
)

_MISSIONS = tuple((form, re.compile(form.pattern, re.IGNORECASE)) for form in MISSION_FORMS)
_VEHICLES = tuple((name, group, re.compile(pattern)) for name, group, pattern in VEHICLES)


def _number(text: str) -> str:
    try:
        return str(to_int(text))
    except ValueError:
        return re.sub(r"(?<=\d)[- ](?=[A-L]$)", "", text.upper())


def find_missions(text: str, add: Callable[[str, str, str, int, int], None]) -> None:
    """Report every mission code of a text to `add(kind, canonical, group, start, end)`."""
    for form, pattern in _MISSIONS:
        for match in pattern.finditer(text):
            number = match.group("n")
            second = match.groupdict().get("m")
            end = match.end("n") if second else match.end()
            add("mission", form.canonical.format(n=_number(number)), form.programme, match.start(), end)
            if second:
                add(
                    "mission",
                    form.canonical.format(n=_number(second)),
                    form.programme,
                    match.start("m"),
                    match.end("m"),
                )


def find_vehicles(text: str, add: Callable[[str, str, str, int, int], None]) -> None:
    """Report every vehicle named in a text to `add(kind, canonical, group, start, end)`."""
    for name, group, pattern in _VEHICLES:
        for match in pattern.finditer(text):
            add("vehicle", name, group, match.start(), match.end())
