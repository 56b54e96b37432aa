"""What a caption mentions and does not depict: the launch to come, the commander who stayed at home."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.captions import Caption
from mlcap.explanation.types import Explanation
from mlcap.lexicon import lexicon
from mlcap.taxonomy import extra_words
from mlcap.types import Facet


@dataclass(frozen=True)
class Mentioned:
    """A value that the caption mentions without being tagged with it; spans count characters of the caption as given."""

    facet: str
    value: str
    spans: tuple[tuple[int, int], ...]


def _spans(caption: Caption, facet: Facet, name: str) -> list[tuple[int, int]]:
    """Where words of a single-valued facet's value stand: those of its taxonomy, the lexicon's, or its own name."""
    pattern = extra_words([facet]).get(name)
    if pattern is None:
        found = _of_lexicon(caption, name) if facet.name == "event" else None
        if found is not None:
            return found
        pattern = re.compile(rf"\b{re.escape(name).replace('-', '[- ]')}s?\b".replace(r"\[", "["), re.IGNORECASE)
    return [m.span() for m in pattern.finditer(caption.text) if m.group()]


def _of_lexicon(caption: Caption, name: str) -> list[tuple[int, int]] | None:
    """Where the lexicon's words for an event stand, each place once and as long as it is; None where it has none."""
    sections = [s.name for s in lexicon().sections["events"]]
    if name not in sections:
        return None
    found = [(m.start, m.end) for m in caption.found["events"] if sections[m.section] == name]
    out: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not out or start >= out[-1][1]:
            out.append((start, end))
    return out


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
    caption = explanation.caption
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
                spans = [caption.original_span(*span) for span in _spans(caption, facet, name)]
                spans = [(a, b) for a, b in spans if any(start <= a < end for start, end in body)]
            if spans:
                out.append(Mentioned(facet.name, name, tuple(spans)))
    return out
