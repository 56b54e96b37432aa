"""Whether a person should look at a caption's tags, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlcap.features.blocks import CATALOGUE
from mlcap.features.extract import CaptionFeatures
from mlcap.model import origin, reasons
from mlcap.model.probability import certainty, given_names, picked_values, picks, told, whole_probability
from mlcap.model.scorer import FacetWeights, Scored, Scorer
from mlcap.types import Facet, FacetValue, ReasonKind, ReviewReason, TaggedCaption, TaggedFacet

#: A lead of which less than this share of words is known is unlike anything seen.
LEAST_KNOWN = 0.5
#: A lead of fewer known words than this says too little.
FEWEST_KNOWN = 4


@dataclass(frozen=True)
class ReviewRule:
    """When tags need review: below a threshold, or when the caption is odd.

    Attributes:
        single: single-valued facet -> least probability by value, in the facet's order.
        whole: least probability that all facets are right.
    """

    single: Mapping[str, tuple[float, ...]]
    whole: float

    @classmethod
    def from_data(cls, data: Any, facets: Sequence[Facet]) -> ReviewRule:
        """Read a rule from a manifest.

        Raises:
            ValueError: it is no rule for these facets.
        """
        data = data if isinstance(data, dict) else {}
        single: Any = data.get("single")
        counts = {f.name: len(f.values) for f in facets if not f.multiple}
        if isinstance(single, int | float):  # Format 1 had one threshold for all values.
            single = {name: [single] * count for name, count in counts.items()}
        rows = {name: _shares(single.get(name)) for name in counts} if isinstance(single, dict) else {}
        whole = _shares([data.get("whole")])
        if len(whole) != 1 or any(len(rows.get(name, ())) != count for name, count in counts.items()):
            raise ValueError("no review thresholds")
        return cls(rows, whole[0])

    @classmethod
    def never(cls, facets: Sequence[Facet]) -> ReviewRule:
        """The rule that sends nothing to review for its probability."""
        return cls({f.name: (0.0,) * len(f.values) for f in facets if not f.multiple}, 0.0)

    def as_data(self) -> dict[str, Any]:
        """The rule as plain data for a manifest."""
        return {"single": {name: list(row) for name, row in self.single.items()}, "whole": self.whole}


@dataclass(frozen=True)
class Oddity:
    """What makes a caption one for a person, whatever the probabilities.

    Attributes:
        known: how many different words of the lead training has seen, and their share.
        empty: whether the caption has no words at all.
        reasons: contradictions within the caption, and programmes that training has not seen.
        without_background: single-valued facet -> its value if the caption had no background.
        without_catalogue: single-valued facet -> its value if the caption had no record.
    """

    known: tuple[int, float]
    empty: bool
    reasons: tuple[ReviewReason, ...] = ()
    without_background: Mapping[str, str] = field(default_factory=dict)
    without_catalogue: Mapping[str, str] = field(default_factory=dict)


def find_oddities(scorer: Scorer, features: Sequence[CaptionFeatures], scored: Scored) -> list[Oddity]:
    """Look at captions for what no probability says, in their order."""
    without_background = _single_values(scorer, scored.without_background)
    without_catalogue = _single_values(scorer, scored.without_catalogue)
    return [
        Oddity(
            scorer.known_words(one),
            not one.units["lead"],
            (
                *([reasons.not_read(one.language)] if one.language else ()),
                *(reasons.contradiction(what) for what in one.contradictions),
                *(reasons.unseen_programme(p) for p in scorer.unknown_programmes(one)),
                *([reasons.unlikely_id(one.origin, scored.origin[row])] if scored.origin[row] < origin.LEAST else ()),
            ),
            {name: str(values[row]) for name, values in without_background.items()},
            {name: str(values[row]) for name, values in without_catalogue.items()} if one.flags[CATALOGUE] else {},
        )
        for row, one in enumerate(features)
    ]


def _single_values(scorer: Scorer, scores: Sequence[np.ndarray]) -> dict[str, list[FacetValue]]:
    """Single-valued facet -> the value of each caption by these scores."""
    return {
        w.facet.name: picked_values(w.facet, picks(w.facet, s, 0.0))
        for w, s in zip(scorer.weights, scores, strict=True)
        if not w.facet.multiple
    }


def above_thresholds(rule: ReviewRule, facets: Sequence[Facet], probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """Whether every single-valued facet's value reaches its threshold: bool, shape (captions,)."""
    out = np.ones(len(probabilities[0]), dtype=bool)
    for facet, p in zip(facets, probabilities, strict=True):
        if not facet.multiple:
            out &= p.max(axis=1) >= np.asarray(rule.single[facet.name])[p.argmax(axis=1)]
    return out


def decide(
    rule: ReviewRule,
    weights: Sequence[FacetWeights],
    probabilities: Sequence[np.ndarray],
    oddities: Sequence[Oddity],
    model: str,
) -> list[TaggedCaption]:
    """Turn probabilities into tags, confidences and review reasons.

    Args:
        rule: when tags need review.
        weights: of each facet, for its values and thresholds.
        probabilities: for every facet an array of shape (captions, values).
        oddities: of the captions, in the same order.
        model: the model version, for the records.

    """
    facets = [w.facet for w in weights]
    # What is given is decided by the very numbers that are told, so that none contradicts its tag.
    clipped = [told(p) for p in probabilities]
    listed = [p.tolist() for p in clipped]
    given = [picks(w.facet, p, w.thresholds) for w, p in zip(weights, clipped, strict=True)]
    whole = whole_probability(facets, clipped, given)
    values = [given_names(f, g) for f, g in zip(facets, given, strict=True)]
    out = []
    for row in range(len(whole)):
        tags = {
            f.name: TaggedFacet(f.multiple, v[row], dict(zip(f.names, p[row], strict=True)))
            for f, v, p in zip(facets, values, listed, strict=True)
        }
        here = [(f, p[row], g[row]) for f, p, g in zip(facets, clipped, given, strict=True)]
        out.append(TaggedCaption(tags, find_reasons(rule, here, float(whole[row]), oddities[row]), model))
    return out


#: A facet, the probabilities of its values and which are given, both of shape (values,).
FacetTags = tuple[Facet, np.ndarray, np.ndarray]


def find_reasons(rule: ReviewRule, tags: Sequence[FacetTags], whole: float, oddity: Oddity) -> tuple[ReviewReason, ...]:
    """Say why a caption needs review, () where it does not.

    Args:
        tags: of every facet.
        whole: probability that every facet is right.
        oddity: what no probability says.
    """
    known, share = oddity.known
    found = list(oddity.reasons)
    if any(reason.kind is ReasonKind.NOT_READ for reason in found):
        return tuple(reason for reason in found if reason.kind is ReasonKind.NOT_READ)
    if oddity.empty:
        found.append(reasons.no_words())
    elif share < LEAST_KNOWN:
        found.append(reasons.unlike_training(share))
    elif known < FEWEST_KNOWN:
        found.append(reasons.too_short(known))
    for facet, p, _ in tags:
        if facet.multiple:
            continue
        first, second = np.argsort(-p)[:2]
        if float(p[first]) < rule.single[facet.name][first]:
            two = [(facet.names[place], float(p[place])) for place in (first, second)]
            found.append(reasons.below_threshold(facet, *two))
        lead_value = oddity.without_background.get(facet.name, facet.names[first])
        if lead_value != facet.names[first]:
            found.append(reasons.other_without_background(facet, lead_value))
        text_value = oddity.without_catalogue.get(facet.name, facet.names[first])
        if text_value != facet.names[first]:
            found.append(reasons.other_without_record(facet, text_value))
    if whole < rule.whole and not found:
        found.append(_least_certain(tags))
    return tuple(found)


def _least_certain(tags: Sequence[FacetTags]) -> ReviewReason:
    """Name the value that makes the whole uncertain."""
    sure = [certainty(*one) for one in tags]
    facet, p, _ = tags[worst := int(np.argmin([s.min() for s in sure]))]
    place = int(sure[worst].argmin())
    return reasons.whole_uncertain(facet, facet.names[place], float(p[place]))


def _shares(values: Any) -> tuple[float, ...]:
    """Numbers from 0 to 1 as a manifest has them; () where any is something else."""
    sound = isinstance(values, list) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v <= 1 for v in values
    )
    return tuple(map(float, values)) if sound else ()
