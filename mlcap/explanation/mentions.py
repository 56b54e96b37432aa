"""Whether a mention of a value counts as depicted, and why.

The model decides for the caption, not for the mention: all mentions of a value add to one
score. So each mention is asked what would come out were it the only one of its value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlcap.explanation.evidence import Evidence
from mlcap.explanation.types import FacetExplanation, MentionDecision
from mlcap.features.extract import MENTION_BLOCK, Reading
from mlcap.features.mentions import Mention
from mlcap.model.scorer import FacetWeights, Scorer


def decide_mentions(
    scorer: Scorer, reading: Reading, evidence: Evidence, facets: Mapping[str, FacetExplanation]
) -> tuple[MentionDecision, ...]:
    """Decide on every mention of a value of a multi-valued facet, in the order of the caption."""
    columns = {name: i for i, name in enumerate(scorer.vocabulary[MENTION_BLOCK])}
    out: list[MentionDecision] = []
    for weights in scorer.weights:
        if not weights.facet.multiple:
            continue
        for row, value in enumerate(weights.facet.names):
            found = evidence.of_mentions(value)
            if found:
                out += _of_value(weights, row, found, columns, reading, facets[weights.facet.name])
    return tuple(sorted(out, key=lambda m: (m.start, m.end, m.value)))


def _of_value(
    weights: FacetWeights,
    row: int,
    found: list[tuple[Mention, frozenset[str]]],
    columns: Mapping[str, int],
    reading: Reading,
    facet: FacetExplanation,
) -> list[MentionDecision]:
    value = facet.values[weights.facet.names[row]]
    common = value.intercept + sum(c.push for c in value.contributions if c.block != MENTION_BLOCK)
    pushes = [
        float(sum(weights.mentions[row, columns[n]] for n in sorted(names) if n in columns)) for _, names in found
    ]
    alone = [_sigmoid((common + p) * value.slope + value.offset) for p in pushes]
    best = int(np.argmax(pushes))
    threshold = value.threshold or 0.0
    out = []
    for place, (mention, _) in enumerate(found):
        shown = value.given and (alone[place] > threshold or place == best)
        people = tuple(_written(reading, key) for key in mention.people)
        why = _why(mention, people, shown, value.given, alone[place])
        start, end = reading.caption.mapped.span(mention.start, mention.end)
        out.append(
            MentionDecision(
                facet.name,
                value.value,
                start,
                end,
                mention.zone,
                mention.form,
                people,
                shown,
                pushes[place],
                alone[place],
                why,
            )
        )
    return out


def _sigmoid(score: float) -> float:
    return float(0.5 * (1.0 + np.tanh(0.5 * score)))


def _written(reading: Reading, key: str) -> str:
    """The longest form in which the caption writes a person's name."""
    text = reading.caption.text
    return max((text[p.start : p.end] for p in reading.people if p.key == key), key=len, default=key)


def _why(mention: Mention, people: tuple[str, ...], shown: bool, given: bool, alone: float) -> str:
    parts = [f"in the {mention.zone}"]
    if not people:
        parts.append("bound to nobody by name")
    else:
        names = ", ".join(" ".join(p.split()) for p in people)
        parts.append(f"of {names}" + ("" if mention.zone == "lead" else _elsewhere(mention)))
    parts.append(f"{min(max(alone, 0.01), 0.99):.2f} on its own")  # No caption is certain.
    if given and not shown:
        parts.append("the tag rests on another mention")
    return "; ".join(parts)


def _elsewhere(mention: Mention) -> str:
    if mention.shown == len(mention.people):
        return ", named in the lead"
    return ", partly named in the lead" if mention.shown else ", not named in the lead"
