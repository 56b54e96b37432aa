"""Explaining one caption with a model version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from mlcap.captions import Caption, read_caption
from mlcap.captions.mentions import Mention
from mlcap.errors import InputError
from mlcap.explanation.contributions import Contributions, FoundFeature
from mlcap.explanation.mentions import decide_mentions
from mlcap.explanation.types import Explanation, FacetExplanation, FoundCode, Span, ValueExplanation
from mlcap.features.blocks import FLAG_BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.features.extract import CaptionFeatures, features_of
from mlcap.features.mentions import mention_features
from mlcap.features.words import Spans
from mlcap.model.layout import Layout
from mlcap.model.scorer import FacetWeights
from mlcap.model.tagging import Tagger
from mlcap.records.names import given_fields
from mlcap.taxonomy import extra_words
from mlcap.text import no_caption
from mlcap.types import FacetValue


def explain(tagger: Tagger, text: str, catalogue: Mapping[str, str] = MappingProxyType({})) -> Explanation:
    """Explain the tags of one caption.

    Args:
        text: the caption.
        catalogue: the bibliographic fields of its record, see `Tagger.tag`.

    Raises:
        InputError: it is no text.

    Example:
        >>> explained = mlcap.explain(mlcap.load(), "Divers wait beside the astronauts in the training pool.")
        >>> best = explained.facets["event"].ranked[0]
        >>> best.value, len(best.contributions) > 10
        ('training', True)
    """
    if not isinstance(text, str):
        raise InputError(no_caption(text))
    scorer = tagger.artifact.scorer
    caption = read_caption(text, extra_words(tagger.facets), {} if tagger.text_only else given_fields(catalogue))
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
    return Explanation(text, caption, _zones(caption), codes, decided, facets, tagged, tagger.people(features, tagged))


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


def original_spans(caption: Caption, spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans of the normalised text as spans of the caption as given, in order, each once."""
    return tuple(sorted({caption.original_span(start, end) for start, end in spans}))


def feature_spans(caption: Caption) -> dict[str, dict[str, Spans]]:
    """Block -> feature -> where it stands in the normalised text, for every common feature of a caption."""
    places = {block.name: block.spans(caption) for block in WORD_BLOCKS}
    flags = {block.name: {name: where() for name, where in block.find(caption).items()} for block in FLAG_BLOCKS}
    return places | flags


#: The columns of the features that a caption has, their amounts, both of shape (features,), and the features.
_Found = tuple[np.ndarray, np.ndarray, list[FoundFeature]]


def _common(layout: Layout, features: CaptionFeatures, caption: Caption) -> _Found:
    places = feature_spans(caption)
    columns, amounts = layout.vector(features)
    found: list[FoundFeature] = []
    for column, amount in zip(columns.tolist(), amounts.tolist(), strict=True):
        block, name = layout.feature_at(column)
        found.append((block, name, amount, original_spans(caption, places[block].get(name, []))))
    return columns, amounts, found


def _mentions(layout: Layout, caption: Caption, names: Mapping[str, list[Mention]]) -> _Found:
    columns: list[int] = []
    found: list[FoundFeature] = []
    for name, mentions in names.items():
        column = layout.mention_column(name)
        if column is not None:
            columns.append(column)
            spans = original_spans(caption, [(m.start, m.end) for m in mentions])
            found.append((MENTIONS, name, 1.0, spans))
    return np.asarray(columns, dtype=np.intp), np.ones(len(columns)), found


def _facet(
    layout: Layout,
    weights: FacetWeights,
    caption: Caption,
    common: _Found,
    mentions: Mapping[str, Mapping[str, list[Mention]]],
    given: FacetValue,
) -> FacetExplanation:
    facet = weights.facet
    scores = np.empty((1, len(facet.values)))
    contributions: list[Contributions] = []
    columns, amounts, found = common
    for row, value in enumerate(facet.names):
        learned = weights.common[row, columns]
        scores[0, row] = weights.intercept[row] + amounts @ learned
        own_columns, own_amounts, own = _mentions(layout, caption, dict(mentions.get(value, {})))
        if facet.multiple and own:
            own_learned = weights.mentions[row, own_columns]
            scores[0, row] += own_amounts @ own_learned
            contributions.append(Contributions([*found, *own], [*learned.tolist(), *own_learned.tolist()]))
        else:
            contributions.append(Contributions(found, learned.tolist()))
    probabilities = weights.probabilities(scores)[0]
    return FacetExplanation(
        facet.name,
        facet.multiple,
        {
            value: ValueExplanation(
                value,
                value == given if isinstance(given, str) else value in given,
                float(weights.intercept[row]),
                contributions[row],
                float(scores[0, row]),
                float(weights.slope[row]),
                float(weights.offset[row]),
                float(probabilities[row]),
                float(weights.thresholds[row]) if facet.multiple else None,
            )
            for row, value in enumerate(facet.names)
        },
    )
