"""What became of labelled captions: where tags meet labels, and how probable that was held to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from mlcap.evaluation.metrics import indicator
from mlcap.model.probability import certainty, whole_probability
from mlcap.types import Facet, FacetValue, LabelledCaption, ReasonKind, TaggedCaption

#: Facet name -> value or values, of one caption.
Values = Mapping[str, FacetValue]


def those_read(tagged: Sequence[TaggedCaption]) -> tuple[list[int], dict[str, int]]:
    """Tell captions that are read from those in other languages, whose tags are neither right nor wrong.

    Returns:
        The places of those that are read, and how many others there are by language or script, most first.
    """
    read = [i for i, t in enumerate(tagged) if t.is_read]
    others = Counter(r.about for t in tagged if not t.is_read for r in t.reasons if r.kind is ReasonKind.NOT_READ)
    return read, dict(others.most_common())


def right_everywhere(facets: Sequence[Facet], labels: Sequence[Values], tags: Sequence[Values]) -> np.ndarray:
    """Whether every tag of a caption is right: bool, shape (captions,).

    Args:
        facets: those that count; one that a caption has no label of is not held against it.
        labels, tags: of the captions, in the same order.
    """
    names = [facet.name for facet in facets]
    return np.asarray(
        [all(label[n] == tag[n] for n in names if n in label) for label, tag in zip(labels, tags, strict=True)],
        dtype=bool,
    )


def tags_right(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> np.ndarray:
    """Whether every tag of a labelled caption is right, see `right_everywhere`."""
    return right_everywhere(facets, [c.labels for c in captions], [t.tags for t in tagged])


def share_right(captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> np.ndarray:
    """The share of a caption's labels that its tags meet, shape (captions,); a facet without a tag is not met."""
    return np.asarray(
        [
            np.mean([t.tags.get(name) == value for name, value in c.labels.items()])
            for c, t in zip(captions, tagged, strict=True)
        ]
    )


def _tags(facet: Facet, tagged: Sequence[TaggedCaption]) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities, which are given) of captions, as `mlcap.model.probability` has them."""
    given = indicator(facet, [t.tags[facet.name] for t in tagged])
    rows = [[t.facets[facet.name].probabilities[n] for n in facet.names] for t in tagged]
    return np.asarray(rows, dtype=float).reshape(given.shape), given


def certainties(facet: Facet, tagged: Sequence[TaggedCaption]) -> np.ndarray:
    """How probable it is held to be that what is given is right, value by value (`mlcap.model.probability.certainty`).

    Returns:
        Shape (captions, values).
    """
    return certainty(facet, *_tags(facet, tagged))


def whole_probabilities(facets: Sequence[Facet], tagged: Sequence[TaggedCaption]) -> np.ndarray:
    """The probability that every tag of a caption is right (`mlcap.model.probability.whole_probability`): (captions,)."""
    both = [_tags(facet, tagged) for facet in facets]
    return whole_probability(facets, [p for p, _ in both], [given for _, given in both])
