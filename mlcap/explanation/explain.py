"""Explaining one caption with a model version."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from mlcap.captions import Caption
from mlcap.errors import InputError
from mlcap.explanation.evidence import Evidence, Spans
from mlcap.explanation.mentions import decide_mentions
from mlcap.explanation.types import Contribution, Explanation, FacetExplanation, FoundCode, Span, ValueExplanation
from mlcap.features.extract import FLAG_BLOCKS, MENTION_BLOCK, WORD_BLOCKS, CaptionFeatures, Reading, features_of, read
from mlcap.model.scorer import FacetWeights, Scorer, probabilities_of
from mlcap.model.tagging import Tagger
from mlcap.taxonomy import extra_words
from mlcap.types import FacetValue


def explain(tagger: Tagger, text: str) -> Explanation:
    """Explain the tags of one caption.

    Raises:
        InputError: it is no text.

    Example:
        `explain(mlcap.load(), "Divers wait.").facets["event"].ranked[0].contributions[:3]`
    """
    if not isinstance(text, str):
        raise InputError(f"a caption must be a text, not {type(text).__name__}")
    scorer = tagger.artifact.scorer
    reading = read(text, extra_words(tagger.facets))
    features = features_of(reading)
    tagged = tagger.tag_features([features])[0]
    evidence = Evidence(reading)
    common = _common(scorer, features, evidence, reading.caption)
    facets = {
        w.facet.name: _facet(scorer, w, features, reading, evidence, common, tagged.tags[w.facet.name])
        for w in scorer.weights
    }
    mentions = decide_mentions(scorer, reading, evidence, facets)
    codes = tuple(
        FoundCode(c.kind, c.canonical, c.group, *reading.caption.mapped.span(c.start, c.end)) for c in reading.codes
    )
    return Explanation(text, _zones(reading.caption), codes, mentions, facets, tagged)


def _zones(caption: Caption) -> tuple[Span, ...]:
    parts = [(0, caption.header.end, "header")]
    parts += [(s.start, s.end, s.zone) for s in caption.sentences]
    if caption.credit.who:
        parts.append((caption.credit.start, len(caption.text.rstrip()), "credit"))
    zones: list[Span] = []
    done = 0
    for start, end, kind in parts:
        first, last = caption.mapped.span(start, end)
        first = max(first, done)
        if last <= first:
            continue
        done = last
        if zones and zones[-1].kind == kind:
            zones[-1] = Span(zones[-1].start, last, kind)
        else:
            zones.append(Span(first, last, kind))
    return tuple(zones)


#: (column, amount, block, feature, spans) of a feature that the caption has.
_Found = tuple[int, float, str, str, tuple[tuple[int, int], ...]]


def original_spans(caption: Caption, spans: Spans) -> tuple[tuple[int, int], ...]:
    """Spans of the normalised text as spans of the caption as given, in order, each once."""
    return tuple(sorted({caption.mapped.span(start, end) for start, end in spans}))


def _common(scorer: Scorer, features: CaptionFeatures, evidence: Evidence, caption: Caption) -> list[_Found]:
    blocks = (*WORD_BLOCKS, *FLAG_BLOCKS)
    starts = np.cumsum([0, *(len(scorer.vocabulary[b]) for b in blocks)]).tolist()
    indices, amounts = scorer.common_vector(features)
    out: list[_Found] = []
    for column, amount in zip(indices.tolist(), amounts.tolist(), strict=True):
        place = bisect_right(starts, column, 1) - 1
        name = scorer.vocabulary[blocks[place]][column - starts[place]]
        spans = original_spans(caption, evidence.spans(blocks[place], name))
        out.append((column, amount, blocks[place], name, spans))
    return out


def _mentions(
    scorer: Scorer, features: CaptionFeatures, value: str, reading: Reading, evidence: Evidence
) -> list[_Found]:
    columns = scorer.mention_vector(features, value).tolist() if value in features.mentions else []
    by_itself = evidence.of_mentions(value) if columns else []
    out: list[_Found] = []
    for column in columns:
        name = scorer.vocabulary[MENTION_BLOCK][column]
        spans = [(m.start, m.end) for m, names in by_itself if name in names]
        out.append((column, 1.0, MENTION_BLOCK, name, original_spans(reading.caption, spans)))
    return out


def _facet(
    scorer: Scorer,
    weights: FacetWeights,
    features: CaptionFeatures,
    reading: Reading,
    evidence: Evidence,
    common: list[_Found],
    given: FacetValue,
) -> FacetExplanation:
    facet = weights.facet
    scores = np.empty((1, len(facet.values)))
    pushes: list[tuple[Contribution, ...]] = []
    for row, value in enumerate(facet.names):
        parts = [Contribution(b, n, a, float(weights.common[row, c]), s) for c, a, b, n, s in common]
        if facet.multiple:
            parts += [
                Contribution(b, n, a, float(weights.mentions[row, c]), s)
                for c, a, b, n, s in _mentions(scorer, features, value, reading, evidence)
            ]
        parts.sort(key=lambda c: (-abs(c.push), c.block, c.feature))
        pushes.append(tuple(parts))
        scores[0, row] = weights.intercept[row] + sum(c.push for c in parts)
    probabilities = probabilities_of(weights, scores)[0]
    return FacetExplanation(
        facet.name,
        facet.multiple,
        {
            value: ValueExplanation(
                value,
                value == given if isinstance(given, str) else value in given,
                float(weights.intercept[row]),
                pushes[row],
                float(scores[0, row]),
                float(weights.slope[row]),
                float(weights.offset[row]),
                float(probabilities[row]),
                float(weights.thresholds[row]) if facet.multiple else None,
            )
            for row, value in enumerate(facet.names)
        },
    )
