"""mlcap's own interface: tags, explanations, facets, feedback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mlcap.explanation.data import as_data
from mlcap.explanation.explain import explain
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.records.writing import json_line, output_record
from mlcap.review.feedback_taking import Feedback, bring_to_desk, record_feedback
from mlcap.review.tokens import FEEDBACK, TAG
from mlcap.service.bodies import (
    JSON,
    LINES,
    check_type,
    content_type,
    lines_of,
    object_of,
    record_of_object,
    records_of,
)
from mlcap.service.context import MODEL, Service, answer, check_read, note_captions, one_model
from mlcap.service.described import answers, content, lines_content, refers, takes
from mlcap.service.limits import CONTRIBUTIONS, LONGEST_EXPLAINED, MOST_CAPTIONS
from mlcap.types import Facet

#: All that feedback may hold: a word that is misspelt shall not be lost in silence.
_OF_FEEDBACK = ("id", "text", "fields", "labels", "model", "note", "key")
_MANY = {"type": "array", "items": refers("record"), "maxItems": MOST_CAPTIONS}


def tag_routes(service: Service) -> APIRouter:
    """Tagging."""
    router = APIRouter(dependencies=[Depends(service.allow(TAG))])
    one_or_many = {"oneOf": [refers("tagged"), refers("tagged-many")]}

    @router.post(
        "/v1/tag",
        summary="Tag a caption, several, or one a line",
        responses=answers(
            {
                200: (
                    "The record with its tags, or each of several in order",
                    {JSON: {"schema": one_or_many}} | lines_content("tagged or failed"),
                )
            },
            *(415, 422),
        ),
        openapi_extra=takes({JSON: {"schema": {"oneOf": [refers("record"), _MANY]}}} | lines_content("record")),
    )
    async def tag(request: Request) -> Response:
        if content_type(request) in LINES:
            return _lined(service, request, await lines_of(request))
        check_type(request, JSON, *LINES)
        records, single = await records_of(request)
        if single:
            check_read(records)
        found = await service.tagged(request, records)
        model = one_model(found, service.current.version)
        if single:
            # A caption that takes too long to read is found out while it is tagged.
            if "error" in found[0]:
                raise HTTPException(422, found[0]["error"])
            return answer(found[0], model)
        return answer({"model": model, "results": found}, model)

    return router


def explain_routes(service: Service) -> APIRouter:
    """Explaining tags, and the facets that they are of."""
    router = APIRouter(dependencies=[Depends(service.allow(TAG))])

    @router.post(
        "/v1/explain",
        summary="Explain the tags of a caption",
        responses=answers({200: ("Why the caption has its tags", content("explanation"))}, 415, 422),
        openapi_extra=takes(content("record")),
    )
    async def explained(
        request: Request,
        most: Annotated[
            int, Query(ge=0, le=100_000, description="contributions told of each value, 0 for all")
        ] = CONTRIBUTIONS,
    ) -> Response:
        record = record_of_object(await object_of(request))
        check_read([record])
        if len(record.text or "") > LONGEST_EXPLAINED:
            raise HTTPException(
                413,
                f"the caption has {len(record.text or '')} characters, and may have {LONGEST_EXPLAINED} to be explained",
            )
        note_captions(request, [record])

        def act(tagger: Tagger) -> dict[str, Any]:
            found = as_data(explain(tagger, record.text or "", record.catalogue), most)
            return {"id": record.id, "model": tagger.version, **found}

        async with service.in_time():
            data = await service.work.do(act)
        return answer(data, data["model"])

    @router.get(
        "/v1/facets",
        summary="The facets and their values",
        responses=answers({200: ("What is tagged", content("facets"))}),
    )
    async def facets() -> Response:
        async with service.in_time():
            version, found = await service.work.do(lambda tagger: (tagger.version, tagger.facets))
        return answer({"model": version, "facets": list(map(_facet, found))}, version)

    return router


def _facet(facet: Facet) -> dict[str, Any]:
    values = [
        {
            "name": value.name,
            "iri": facet.iri(value.name),
            "definition": value.definition,
            "thesaurus": value.thesaurus,
            "exact_match": list(value.exact_match),
            "close_match": list(value.close_match),
        }
        for value in facet.values
    ]
    return {"name": facet.name, "multiple": facet.multiple, "definition": facet.definition, "values": values}


def _lined(service: Service, request: Request, records: Sequence[Record]) -> Response:
    """The tagged records, a line each, batch by batch as they are tagged."""
    note_captions(request, records)

    async def lines() -> AsyncIterator[bytes]:
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            try:
                async with service.in_time():
                    found = await service.work.tag(batch)
            except HTTPException as error:
                # The answer has begun: every record that is left says why it has no tags.
                late = [Record(r.position, r.fields, None, error.detail, id=r.id) for r in records[start:]]
                yield "".join(json_line(output_record(r, None, ())) for r in late).encode("utf-8")
                return
            yield "".join(map(json_line, found)).encode("utf-8")

    return StreamingResponse(lines(), headers={MODEL: service.current.version}, media_type=LINES[0])


def feedback_routes(service: Service) -> APIRouter:
    """Feedback, which people decide."""
    router = APIRouter(dependencies=[Depends(service.allow(FEEDBACK))])

    @router.post(
        "/v1/feedback",
        status_code=201,
        summary="Say what is right of a caption",
        description="Recorded on the disk before the answer, and brought before a person on the desk. It trains nothing, and is no label until a person decides.",
        responses=answers(
            {
                201: ("Recorded", content("feedback-recorded")),
                200: ("Was recorded before, under this key", content("feedback-recorded")),
            },
            *(415, 422),
        ),
        openapi_extra=takes(content("feedback")),
    )
    async def feedback(request: Request) -> Response:
        data = await object_of(request)
        said = _feedback(data)
        note_captions(request, [said.record])
        with service.noting_feedback():
            number, new = await run_in_threadpool(record_feedback, service.desk, request.state.caller, said)
        if new:
            service.work.later(lambda tagger: bring_to_desk(service.desk, tagger))
        model = service.current.version
        return answer({"feedback": number, "recorded": new, "model": model}, model, 201 if new else 200)

    return router


def _feedback(data: dict[str, Any]) -> Feedback:
    """Read what was sent.

    Raises:
        HTTPException: it holds no caption, something that feedback does not have, or something of the wrong kind.
    """
    if odd := sorted(data.keys() - set(_OF_FEEDBACK)):
        raise HTTPException(
            422,
            f"feedback has no {odd[0][:40]!r}; it has {', '.join(_OF_FEEDBACK)}, where fields is an object of what else the record says",
        )
    fields, labels = data.get("fields", {}), data.get("labels", {})
    if not isinstance(fields, dict):
        raise HTTPException(422, 'fields is an object, as {"title": "Pool training"}')
    record = record_of_object({**fields, **{name: data[name] for name in ("id", "text") if name in data}})
    check_read([record])
    if not isinstance(labels, dict):
        raise HTTPException(422, 'labels is an object, as {"event": "launch", "crew_role": ["commander"]}')
    texts = {name: data.get(name, "") for name in ("model", "note", "key")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise HTTPException(422, f"{name} is a text")
    return Feedback(record, labels, **texts)
