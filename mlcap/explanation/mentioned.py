"""What a caption mentions and does not depict: the launch to come, the commander who stayed at home."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.captions.normalise import normalise
from mlcap.explanation.types import Explanation
from mlcap.taxonomy import extra_words
from mlcap.types import Facet

#: value -> plain words that mention an event. Names of places ("launch pad") mention none. What the
#: classifier makes of an event's words it learns for itself; these only find what to list.
EVENT_WORDS: dict[str, str] = {
    "launch": r"\b(?:(?:re)?launch(?:es|ed|ing)?(?! (?:pad|complex|control|director|site|facility|center|area|equipment|services?|vehicles?|team|suits?))|lift(?:s|ed|ing)?[- ]?off|blast(?:s|ed|ing)? off)\b",
    "landing": r"\b(?:land(?:s|ed)|landings?(?! (?:facility|strip|site|area|craft|zone|gear))|splash(?:es|ed|ing)?[- ]?down|touch(?:es|ed|ing)?[- ]?down|return(?:s|ed|ing)? (?:safely )?(?:to|from) (?:earth|space|orbit))\b",
    "fit-check": r"\b(?:fit[- ]checks?|seat liners?|(?:crew )?equipment interface test|CEIT)\b",
    "ceremony": r"\b(?:ceremon(?:y|ies|ial)|traditional\w*|commemorat\w+|memorial|wreaths?|award(?:s|ed)?|medals?|anniversary)\b",
    "training": r"\b(?:train(?:s|ed|ing)(?! (?:car|track))|simulat(?:es?|ed|ing|ions?|ors?)|rehears(?:e|es|ed|ing|als?)|practic(?:e|es|ed|ing)|mock-?ups?|dress rehearsal)\b",
    "on-orbit": r"\b(?:(?:in|on)[- ]orbit|orbit(?:s|ing) (?:the )?earth|space ?walk(?:s|ing|ers?)?|extravehicular activity|EVA|in space|weightless(?:ness)?|microgravity)\b",
}

_PATTERNS = {value: re.compile(pattern, re.IGNORECASE) for value, pattern in EVENT_WORDS.items()}


@dataclass(frozen=True)
class Mentioned:
    """A value that the caption mentions without being tagged with it; spans count characters of the caption as given."""

    facet: str
    value: str
    spans: tuple[tuple[int, int], ...]


def _pattern(facet: Facet, name: str) -> re.Pattern[str] | None:
    """The words of a single-valued facet's value: the table's, or those of its taxonomy, or its own name."""
    given = extra_words([facet]).get(name)
    if given is not None:
        return given
    if facet.name == "event":
        return _PATTERNS.get(name)
    return re.compile(rf"\b{re.escape(name).replace('-', '[- ]')}s?\b".replace(r"\[", "["), re.IGNORECASE)


def mentioned(explanation: Explanation, facets: Sequence[Facet]) -> list[Mentioned]:
    """List what a caption mentions and does not depict, facet by facet, in the taxonomy's order.

    Args:
        explanation: of the caption.
        facets: of the model version that explained it.

    Returns:
        Values that no tag gives, with the places that mention them: mentions of a multi-valued
        facet's values as the tagger finds them, words of a single-valued one's outside the header
        and credit.
    """
    plain = normalise(explanation.text)
    body = [(z.start, z.end) for z in explanation.zones if z.kind in ("lead", "background")]
    out: list[Mentioned] = []
    for facet in facets:
        tags = explanation.tagged.tags[facet.name]
        for name in facet.names:
            if name == tags or (facet.multiple and name in tags):
                continue
            if facet.multiple:
                spans = [(m.start, m.end) for m in explanation.mentions if (m.facet, m.value) == (facet.name, name)]
            else:
                pattern = _pattern(facet, name)
                found = pattern.finditer(plain.text) if pattern else iter(())
                spans = [plain.span(*m.span()) for m in found if m.group()]
                spans = [(a, b) for a, b in spans if any(start <= a < end for start, end in body)]
            if spans:
                out.append(Mentioned(facet.name, name, tuple(spans)))
    return out
