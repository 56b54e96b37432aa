"""The routes of the reconciliation interface. They read alone, and pages of any site may ask (CORS)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mlcap.model.tagging import Tagger
from mlcap.review.tokens import TAG
from mlcap.service.bodies import form_of, parsed
from mlcap.service.context import MODEL, Service, answer, note_captions
from mlcap.service.described import answers, content, form, takes
from mlcap.service.limits import MOST_CONCEPTS, MOST_QUERIES
from mlcap.service.reconciliation.concepts import (
    OF_CAPTION,
    PROPERTIES,
    Concept,
    concepts_of,
    starting,
    type_of,
)
from mlcap.service.reconciliation.extension import extended
from mlcap.service.reconciliation.manifest import manifest_of
from mlcap.service.reconciliation.path_token import base_of
from mlcap.service.reconciliation.queries import answered, read_queries
from mlcap.types import Facet

_PREFIX = "/reconcile"
#: What the two texts hold, as far as they are refused for the lack of it.
_QUERIES = {
    "type": "object",
    "maxProperties": MOST_QUERIES,
    "additionalProperties": {
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "type": {"type": ["string", "array", "null"], "items": {"type": "string"}},
            "limit": {"type": ["number", "null"]},
            "properties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"pid": {"type": "string"}, "v": {}},
                    "required": ["pid", "v"],
                },
            },
            "type_strict": {"enum": ["any", "all", "should"]},
        },
        "additionalProperties": False,
        "anyOf": [{"required": ["query"]}, {"required": ["properties"]}],
    },
}
_EXTEND = {
    "type": "object",
    "required": ["ids", "properties"],
    "properties": {
        "ids": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_CONCEPTS},
        "properties": {"type": "array"},
    },
}
_JSON_TEXT = {"type": "string", "contentMediaType": "application/json"}
_FORM = form(
    {"queries": _JSON_TEXT | {"contentSchema": _QUERIES}, "extend": _JSON_TEXT | {"contentSchema": _EXTEND}},
    [],
    anyOf=[{"required": ["queries"]}, {"required": ["extend"]}],
)
_ANSWER = {
    "application/json": {
        "schema": {
            "anyOf": [
                {"$ref": f"#/components/schemas/reconciliation-{name}"} for name in ("manifest", "results", "extension")
            ]
        }
    }
}
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_Id = Annotated[str, Query(description="the IRI of a value, or the id of a property or type", max_length=2000)]
_Prefix = Annotated[str, Query(max_length=2000)]
_Cursor = Annotated[int, Query(ge=0, le=1_000_000, description="suggestions that are passed over")]


async def _facets(service: Service) -> tuple[str, Sequence[Facet]]:
    async with service.in_time():
        return await service.work.do(lambda tagger: (tagger.version, tagger.facets))


def reconciliation_routes(service: Service) -> APIRouter:
    """All of them."""
    router = APIRouter(dependencies=[Depends(service.allow(TAG))])
    router.include_router(_query_routes(service))
    router.include_router(_suggest_routes(service))
    router.include_router(_concept_routes(service))
    return router


def _query_routes(service: Service) -> APIRouter:
    router = APIRouter(prefix=_PREFIX)

    async def asked(request: Request, queries: str | None, extend: str | None) -> Response:
        if queries is not None:
            batch = read_queries(parsed(queries, "queries"))
            note_captions(request, [query.record for query in batch.values()])

            def act(tagger: Tagger) -> tuple[str, dict[str, Any]]:
                return tagger.version, answered(tagger, batch)

            async with service.in_time():
                version, found = await service.work.do(act)
            return answer(found, version)
        version, facets = await _facets(service)
        if extend is not None:
            return answer(extended(concepts_of(facets), parsed(extend, "extend")), version)
        return answer(manifest_of(facets, *base_of(request)), version)

    @router.get(
        "",
        summary="The manifest, or the answer to queries or a data extension",
        responses=answers({200: ("What was asked for", _ANSWER)}),
    )
    async def get(request: Request, queries: str | None = None, extend: str | None = None) -> Response:
        return await asked(request, queries, extend)

    @router.post(
        "",
        summary="The answer to queries or a data extension",
        responses=answers({200: ("What was asked for", _ANSWER)}, 415),
        openapi_extra=takes(_FORM),
    )
    async def post(request: Request) -> Response:
        fields = await form_of(request)
        if "queries" not in fields and "extend" not in fields:
            raise HTTPException(400, "the form has neither queries nor extend")
        return await asked(request, fields.get("queries"), fields.get("extend"))

    return router


def _suggest_routes(service: Service) -> APIRouter:
    router = APIRouter(prefix=_PREFIX)
    result = answers({200: ("What begins so", content("reconciliation-suggestions"))})

    @router.get("/suggest/entity", summary="Values by their beginning", responses=result)
    async def entity(prefix: _Prefix = "", cursor: _Cursor = 0) -> Response:
        version, facets = await _facets(service)
        rows = [concept.suggested() for concept in concepts_of(facets).values()]
        return answer({"result": starting(prefix, rows)[cursor:]}, version)

    @router.get("/suggest/type", summary="Facets by their beginning", responses=result)
    async def kind(prefix: _Prefix = "", cursor: _Cursor = 0) -> Response:
        version, facets = await _facets(service)
        rows = [{**type_of(facet), "description": facet.definition} for facet in facets]
        return answer({"result": starting(prefix, rows)[cursor:]}, version)

    @router.get("/suggest/property", summary="What may be told of a caption, by its beginning", responses=result)
    async def of_caption(prefix: _Prefix = "", cursor: _Cursor = 0) -> Response:
        rows = [{"id": name, "name": words} for name, words in OF_CAPTION.items()]
        return answer({"result": starting(prefix, rows)[cursor:]}, service.current.version)

    @router.get(
        "/propose",
        summary="What can be told of a value",
        responses=answers({200: ("Properties", content("reconciliation-properties"))}, 404),
    )
    async def propose(
        kind: Annotated[str | None, Query(alias="type")] = None, limit: Annotated[int | None, Query(ge=0)] = None
    ) -> Response:
        version, facets = await _facets(service)
        if kind and all(facet.name != kind for facet in facets):
            raise HTTPException(404, f"there is no type {kind[:80]!r}; there are {', '.join(f.name for f in facets)}")
        rows = [{"id": name, "name": words} for name, words in PROPERTIES.items()]
        data = {"properties": rows if limit is None else rows[:limit]}
        return answer(data | ({"type": kind} if kind else {}), version)

    return router


def _concept_routes(service: Service) -> APIRouter:
    router = APIRouter(prefix=_PREFIX)
    page = answers({200: ("A page", _PAGE)}, 404)
    flyout = answers({200: ("A line", content("reconciliation-flyout"))}, 404)

    async def shown(id_: str) -> Response:
        version, facets = await _facets(service)
        concept = concepts_of(facets).get(id_)
        if concept is None:
            raise HTTPException(404, f"there is no value {id_[:80]!r}")
        return HTMLResponse(_page(concept), headers={MODEL: version})

    @router.get("/preview", summary="A value, for a frame", response_class=HTMLResponse, responses=page)
    async def preview(id_: Annotated[_Id, Query(alias="id")]) -> Response:
        return await shown(id_)

    @router.get("/view", summary="A value, as a page", response_class=HTMLResponse, responses=page)
    async def view(id_: Annotated[_Id, Query(alias="id")]) -> Response:
        return await shown(id_)

    @router.get("/flyout/{what}", summary="A value, facet or property in a line", responses=flyout)
    async def fly(what: str, id_: Annotated[_Id, Query(alias="id")]) -> Response:
        version, facets = await _facets(service)
        known = {
            "entity": {iri: concept.value.definition for iri, concept in concepts_of(facets).items()},
            "type": {facet.name: facet.definition for facet in facets},
            "property": OF_CAPTION,
        }
        text = known.get(what, {}).get(id_)
        if text is None:
            raise HTTPException(404, f"there is no {what[:20]} {id_[:80]!r}")
        return answer({"id": id_, "html": f"<p>{escape(text)}</p>"}, version)

    return router


def _page(concept: Concept) -> str:
    """A small page, with everything escaped; it loads nothing."""
    rows = "".join(
        f"<dt>{escape(words)}</dt><dd>{escape('; '.join(told))}</dd>"
        for name, words in PROPERTIES.items()
        if name != "name" and (told := concept.told(name))
    )
    name = escape(concept.value.name)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        f"<h1>{name}</h1><dl>{rows}</dl><p><code>{escape(concept.iri)}</code></p></html>"
    )
