"""The interface of Annif: each facet is a project, so that Annif (backend `http`) and its clients can ask.

Paths, parameters and answers are those of Annif 1.4's REST interface (Suominen, Inkinen & Lehtinen, "Annif and Finto AI:
developing and implementing automated subject indexing", JLIS.it 13, 2022).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from mlcap import __version__
from mlcap.model.tagging import Tagger
from mlcap.records.types import Record
from mlcap.review.tokens import TAG
from mlcap.service.bodies import form_of, object_of, record_of_object
from mlcap.service.context import Service, answer, note_captions
from mlcap.service.described import answers, content, form, takes
from mlcap.service.limits import MOST_DOCUMENTS
from mlcap.types import Facet, TaggedCaption

_PREFIX = "/annif/v1"
_LANGUAGE = "en"
_METADATA = "metadata_"
_LIMIT = 10
_FORM = form(
    {
        "text": {"type": "string", "description": "the caption"},
        "limit": {"type": "integer", "minimum": 0, "default": _LIMIT},
        "threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": 0},
        "language": {"type": "string", "enum": [_LANGUAGE]},
    },
    ["text"],
    additionalProperties={"type": "string"},
)
_Limit = Annotated[int, Query(ge=0, le=1_000_000)]
_Threshold = Annotated[float, Query(ge=0, le=1)]


def annif_routes(service: Service) -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_project_routes(service))
    router.include_router(_suggest_routes(service))
    return router


def _project_routes(service: Service) -> APIRouter:
    router = APIRouter(prefix=_PREFIX, dependencies=[Depends(service.allow(TAG))])

    @router.get("/", summary="What this is", responses=answers({200: ("A name and version", content("annif-info"))}))
    async def info() -> Response:
        return answer({"title": "mlcap", "version": __version__}, service.current.version)

    @router.get(
        "/projects", summary="The projects", responses=answers({200: ("Each facet", content("annif-projects"))})
    )
    async def projects() -> Response:
        version, facets = await _facets(service)
        return answer({"projects": list(map(_project, facets))}, version)

    @router.get(
        "/projects/{project}",
        summary="One project",
        responses=answers({200: ("A facet", content("annif-project"))}, 404),
    )
    async def one_project(project: str) -> Response:
        version, facets = await _facets(service)
        return answer(_project(_named(facets, project)), version)

    return router


def _suggest_routes(service: Service) -> APIRouter:
    router = APIRouter(prefix=_PREFIX, dependencies=[Depends(service.allow(TAG))])

    @router.post(
        "/projects/{project}/suggest",
        summary="Suggest values for a caption",
        responses=answers({200: ("Values with scores", content("annif-results"))}, 404, 415),
        openapi_extra=takes(_FORM),
    )
    async def suggest(project: str, request: Request) -> Response:
        asked = await form_of(request)
        if "text" not in asked:
            raise HTTPException(400, "the form has no text; send the caption as text")
        metadata = {n.removeprefix(_METADATA): v for n, v in asked.items() if n.startswith(_METADATA)}
        limit = _number(asked, "limit", _LIMIT, 0, math.inf)
        threshold = _number(asked, "threshold", 0.0, 0, 1)
        record = record_of_object({**metadata, "text": asked["text"]})
        version, found = await _suggested(service, request, project, asked.get("language"), [record])
        return answer({"results": _results(*found[0], limit, threshold)}, version)

    @router.post(
        "/projects/{project}/suggest-batch",
        summary=f"Suggest values for up to {MOST_DOCUMENTS} captions",
        responses=answers({200: ("Values with scores for each", content("annif-batch"))}, 404, 415),
        openapi_extra=takes(content("annif-documents")),
    )
    async def suggest_batch(
        project: str,
        request: Request,
        limit: _Limit = _LIMIT,
        threshold: _Threshold = 0.0,
        language: str | None = None,
    ) -> Response:
        documents = _documents(await object_of(request))
        records = [record_of_object({**d.get("metadata", {}), "text": d["text"]}) for d in documents]
        version, found = await _suggested(service, request, project, language, records)
        results = [
            {"results": _results(*one, limit, threshold), "document_id": d.get("document_id")}
            for one, d in zip(found, documents, strict=True)
        ]
        return answer(results, version)

    return router


def _documents(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of a batch.

    Raises:
        HTTPException: there are none, too many, or one is of another form.
    """
    documents = data.get("documents")
    if not isinstance(documents, list) or len(documents) > MOST_DOCUMENTS:
        raise HTTPException(400, f"documents is a list of {MOST_DOCUMENTS} at most")
    for number, one in enumerate(documents, 1):
        if not isinstance(one, dict) or not isinstance(one.get("text"), str):
            raise HTTPException(400, f'document {number} has no text; send {{"text": ..., "document_id": ...}}')
        if not isinstance(one.get("metadata", {}), dict) or not isinstance(one.get("document_id"), str | None):
            raise HTTPException(400, f"document {number}: metadata is an object, and document_id a text")
    return documents


def _number(asked: Mapping[str, str], name: str, otherwise: float, least: float, most: float) -> float:
    text = asked.get(name)
    if text is None:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise HTTPException(400, f"{name} is a number {f'from {least} to {most}' if most == 1 else 'of 0 or more'}")
    return number


async def _facets(service: Service) -> tuple[str, Sequence[Facet]]:
    async with service.in_time():
        return await service.work.do(lambda tagger: (tagger.version, tagger.facets))


def _named(facets: Sequence[Facet], name: str) -> Facet:
    """The facet that a project is.

    Raises:
        HTTPException: there is none.
    """
    for facet in facets:
        if facet.name == name:
            return facet
    raise HTTPException(404, f"there is no project {name[:60]!r}; there are {', '.join(f.name for f in facets)}")


def _project(facet: Facet) -> dict[str, Any]:
    return {
        "project_id": facet.name,
        "name": facet.name.replace("_", " "),
        "language": _LANGUAGE,
        "backend": {"backend_id": "mlcap"},
        "vocab": {"vocab_id": facet.name, "languages": [_LANGUAGE], "size": len(facet.values), "loaded": True},
        "vocab_language": _LANGUAGE,
        "is_trained": True,
        "modification_time": None,
    }


async def _suggested(
    service: Service, request: Request, project: str, language: str | None, records: Sequence[Record]
) -> tuple[str, list[tuple[Facet, TaggedCaption | None]]]:
    """Tag captions for a project: (the version, of each the facet and what was tagged, None without a caption).

    Raises:
        HTTPException: there is no such project, it is in another language, or a caption is too long.
    """
    if language not in (None, "", _LANGUAGE):
        raise HTTPException(400, f"the values are named in {_LANGUAGE} alone, not in {language[:20]!r}")
    note_captions(request, records)
    texts = [record.text or "" for record in records]
    catalogues = [record.catalogue for record in records]

    def act(tagger: Tagger) -> tuple[str, list[tuple[Facet, TaggedCaption | None]]]:
        facet = _named(tagger.facets, project)
        tagged = tagger.tag(texts, catalogues)
        return tagger.version, [
            (facet, one if record.text is not None else None) for one, record in zip(tagged, records, strict=True)
        ]

    async with service.in_time():
        return await service.work.do(act)


def _results(facet: Facet, tagged: TaggedCaption | None, limit: float, threshold: float) -> list[dict[str, Any]]:
    """The values from the most probable on; none of a caption that is not read, or empty."""
    if tagged is None or not tagged.is_read:
        return []
    ranked = sorted(tagged.facets[facet.name].probabilities.items(), key=lambda one: -one[1])
    rows = [
        {"uri": facet.iri(name), "label": name, "notation": None, "score": p} for name, p in ranked if p >= threshold
    ]
    return rows[: int(min(limit, len(rows)))]
