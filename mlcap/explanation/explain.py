"""Explaining one caption with a model version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from mlcap.captions import Caption, read_caption
from mlcap.captions.mentions import Mention
from mlcap.errors import InputError
from mlcap.explanation.mentions import decide_mentions
from mlcap.explanation.types import Contribution, Explanation, FacetExplanation, FoundCode, Span, ValueExplanation
from mlcap.features.blocks import FLAG_BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.features.extract import CaptionFeatures, features_of
from mlcap.features.mentions import mention_features
from mlcap.features.words import Spans
from mlcap.model.layout import Layout
from mlcap.model.scorer import FacetWeights
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
    caption = read_caption(text, extra_words(tagger.facets))
    features = features_of(caption)
    tagged = tagger.tag_features([features])[0]
    common = _common(scorer.layout, features, caption)
    mentions = mention_features(caption)
    facets = {
        w.facet.name: _facet(scorer.layout, w, caption, common, mentions, tagged.tags[w.facet.name])
        for w in scorer.weights
    }
    decided = decide_mentions(scorer, caption, mentions, facets)
    codes = tuple(
        FoundCode(c.kind, c.canonical, c.group, *caption.original_span(c.start, c.end)) for c in caption.codes
    )
    return Explanation(text, caption, _zones(caption), codes, decided, facets, tagged)


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


def original_spans(caption: Caption, spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans of the normalised text as spans of the caption as given, in order, each once."""
    return tuple(sorted({caption.original_span(start, end) for start, end in spans}))


def feature_spans(caption: Caption) -> dict[str, dict[str, Spans]]:
    """Block -> feature -> where it stands in the normalised text, for every common feature of a caption."""
    places = {block.name: block.spans(caption) for block in WORD_BLOCKS}
    flags = {block.name: {name: where() for name, where in block.find(caption).items()} for block in FLAG_BLOCKS}
    return places | flags


def _common(layout: Layout, features: CaptionFeatures, caption: Caption) -> list[_Found]:
    places = feature_spans(caption)
    columns, amounts = layout.vector(features)
    out: list[_Found] = []
    for column, amount in zip(columns.tolist(), amounts.tolist(), strict=True):
        block, name = layout.feature_at(column)
        out.append((column, amount, block, name, original_spans(caption, places[block].get(name, []))))
    return out


def _mentions(layout: Layout, caption: Caption, names: Mapping[str, list[Mention]]) -> list[_Found]:
    out: list[_Found] = []
    for name, found in names.items():
        column = layout.mention_column(name)
        if column is not None:
            spans = original_spans(caption, [(m.start, m.end) for m in found])
            out.append((column, 1.0, MENTIONS, name, spans))
    return out


def _facet(
    layout: Layout,
    weights: FacetWeights,
    caption: Caption,
    common: list[_Found],
    mentions: Mapping[str, Mapping[str, list[Mention]]],
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
                for c, a, b, n, s in _mentions(layout, caption, dict(mentions.get(value, {})))
            ]
        parts.sort(key=lambda c: (-abs(c.push), c.block, c.feature))
        pushes.append(tuple(parts))
        scores[0, row] = weights.intercept[row] + sum(c.push for c in parts)
    probabilities = weights.probabilities(scores)[0]
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
