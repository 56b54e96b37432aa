"""What is wrong with the gold file itself: labels that are doubted, captions that training has seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mlcap.evaluation.doubts import Doubt, doubts_of
from mlcap.evaluation.outcomes import certainties
from mlcap.labels.series import near_duplicates
from mlcap.report.types import NearDuplicate
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: A label is doubted on the page where the model holds the contrary to be at least this probable.
SURE = 0.9


def sure_doubts(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    tagged: Sequence[TaggedCaption],
    trained_on: Collection[int] = (),
    out_of_fold: Mapping[int, TaggedCaption] | None = None,
) -> list[Doubt]:
    """List the labels that the model contradicts with a probability of `SURE` or more, surest first.

    Args:
        facets: the model's.
        captions, tagged: the gold captions with their tags.
        trained_on: the indices of those that the version was trained on; they come first, since a
            contradiction of a label that was learned from says more.
        out_of_fold: index -> tags by a fit that never saw the caption's mission; used instead of `tagged`.
    """
    tags = [(out_of_fold or {}).get(i, own) for i, own in enumerate(tagged)]
    out: list[Doubt] = []
    for facet in facets:
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        labels = [captions[i].labels[facet.name] for i in picked]
        given = [tags[i].tags[facet.name] for i in picked]
        certainty = certainties(facet, [tags[i] for i in picked])
        out += [d for d in doubts_of(facet, picked, labels, given, certainty) if d.probability >= SURE]
    return sorted(out, key=lambda d: (d.index not in trained_on, -d.probability, d.index))


def across_the_split(captions: Sequence[LabelledCaption], training: Sequence[LabelledCaption]) -> list[NearDuplicate]:
    """Gold captions that are nearly a training caption, most similar first; of several such captions the most similar counts."""
    if not training:
        return []
    first_gold = len(training)
    best: dict[int, NearDuplicate] = {}
    texts = [c.text for c in (*training, *captions)]
    for earlier, later, similarity in near_duplicates(texts, first=first_gold):
        if earlier < first_gold:
            index = later - first_gold
            if index not in best or similarity > best[index].similarity:
                best[index] = NearDuplicate(index, training[earlier].id, similarity)
    return sorted(best.values(), key=lambda d: (-d.similarity, d.index))
