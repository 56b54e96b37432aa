"""Whether a person should look at a caption's tags, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlcap.pipeline.scorer import CERTAINTY, FacetWeights
from mlcap.types import Facet, FacetValue, TaggedCaption

#: A lead of which less than this share of words is known is unlike anything seen.
LEAST_KNOWN = 0.5
#: A lead of fewer known words than this says too little.
FEWEST_KNOWN = 4


@dataclass(frozen=True)
class ReviewRule:
    """When tags need review: below either threshold, or when the caption is unlike the training captions.

    Attributes:
        single: least probability of the value of each single-valued facet.
        whole: least probability that all facets are right.
    """

    single: float
    whole: float


def whole_probability(
    facets: Sequence[Facet], probabilities: Sequence[np.ndarray], thresholds: Sequence[np.ndarray]
) -> np.ndarray:
    """Estimate the probability that every facet of a caption is right, as if its parts were independent.

    Args:
        probabilities: for every facet an array of shape (captions, values).
        thresholds: for every facet an array of shape (values,).

    Returns:
        Shape (captions,).
    """
    out = np.ones(len(probabilities[0]))
    for facet, p, t in zip(facets, probabilities, thresholds, strict=True):
        out *= np.where(p > t, p, 1 - p).prod(axis=1) if facet.multiple else p.max(axis=1)
    return np.asarray(out)


def single_probability(facets: Sequence[Facet], probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """The least probability of a single-valued facet's value, shape (captions,); 1 without such a facet."""
    parts = [p.max(axis=1) for f, p in zip(facets, probabilities, strict=True) if not f.multiple]
    return np.asarray(np.min(parts, axis=0)) if parts else np.ones(len(probabilities[0]))


def decide(
    rule: ReviewRule,
    weights: Sequence[FacetWeights],
    probabilities: Sequence[np.ndarray],
    known: Sequence[tuple[int, float]],
    empty: Sequence[bool],
    model: str,
) -> list[TaggedCaption]:
    """Turn probabilities into tags, confidences and review reasons.

    Args:
        rule: when tags need review.
        weights: of each facet, for its values and thresholds.
        probabilities: for every facet an array of shape (captions, values).
        known: for every caption how many words of the lead training has seen, and their share.
        empty: for every caption whether it has no words at all.
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
            name, names = w.facet.name, w.facet.names
            if w.facet.multiple:
                tags[name] = tuple(n for i, n in enumerate(names) if p[i] > w.thresholds[i])
                confidence[name] = {n: round(float(p[i]), 4) for i, n in enumerate(names)}
            else:
                tags[name] = names[int(p.argmax())]
                confidence[name] = round(float(p.max()), 4)
        here = {f.name: c[row] for f, c in zip(facets, clipped, strict=True)}
        thresholds = {w.facet.name: w.thresholds for w in weights}
        reasons = review_reasons(rule, facets, here, thresholds, float(whole[row]), known[row], empty[row])
        out.append(TaggedCaption(tags, confidence, bool(reasons), reasons, model))
    return out


def review_reasons(
    rule: ReviewRule,
    facets: Sequence[Facet],
    probabilities: Mapping[str, np.ndarray],
    thresholds: Mapping[str, np.ndarray],
    whole: float,
    known: tuple[int, float],
    empty: bool,
) -> tuple[str, ...]:
    """Say why a caption needs review, () where it does not.

    Args:
        probabilities, thresholds: facet name -> shape (values,).
        whole: probability that every facet is right.
        known: how many words of the lead training has seen, and their share.
        empty: whether the caption has no words at all.
    """
    reasons = []
    if empty:
        reasons.append("the caption has no words")
    elif known[1] < LEAST_KNOWN:
        reasons.append(f"unlike the training captions: {known[1]:.0%} of the lead's words are known")
    elif known[0] < FEWEST_KNOWN:
        reasons.append(f"too short to be sure: {known[0]} known words in the lead")
    for facet in facets:
        p = probabilities[facet.name]
        if not facet.multiple and float(p.max()) < rule.single:
            first, second = np.argsort(-p)[:2]
            reasons.append(
                f"{facet.name} uncertain: {facet.names[first]} {min(p[first], 0.99):.2f}, {facet.names[second]} {p[second]:.2f}"
            )
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
        if facet.multiple:
            sure = np.where(p > thresholds[facet.name], p, 1 - p)
            place = int(sure.argmin())
            certainty = float(sure[place])
        else:
            place = int(p.argmax())
            certainty = float(p[place])
        if certainty < worst:
            worst, text = certainty, f"{facet.name} uncertain: {facet.names[place]} {p[place]:.2f}"
    return text
