"""How the service is described for programs: OpenAPI, with the JSON Schemas of every answer from `schemas/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mlcap import __version__
from mlcap.service.bodies import JSON, LINES
from mlcap.service.context import MODEL
from mlcap.service.limits import LARGEST, MOST_CAPTIONS, MOST_LINES, SECONDS
from mlcap.web.forms import FORM
from mlcap.web.problems import PROBLEM

_REFERENCE = "#/components/schemas/"
_TEXT = f"""\
Tags captions of human-spaceflight photographs, explains the tags, and takes feedback for people to decide.

Limits: {LARGEST} bytes a request, {MOST_CAPTIONS} captions in one JSON text and {MOST_LINES} lines, {SECONDS:g} seconds
an answer. What is beyond them is refused with a status of the 400s, or 503 where waiting helps; refusals are problem
details (RFC 9457). Every answer names the model version in the header `{MODEL}`."""
#: Statuses that any route may answer with, by the guard or for want of a token.
_ALWAYS = (400, 401, 403, 408, 413, 421, 429, 503)


@cache
def schemas() -> Mapping[str, Any]:
    """JSON Schema (2020-12) of each answer by its name; they refer to each other as within OpenAPI."""
    folder = files("mlcap.service").joinpath("schemas")
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".json"))
    return {n.removesuffix(".json"): json.loads(folder.joinpath(n).read_text("utf-8")) for n in names}


def refers(name: str) -> dict[str, Any]:
    """A reference to a schema."""
    return {"$ref": f"{_REFERENCE}{name}"}


def content(name: str, kind: str = JSON) -> dict[str, Any]:
    """A body of a schema."""
    return {kind: {"schema": refers(name)}}


def answers(found: Mapping[int, tuple[str, dict[str, Any]]], *more: int, open_to_all: bool = False) -> Any:
    """The answers of a route, for FastAPI: (what it is, its body) by status, and further statuses of problems.

    Args:
        open_to_all: whether no token is needed.
    """
    out: dict[int, dict[str, Any]] = {}
    for status, (words, body) in found.items():
        header = {MODEL: {"description": "the model version", "schema": {"type": "string"}}}
        out[status] = {"description": words, "content": body, "headers": header}
    statuses = {*_ALWAYS, *more} - ({401, 403} if open_to_all else set()) - set(out)
    problem = content("problem", PROBLEM)
    for status in set(out) & set(_ALWAYS):
        out[status]["content"] = {**out[status]["content"], **problem}
    return out | {s: {"description": HTTPStatus(s).phrase, "content": problem} for s in sorted(statuses)}


def takes(body: Mapping[str, Any], open_to_all: bool = False) -> dict[str, Any]:
    """What a route takes, for FastAPI's `openapi_extra`."""
    extra: dict[str, Any] = {"requestBody": {"required": True, "content": dict(body)}} if body else {}
    return extra | ({"security": []} if open_to_all else {})


def form(properties: Mapping[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    """The body of a form."""
    return {FORM: {"schema": {"type": "object", "properties": dict(properties), "required": required, **more}}}


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of an application's routes for programs."""
    data = get_openapi(title="mlcap", version=__version__, description=_TEXT, routes=app.routes)
    components = data.setdefault("components", {})
    # Bodies are read by the library's readers; what FastAPI says of its own refusals is not what is sent.
    components["schemas"] = dict(schemas())
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic", "description": "the token as the password, under any name"},
    }
    data["security"] = [{"bearer": []}, {"basic": []}]
    for operations in data["paths"].values():
        for operation in operations.values():
            if operation["responses"].get("422", {}).get("description") == "Validation Error":
                del operation["responses"]["422"]
    return data


def lines_content(name: str) -> dict[str, Any]:
    """A body of JSON Lines, each of a schema."""
    return {LINES[0]: {"schema": {"type": "string", "description": f"one `{name}` a line"}}}
