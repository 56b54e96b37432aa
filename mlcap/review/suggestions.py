"""Suggestions: the tags of a caption, given now by a model version or brought along by its record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mlcap.errors import DeskError, LabelError
from mlcap.evaluation.confusion import pair_of
from mlcap.model.probability import whole_probability
from mlcap.model.reasons import below_threshold, whole_uncertain
from mlcap.model.tagging import Tagger
from mlcap.review.types import Values
from mlcap.taxonomy import check_label
from mlcap.types import Facet, FacetValue, ReasonKind, TaggedCaption

#: A value of a multi-valued facet is in doubt from this probability on, and below one less it.
_DOUBT = 0.05
#: The second most probable value of a single-valued facet counts as a rival from this probability on.
_RIVAL = 0.02
#: A reason that is about one facet, in the words of `mlcap.model.reasons`; output records carry no more than these.
UNCERTAIN = re.compile(r"^(.+?) uncertain: ")


@dataclass(frozen=True)
class NewSuggestion:
    """A suggestion that is not on the desk yet; attributes as in `mlcap.review.types.Suggestion`.

    Attributes:
        pairs: the pairs of values that are near each other, as `pair_of` writes them.
        topics: what the reasons are about, by which they are queues.
    """

    model: str
    tags: Values
    confidence: Mapping[str, Mapping[str, float]]
    reasons: tuple[str, ...]
    sure: float
    pairs: tuple[str, ...]
    topics: tuple[str, ...]

    @property
    def automatic(self) -> bool:
        """Whether the tags would be used without a look."""
        return not self.reasons


def pair_of_cell(facets: Sequence[Facet], cell: str) -> str:
    """The pair of a cell of the confusion, `LABELLED,GIVEN`; of a multi-valued facet one value.

    Raises:
        DeskError: no facet of the desk has these values.
    """
    values = [part.strip() for part in cell.split(",") if part.strip()]
    for facet in facets:
        if values and all(v in facet.names for v in values) and len(set(values)) == (1 if facet.multiple else 2):
            return pair_of(facet.name, *values)
    raise DeskError(f"{cell!r} is no cell: give --cell two values of one facet, as fit-check,launch, or one role")


#: Reasons whose words differ from caption to caption -> what they are about.
_TOPICS = {
    ReasonKind.CONTRADICTION: "the caption contradicts itself or its record",
    ReasonKind.UNLIKELY_ID: "the record's image id does not fit the text",
}


def topic_of(reason: str) -> str:
    """What a review reason is about, without the figures and names that differ from caption to caption."""
    return reason.partition(":")[0].strip()


def _topics(tagged: TaggedCaption, reasons: Sequence[str]) -> tuple[str, ...]:
    """What review reasons are about; of those that are the tagger's own by their kind."""
    kinds = {one.words: _TOPICS[one.kind] for one in tagged.reasons if one.kind in _TOPICS}
    return tuple(dict.fromkeys(kinds.get(words) or topic_of(words) for words in reasons))


@dataclass(frozen=True)
class RecordTags:
    """The tags that an output record of mlcap's carries: by facet the values, and the probabilities as far as it tells them."""

    model: str
    tags: Values
    confidence: Mapping[str, Mapping[str, float]]
    reasons: tuple[str, ...]


def record_tags(fields: Mapping[str, Any], facets: Sequence[Facet]) -> RecordTags | None:
    """Read the tags of an output record; None where it carries none that fit."""
    model, needs_review = fields.get("model"), fields.get("needs_review")
    if not isinstance(model, str | int) or not isinstance(needs_review, bool) or not facets:
        return None
    tags: dict[str, FacetValue] = {}
    confidence: dict[str, dict[str, float]] = {}
    for facet in facets:
        try:
            tags[facet.name] = check_label(facet, fields[facet.name])
        except (LabelError, KeyError):
            return None
        told = fields.get(f"{facet.name}_confidence")
        sure = told if isinstance(told, dict) else {str(tags[facet.name]): told}
        if not all(_is_share(sure.get(name)) for name in (facet.names if facet.multiple else sure)):
            return None
        confidence[facet.name] = {name: float(p) for name in facet.names if (p := sure.get(name)) is not None}
    reasons = fields.get("review_reasons")
    words = tuple(map(str, reasons)) if isinstance(reasons, list) else ()
    return RecordTags(str(model), tags, confidence, (words or ("needs review",)) if needs_review else ())


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def suggest(
    tagger: Tagger,
    facets: Sequence[Facet],
    texts: Sequence[str],
    records: Sequence[Mapping[str, Any]],
    catalogues: Sequence[Mapping[str, str]],
) -> list[NewSuggestion]:
    """Suggest tags of captions: those that came with the record, else the tagger's.

    Args:
        facets: the desk's; of what the tagger gives, values that the desk does not know are left out.
        texts, records, catalogues: of the captions; the fields that came with them, and the bibliographic ones of these.
    """
    tagged = tagger.tag(texts, catalogues)
    shared = [f for f in facets if any(f.name == own.name for own in tagger.facets)]
    out = []
    for ours, fields in zip(tagged, records, strict=True):
        told = record_tags(fields, shared) or _known(ours, facets)
        sure, reasons = _sure(told, shared), _reasons_here(told, facets)
        topics, pairs = _topics(ours, reasons), _pairs(ours, facets)
        out.append(NewSuggestion(told.model, told.tags, told.confidence, reasons, sure, pairs, topics))
    return out


def lacking_tag(facet: str) -> str:
    """The review reason of a caption that nothing is suggested for of a facet of the desk."""
    return f"no version suggests {facet}"


def _reasons_here(told: RecordTags, facets: Sequence[Facet]) -> tuple[str, ...]:
    """Why a person should look, on a desk of these facets.

    What is uncertain of another facet still waits, since the version promises for all of its tags together, but is told
    by the least sure tag that the desk has.
    """
    names = {f.name for f in facets}
    out: list[str] = []
    for words in told.reasons:
        about = UNCERTAIN.match(words)
        ours = about is None or about[1] in names
        out.append(words if ours else least_sure(facets, told.tags, told.confidence))
    out = list(filter(None, out))
    if told.tags or not out:  # Why there is no tag at all is said once.
        out += [lacking_tag(f.name) for f in facets if f.name not in told.tags]
    return tuple(dict.fromkeys(out))


def least_sure(facets: Sequence[Facet], tags: Values, confidence: Mapping[str, Mapping[str, float]]) -> str:
    """Which tag is the least sure, in the words of a review reason; "" without one.

    Args:
        tags, confidence: as of `mlcap.review.types.Suggestion`.
    """
    worst, said = 2.0, ""
    for facet in facets:
        if facet.name not in tags:
            continue
        given, known = tags[facet.name], confidence.get(facet.name, {})
        for name, p in known.items():
            if not facet.multiple and name != given:
                continue
            sure = p if not facet.multiple or name in given else 1 - p
            if sure < worst:
                rivals = (
                    [] if facet.multiple else sorted(((q, n) for n, q in known.items() if n != name), reverse=True)[:1]
                )
                worst = sure
                two = below_threshold(facet, (name, p), (rivals[0][1], rivals[0][0])) if rivals else None
                said = (two or whole_uncertain(facet, name, p)).words
    return said


def _known(tagged: TaggedCaption, facets: Sequence[Facet]) -> RecordTags:
    """Tags as far as the desk's facets have them."""
    tags: dict[str, FacetValue] = {}
    confidence: dict[str, Mapping[str, float]] = {}
    for facet in facets if tagged.is_read else ():
        given = tagged.facets.get(facet.name)
        if given is None or given.multiple != facet.multiple:
            continue
        values = tuple(v for v in given.values if v in facet.names)
        if facet.multiple:
            tags[facet.name] = values
        elif values:
            tags[facet.name] = values[0]
        confidence[facet.name] = {n: p for n, p in given.probabilities.items() if n in facet.names}
    return RecordTags(tagged.model, tags, confidence, tagged.review_reasons)


def _sure(told: RecordTags, facets: Sequence[Facet]) -> float:
    """The probability that every tag is right, 0 without tags."""
    known = [f for f in facets if f.name in told.tags]
    probabilities, given = [], []
    for facet in known:
        value, sure = told.tags[facet.name], told.confidence[facet.name]
        probabilities.append(np.asarray([[sure.get(n, 0.0) for n in facet.names]], dtype=float))
        given.append(np.asarray([[name in value if facet.multiple else name == value for name in facet.names]]))
    return float(whole_probability(known, probabilities, given)[0]) if known else 0.0


def _pairs(tagged: TaggedCaption, facets: Sequence[Facet]) -> tuple[str, ...]:
    out: list[str] = []
    names = {f.name for f in facets}
    for name, facet in tagged.facets.items():
        if name not in names:
            continue
        if facet.multiple:
            out += [pair_of(name, v) for v, p in facet.probabilities.items() if _DOUBT <= p <= 1 - _DOUBT]
        else:
            near = sorted(
                (v for v, p in facet.probabilities.items() if p >= _RIVAL), key=lambda v: -facet.probabilities[v]
            )
            out += [pair_of(name, a, b) for a, b in combinations(near[:3], 2)]
    return tuple(out)
