"""A model version's columns with those of words that it did not know, and its weights laid out in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlcap.features.blocks import BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.model.layout import Layout
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.training.counts import CaptionCounts

#: In how many of the new captions a feature must stand to be known.
FEWEST = 2
#: What a training caption adds to the precision of a weight, and the share of captions that a flag is taken to stand in.
_PER_CAPTION, _OF_A_FLAG = 0.01, 0.05


def extended_layout(layout: Layout, counts: CaptionCounts, rows: np.ndarray, trained_on: int) -> Layout:
    """Add to a layout the features of new captions that it lacks; columns that it has stay in their order.

    Args:
        counts: of the new captions.
        rows: those of them to learn from.
        trained_on: how many captions the layout was learned from; none of them has the new words, as far as is known.
    """
    documents = np.bincount(counts.counts[rows].indices, minlength=counts.counts.shape[1])
    whole = counts.layout
    vocabulary: dict[str, Sequence[str]] = {}
    idf: list[np.ndarray] = []
    for block in BLOCKS:
        held = documents[whole.slices[block.name]]
        known = layout.columns(block.name)
        names = [
            (name, int(n))
            for name, n in zip(whole.vocabulary[block.name], held, strict=True)
            if n >= FEWEST and name not in known
        ]
        vocabulary[block.name] = [*layout.vocabulary[block.name], *(name for name, _ in names)]
        if block in WORD_BLOCKS:
            found = np.asarray([n for _, n in names], dtype=float)
            old = layout.idf[layout.slices[block.name]]
            idf += [np.asarray(old, dtype=float), np.log((1 + trained_on) / (1 + found)) + 1]
    mentioned = (
        documents[whole.common :].reshape(len(counts.values), whole.mentions).sum(axis=0) if counts.values else []
    )
    new = [
        n
        for n, held in zip(whole.vocabulary[MENTIONS], mentioned, strict=False)
        if held >= FEWEST and n not in layout.own
    ]
    vocabulary[MENTIONS] = [*layout.vocabulary[MENTIONS], *new]
    return Layout(vocabulary, np.concatenate(idf))


def firmness(layout: Layout, trained_on: int) -> np.ndarray:
    """How firmly the weight of each common column is held: shape (common,), at least 1.

    A weight that many training captions speak for is known more exactly, so that a change of it costs more (the square
    root of the precision of Laplace's approximation; Kirkpatrick et al., "Overcoming catastrophic forgetting", 2017). In
    how many captions a word stood is told by its inverse document frequency; of flags it is not kept and taken as many.

    Args:
        trained_on: how many captions the layout was learned from.
    """
    documents = np.full(layout.common, _OF_A_FLAG * trained_on)
    words = len(layout.idf)
    documents[:words] = np.clip((1 + trained_on) / np.exp(np.minimum(layout.idf, 20.0) - 1) - 1, 0, trained_on)
    return np.asarray(np.sqrt(1 + _PER_CAPTION * documents))


def flag_firmness(trained_on: int) -> float:
    """The same of a feature of which it is not known in how many captions it stood."""
    return float(np.sqrt(1 + _PER_CAPTION * _OF_A_FLAG * trained_on))


def spread_weights(scorer: Scorer, layout: Layout) -> list[FacetWeights]:
    """The weights of a version in an extended layout; those of new columns are 0."""
    return [spread_facet(weights, scorer.layout, layout) for weights in scorer.weights]


def spread_facet(weights: FacetWeights, before: Layout, layout: Layout) -> FacetWeights:
    """The weights of one facet in an extended layout, see `spread_weights`."""
    common = np.zeros((len(weights.facet.values), layout.common))
    for block in BLOCKS:
        old, new = before.slices[block.name], layout.slices[block.name]
        common[:, new.start : new.start + old.stop - old.start] = weights.common[:, old]
    mentions = weights.mentions
    if weights.facet.multiple:
        mentions = np.hstack([mentions, np.zeros((len(mentions), layout.mentions - mentions.shape[1]))])
    return replace(weights, common=common, mentions=mentions)
