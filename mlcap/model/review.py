"""Whether a person should look at a caption's tags, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlcap.features.extract import CaptionFeatures
from mlcap.model.probability import CERTAINTY, certainty, picked, whole_probability
from mlcap.model.scorer import FacetWeights, Scored, Scorer
from mlcap.types import Facet, FacetValue, TaggedCaption

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
        try:
            single, whole = data["single"], float(data["whole"])
            names = {f.name: len(f.values) for f in facets if not f.multiple}
            if isinstance(single, int | float):  # Format 1 had one threshold for all values.
                single = {name: [single] * count for name, count in names.items()}
            rule = cls({name: tuple(float(t) for t in single[name]) for name in names}, whole)
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError("no review thresholds") from error
        numbers = [rule.whole, *(t for row in rule.single.values() for t in row)]
        if any(len(rule.single[n]) != count for n, count in names.items()) or not all(0 <= t <= 1 for t in numbers):
            raise ValueError("no review thresholds")
        return rule

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
        reasons: contradictions within the caption and programmes that training has not seen, in words.
        without_background: single-valued facet -> its value if the caption had no background.
    """

    known: tuple[int, float]
    empty: bool
    reasons: tuple[str, ...] = ()
    without_background: Mapping[str, str] = field(default_factory=dict)


def find_oddities(scorer: Scorer, features: Sequence[CaptionFeatures], scored: Scored) -> list[Oddity]:
    """Look at captions for what no probability says, in their order."""
    return [
        Oddity(
            scorer.known_words(one),
            not one.units["lead"],
            (
                *one.contradictions,
                *(f"no mission of its programme in training: {p}" for p in scorer.unknown_programmes(one)),
            ),
            {
                w.facet.name: w.facet.names[int(s[row].argmax())]
                for w, s in zip(scorer.weights, scored.without_background, strict=True)
                if not w.facet.multiple
            },
        )
        for row, one in enumerate(features)
    ]


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
    clipped = [np.clip(p, CERTAINTY, 1 - CERTAINTY) for p in probabilities]
    whole = whole_probability(facets, clipped, [w.thresholds for w in weights])
    out = []
    for row in range(len(whole)):
        tags: dict[str, FacetValue] = {}
        confidence: dict[str, float | dict[str, float]] = {}
        for w, p in zip(weights, (c[row] for c in clipped), strict=True):
            name, rounded = w.facet.name, [round(x, 4) for x in p.tolist()]
            tags[name] = picked(w.facet, p, w.thresholds)
            confidence[name] = dict(zip(w.facet.names, rounded, strict=True)) if w.facet.multiple else max(rounded)
        here = {f.name: c[row] for f, c in zip(facets, clipped, strict=True)}
        thresholds = {w.facet.name: w.thresholds for w in weights}
        reasons = review_reasons(rule, facets, here, thresholds, float(whole[row]), oddities[row])
        out.append(TaggedCaption(tags, confidence, bool(reasons), reasons, model))
    return out


def review_reasons(
    rule: ReviewRule,
    facets: Sequence[Facet],
    probabilities: Mapping[str, np.ndarray],
    thresholds: Mapping[str, np.ndarray],
    whole: float,
    oddity: Oddity,
) -> tuple[str, ...]:
    """Say why a caption needs review, () where it does not.

    Args:
        probabilities, thresholds: facet name -> shape (values,).
        whole: probability that every facet is right.
        oddity: what no probability says.
    """
    found, share = oddity.known
    reasons = list(oddity.reasons)
    if oddity.empty:
        reasons.append("the caption has no words")
    elif share < LEAST_KNOWN:
        reasons.append(f"unlike the training captions: {share:.0%} of the lead's words are known")
    elif found < FEWEST_KNOWN:
        reasons.append(f"too short to be sure: {found} known words in the lead")
    for facet in facets:
        p = probabilities[facet.name]
        if facet.multiple:
            continue
        first, second = np.argsort(-p)[:2]
        if float(p[first]) < rule.single[facet.name][first]:
            reasons.append(
                f"{facet.name} uncertain: {facet.names[first]} {min(p[first], 0.99):.2f}, {facet.names[second]} {p[second]:.2f}"
            )
        lead_value = oddity.without_background.get(facet.name, facet.names[first])
        if lead_value != facet.names[first]:
            reasons.append(f"{facet.name} uncertain: {lead_value} without the background")
    if whole < rule.whole and not reasons:
        reasons.append(_least_certain(facets, probabilities, thresholds))
    return tuple(reasons)


def _least_certain(
    facets: Sequence[Facet], probabilities: Mapping[str, np.ndarray], thresholds: Mapping[str, np.ndarray]
) -> str:
    """Name the value that makes the whole uncertain."""
    worst, text = 2.0, "uncertain"
    for facet in facets:
        p = probabilities[facet.name]
        sure = certainty(facet, p, thresholds[facet.name])
        place = int(sure.argmin())
        if float(sure[place]) < worst:
            worst, text = float(sure[place]), f"{facet.name} uncertain: {facet.names[place]} {p[place]:.2f}"
    return text
