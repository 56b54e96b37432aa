"""What is wrong with the gold file itself: labels that are doubted, captions that training has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlcap.evaluation.outcomes import certainties
from mlcap.labels.digest import text_digest
from mlcap.labels.series import near_duplicates
from mlcap.report.types import NearDuplicate, Suspect
from mlcap.types import Facet, FacetValue, LabelledCaption, TaggedCaption

#: A label is suspected where the model holds the contrary to be at least this probable.
SURE = 0.9


def _joined(value: FacetValue) -> str:
    return value if isinstance(value, str) else ", ".join(value) or "none"


def _certainty(facet: Facet, label: FacetValue, tags: TaggedCaption) -> float:
    """How probable the contradiction is: of the tag, or of the surest value on which label and tag differ."""
    sure = certainties(facet, [tags])[0]
    if not facet.multiple:
        return float(sure.min())
    given = tags.tags[facet.name]
    return max((float(p) for v, p in zip(facet.names, sure, strict=True) if (v in given) != (v in label)), default=0.0)


def suspects(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    tagged: Sequence[TaggedCaption],
    training: Sequence[LabelledCaption],
    out_of_fold: Mapping[int, TaggedCaption] | None = None,
) -> list[Suspect]:
    """List the labels that the model contradicts with a probability of `SURE` or more, surest first.

    Args:
        facets: the model's.
        captions, tagged: the gold captions with their tags.
        training: what the version was trained on as far as it is at hand; captions of it are marked and come
            first, since a contradiction of a label that was learned from says more.
        out_of_fold: index -> tags by a fit that never saw the caption's mission; used instead of `tagged`.
    """
    seen = {text_digest(c.text) for c in training}
    out: list[Suspect] = []
    for index, (caption, own) in enumerate(zip(captions, tagged, strict=True)):
        tags = (out_of_fold or {}).get(index, own)
        for facet in facets:
            label = caption.labels.get(facet.name)
            tag = tags.tags[facet.name]
            if label is None or label == tag:
                continue
            sure = _certainty(facet, label, tags)
            if sure >= SURE:
                was_seen = text_digest(caption.text) in seen
                out.append(Suspect(index, facet.name, _joined(label), _joined(tag), sure, was_seen, tags is not own))
    return sorted(out, key=lambda s: (not s.seen, -s.probability, s.index))


def across_the_split(captions: Sequence[LabelledCaption], training: Sequence[LabelledCaption]) -> list[NearDuplicate]:
    """Gold captions that are nearly a training caption, likest first; of several such captions the likest counts."""
    if not training:
        return []
    first_gold = len(training)
    best: dict[int, NearDuplicate] = {}
    texts = [c.text for c in (*training, *captions)]
    for earlier, later, likeness in near_duplicates(texts):
        if earlier < first_gold <= later:
            index = later - first_gold
            if index not in best or likeness > best[index].likeness:
                best[index] = NearDuplicate(index, training[earlier].id, likeness)
    return sorted(best.values(), key=lambda d: (-d.likeness, d.index))
