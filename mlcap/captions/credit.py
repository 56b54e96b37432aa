"""The credit at the end of a caption: who took the picture, and for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Forms of a credit, as they stand at the end of a normalised caption.
CREDIT_FORMS: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"\(?\s*(?:Photo(?:graph)?|Image|Video|Picture)s?\s*"
        r"(?:[Cc]redits?|CREDIT|[Cc]ourtesy(?: of)?)?\s*(?::|by:?|/)\s*"
        r"(?P<who>[^.;]{2,80}(?:\.[^.;]{0,30}){0,2})\)?\.?\s*$"
    ),
    re.compile(r"\bCredits?:\s*(?P<who>[^;]{2,80})\.?\s*$", re.IGNORECASE),
    re.compile(
        r"(?:(?<=\.)|(?<=\s)|(?<=\())\(?"
        r"(?P<who>NASA ?/ ?[A-Z][\w.'-]+(?:[ /][A-Z][\w.'&-]+){0,3})\)?\.?\s*$"
    ),
    re.compile(r"(?P<who>\bPhoto (?:credit|by)\s+NASA\b[^.]{0,60})\.?\s*$", re.IGNORECASE),
)
#: Without one of these words a caption ends in no credit.
_SIGNS = re.compile(r"photo|image|video|picture|credit|NASA", re.IGNORECASE)
_LONGEST = 160


@dataclass(frozen=True)
class Credit:
    """The credit: who it names ("" where there is none) and where it starts."""

    who: str
    start: int


def read_credit(text: str, start: int = 0) -> Credit:
    """Read the credit at the end of a normalised caption, not looking before `start`."""
    first = max(start, len(text) - _LONGEST)
    if not _SIGNS.search(text, first):
        return Credit("", len(text.rstrip()))
    for pattern in CREDIT_FORMS:
        match = pattern.search(text, first)
        if match:
            return Credit(match.group("who").strip(" ()"), match.start())
    return Credit("", len(text.rstrip()))
