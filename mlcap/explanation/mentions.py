"""Whether a mention of a value counts as depicted, and why.

The model decides for the caption, not for the mention: all mentions of a value add to one
score. So each mention is asked what would come out were it the only one of its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlcap.captions import Caption
from mlcap.captions.mentions import Mention
from mlcap.explanation.types import FacetExplanation, MentionDecision
from mlcap.logistic import sigmoid
from mlcap.model.scorer import FacetWeights, Scorer


def decide_mentions(
    scorer: Scorer,
    caption: Caption,
    mentions: Mapping[str, Mapping[str, Sequence[Mention]]],
    facets: Mapping[str, FacetExplanation],
) -> tuple[MentionDecision, ...]:
    """Decide on every mention of a value of a multi-valued facet, in the order of the caption.

    Args:
        mentions: value -> feature -> the mentions that have it (`mention_features`).
    """
    out: list[MentionDecision] = []
    for weights in scorer.weights:
        for row, value in enumerate(weights.facet.names if weights.facet.multiple else ()):
            found = [m for m in caption.mentions if m.value == value]
            if not found:
                continue
            known = [
                (column, having)
                for name, having in mentions[value].items()
                if (column := scorer.layout.mention_column(name)) is not None
            ]
            # Whether any role stands in the lead is a feature of each mention too, so each keeps it.
            pushes = [float(sum(weights.mentions[row, c] for c, having in known if m in having)) for m in found]
            every = float(sum(weights.mentions[row, c] for c, _ in known))
            out += _of_value(weights, row, found, pushes, every, caption, facets[weights.facet.name])
    return tuple(sorted(out, key=lambda m: (m.start, m.end, m.value)))


def _of_value(
    weights: FacetWeights,
    row: int,
    found: Sequence[Mention],
    pushes: Sequence[float],
    every: float,
    caption: Caption,
    facet: FacetExplanation,
) -> list[MentionDecision]:
    value = facet.values[weights.facet.names[row]]
    common = value.score - every
    alone = [float(sigmoid(np.asarray((common + p) * value.slope + value.offset))) for p in pushes]
    best = int(np.argmax(pushes))
    threshold = value.threshold or 0.0
    out = []
    for place, mention in enumerate(found):
        shown = value.given and (alone[place] > threshold or place == best)
        people = tuple(_written(caption, key) for key in mention.people)
        why = _why(mention, people, shown, value.given, alone[place])
        start, end = caption.original_span(mention.start, mention.end)
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


def _written(caption: Caption, key: str) -> str:
    """The longest form in which the caption writes a person's name."""
    text = caption.text
    return max((text[p.start : p.end] for p in caption.people if p.key == key), key=len, default=key)


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
