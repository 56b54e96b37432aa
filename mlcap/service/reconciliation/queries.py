"""Queries: captions with the values of facets that they are tagged with, most probable first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException

from mlcap.model.tagging import Tagger
from mlcap.records.types import Record
from mlcap.rounding import rounded
from mlcap.service.bodies import record_of_object
from mlcap.service.limits import MOST_QUERIES
from mlcap.service.reconciliation.concepts import type_of
from mlcap.types import Facet, ReasonKind, TaggedCaption, TaggedFacet

_OF_QUERY = frozenset(("query", "type", "limit", "properties", "type_strict"))
_STRICT = ("any", "should", "all")


@dataclass(frozen=True)
class CaptionQuery:
    """One query.

    Attributes:
        record: the caption with what is said of it.
        types: the facets that are asked for, None for all.
        limit: how many candidates of a facet's, None for all.
    """

    record: Record
    types: frozenset[str] | None
    limit: int | None


def read_queries(data: Any) -> dict[str, CaptionQuery]:
    """Read a batch.

    Raises:
        HTTPException: it is none, or holds too many.
    """
    if not isinstance(data, dict):
        raise HTTPException(400, 'queries is an object, as {"q0": {"query": ...}}')
    if len(data) > MOST_QUERIES:
        raise HTTPException(413, f"the batch has {len(data)} queries, and may have {MOST_QUERIES} (batchSize)")
    return {key: _query(key, one) for key, one in data.items()}


def _query(key: str, data: Any) -> CaptionQuery:
    name = f"query {key[:40]!r}"
    if not isinstance(data, dict):
        raise HTTPException(400, f"{name} is no object")
    if odd := sorted(data.keys() - _OF_QUERY):
        raise HTTPException(400, f"{name} has {odd[0][:40]!r}, and may have {', '.join(sorted(_OF_QUERY))}")
    text, limit, strict = data.get("query", ""), data.get("limit"), data.get("type_strict", "any")
    if not isinstance(text, str) or strict not in _STRICT:
        raise HTTPException(400, f"{name}: query is a text, and type_strict one of {', '.join(_STRICT)}")
    if limit is not None and (not isinstance(limit, int | float) or isinstance(limit, bool)):
        raise HTTPException(400, f"{name}: limit is a number")
    fields = _properties(name, data.get("properties", []))
    if "query" not in data and not fields:
        raise HTTPException(400, f"{name} has neither a query nor properties")
    record = record_of_object({**fields, **({"text": text} if text else {})})
    return CaptionQuery(record, _types(name, data.get("type")), None if limit is None else max(0, int(limit)))


def _types(name: str, data: Any) -> frozenset[str] | None:
    if data is None:
        return None
    types = [data] if isinstance(data, str) else data
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        raise HTTPException(400, f"{name}: type is a text or a list of these")
    return frozenset(types)


def _properties(name: str, data: Any) -> dict[str, Any]:
    """What is said of a caption: property -> its texts."""
    if not isinstance(data, list):
        raise HTTPException(400, f"{name}: properties is a list")
    fields: dict[str, Any] = {}
    for one in data:
        if not isinstance(one, dict) or not isinstance(one.get("pid"), str) or "v" not in one:
            raise HTTPException(400, f'{name}: a property is an object, as {{"pid": "title", "v": ...}}')
        values = one["v"] if isinstance(one["v"], list) else [one["v"]]
        fields[one["pid"]] = [_value(name, value) for value in values]
    return fields


def _value(name: str, value: Any) -> str:
    """A value of a property as a text; one that was reconciled itself has an id and perhaps a name."""
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return str(value.get("name") or value["id"])
    if isinstance(value, str | int | float):
        return str(value)
    raise HTTPException(
        400, f"{name}: the value of a property is a text, a number, a truth value or an object with an id"
    )


def answered(tagger: Tagger, queries: Mapping[str, CaptionQuery]) -> dict[str, Any]:
    """Tag the captions of a batch and give each its candidates; one without a caption has none."""
    asked = [one for one in queries.values() if one.record.text is not None]
    tagged = iter(tagger.tag([q.record.text or "" for q in asked], [q.record.catalogue for q in asked]))
    return {
        key: {"result": _candidates(tagger.facets, one, next(tagged)) if one.record.text is not None else []}
        for key, one in queries.items()
    }


def _candidates(facets: Sequence[Facet], query: CaptionQuery, tagged: TaggedCaption) -> list[dict[str, Any]]:
    if not tagged.is_read:
        return []
    found = [
        candidate
        for facet in facets
        if query.types is None or facet.name in query.types
        for candidate in _of_facet(facet, tagged, bool(query.record.doubts))
    ]
    found.sort(key=lambda one: -one["score"])
    return found if query.limit is None else found[: query.limit]


def _of_facet(facet: Facet, tagged: TaggedCaption, doubted: bool) -> list[dict[str, Any]]:
    """The values of a facet as candidates.

    One matches where the caption is automatic and the value is the only one given: a cell takes one match, so of several
    roles that are given none is taken silently for all.
    """
    given = tagged.facets[facet.name]
    kinds = {reason.kind for reason in tagged.reasons}
    automatic = not tagged.needs_review and not doubted
    reasons = [{"id": f"reason: {kind}", "value": kind in kinds} for kind in ReasonKind]
    out = []
    for value in facet.values:
        p = given.probabilities[value.name]
        out.append(
            {
                "id": facet.iri(value.name),
                "name": value.name,
                "description": value.definition,
                "type": [type_of(facet)],
                "score": rounded(100 * p),
                "match": automatic and given.values == (value.name,),
                "features": [
                    {"id": "probability", "value": p},
                    {"id": "margin", "value": rounded(_margin(given, value.name))},
                    {"id": "given", "value": value.name in given.values},
                    {"id": "automatic", "value": automatic},
                    *reasons,
                ],
            }
        )
    return out


def _margin(given: TaggedFacet, name: str) -> float:
    """How much more probable a value is than what would be given in its stead: the best other value, or its absence."""
    p = given.probabilities[name]
    if given.multiple:
        return 2 * p - 1
    return p - max(other for n, other in given.probabilities.items() if n != name)
