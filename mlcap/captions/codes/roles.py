"""Role words: every way in which captions write a crew role or a duty on the ground.

The patterns say which value a word may stand for; whether its bearer is in
the picture is for the features and the classifier to decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: value -> patterns (case-insensitive). Earlier rows claim their words first.
ROLE_WORDS: tuple[tuple[str, str], ...] = (
    # Words that look like a role and are none; they claim their span and are dropped.
    (
        "",
        r"\b(?:research|test|chase|aircraft|NASA|Dryden|Ames|helicopter|project|X-15|remote|safety|glider|T-38|instructor|staff|airplane|drone|UAV|STA|747|SCA)[ -](?:test )?pilots?\b",
    ),
    (
        "",
        r"\bpilot(?:ed|ing)?[- ](?:chute|parachute|plant|program|study|project|line|scale|hole|episode)\b|\bpiloted\b|\bpiloting\b|\bpilotless\b|\bauto-?pilot\b",
    ),
    (
        "",
        r"\bcommand(?:er)?(?:'s)? (?:seat|station|window|chair|hatch|console|controls)\b|\bpilot's (?:seat|station|window|chair|controls|console|hatch)\b|\bin the pilot seat\b|\bcommander and pilot (?:seats|stations)\b",
    ),
    (
        "",
        r"\b(?:wing|squadron|base|fleet|task force|detachment|garrison|company|battalion|naval|district|group|vice|ship|Navy|Air Force|Lt\.?|lieutenant|military|Marine Corps|Coast Guard|Strategic Air Command)[ -]commander\b|\bLieutenant Commander\b",
    ),
    (
        "",
        r"\bformer (?:space )?(?:shuttle |Soyuz |station |mission |expedition )?(?:commander|pilot|flight engineer|mission specialist)s?\b",
    ),
    ("", r"\bCommander's Cup\b|\bcommander-in-chief\b|\bCommander in Chief\b"),
    (
        "backup-crew",
        r"\bback-?up(?:s\b(?! of data)|[- ](?:crew|cosmonaut|astronaut|commander|pilot|command|flight engineer|payload specialist|mission specialist|prime|spaceflight participant|member|Soyuz|Expedition|trio|lunar|docking|for\b|to\b))(?:[ -]?members?)?|\bunderstud(?:y|ies)\b|\balternate(?:s\b| payload| crew| mission)|\breserve (?:crew|cosmonaut|commander)\b|\bbacking up\b|\bback(?:s|ed)? up (?:the|his|her|astronaut|cosmonaut)\b|\bserv\w+ as (?:a )?back-?ups?\b",
    ),
    (
        "prime-crew",
        r"\bprim(?:e|ary)(?:[- ](?:and[- ]backup[- ])?(?:Expedition \d+ |Apollo \d+ |Soyuz |STS-\d+ |Gemini[- ]\w+ |Skylab \d )?(?:crew|cosmonaut|astronaut|pilot|commander|members?|trio|spaceflight))(?:[ -]?members?|s)?",
    ),
    ("commander", r"\bcommand pilots?\b"),
    ("mission-specialist", r"\bpayload commanders?\b"),
    (
        "pilot",
        r"\b(?:(?:command|lunar|docking|service)[- ]module|science|lunar)[- ]?pilots?\b|\bCMP\b|\bLMP\b|\b(?:co-?)?pilots?\b|\bPLT\b",
    ),
    (
        "commander",
        r"\bcommanders?\b|\bcmdr\.? (?=[A-Z])|\bCDR\b|\bwho (?:will |is to )?command(?:s|ed)?\b|\bwill command\b",
    ),
    ("flight-engineer", r"\b(?:flight|board|ISS|station|Soyuz)[- ]engineers?\b|\bFE-?\d\b"),
    ("mission-specialist", r"\bmiss?sions?[- ]spec(?:ialist)?s?\b|\bMS-?[1-5]\b(?!-)|\(MS\)"),
    ("payload-specialist", r"\bpayload[- ]specialists?\b|\bPS-?[12]\b(?!-)|\(PS\)"),
    (
        "spaceflight-participant",
        r"\bspace ?flight[- ]participants?\b|\bspace tourists?\b|\bprivate astronauts?\b|\bspace adventurers?\b",
    ),
    (
        "ground-personnel",
        r"\b(?:technicians?|workers?|engineers?(?! the)|employees?|divers?|swimmers?|frogm[ae]n|pararescue\w*|trainers?(?=[ ,.;)]|$)|instructors?|inspectors?|doctors?|physicians?|flight surgeons?|surgeon|nurses?|medical (?:team|personnel|staff|officials)|rescue (?:team|personnel|forces|crews?|workers)|recovery (?:team|personnel|forces|crews?|workers|specialists)|search and (?:rescue|recovery)|support (?:team|personnel|crew|staff)|ground (?:team|crew|support|personnel|handlers)|closeout crew|pad crew|team members?|personnel|specialists?|controllers?|flight directors?|CAPCOM|spacecraft communicator|launch directors?|test directors?|managers?|officials?|administrators?|(?:center|deputy|associate|acting) directors?|directors?|chief|director general|president of (?:RSC )?Energia|suit (?:expert|tech)\w*|scientists?|researchers?|staff|crews? (?:lower|lift|work|prepare|move|install|remove|guide|inspect|secure)|investigators?|supervisors?|coordinators?|commentators?|spokes\w+|public affairs|moderat\w+|convoy|guards?|firefighters?|sailors?|Navy|assistants?|painters|welders?|machinists?|electricians?|mechanics?|riggers?|operators?|handlers?|veterinarians?|medical officers?|close-?out (?:crew|team|members)|members of (?:the|a) [\w ]{2,40}team)\b",
    ),
)

_PATTERNS = tuple((value, re.compile(pattern, re.IGNORECASE)) for value, pattern in ROLE_WORDS)


def find_role_words(text: str, add: Callable[[str, str, str, int, int], None]) -> None:
    """Report role words to `add(kind, canonical, group, start, end)`; group and canonical are the role value."""
    taken: list[tuple[int, int]] = []
    for value, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            # "backup commander" is both a backup and a commander, so those two may overlap others.
            overlaps = any(start < t_end and t_start < end for t_start, t_end in taken)
            if overlaps and value not in ("backup-crew", "prime-crew"):
                continue
            if value not in ("backup-crew", "prime-crew"):
                taken.append((start, end))
            if value:
                add("role", value, value, start, end)
