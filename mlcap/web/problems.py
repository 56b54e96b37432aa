"""Refusals and faults as programs read them: problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

#: Their media type.
PROBLEM = "application/problem+json"
#: Seconds after which who is told to wait may ask again.
RETRY_AFTER = 1


#: What is said of a method that an address does not take, by the guard and behind it.
NO_METHOD = "this method is not allowed"


def problem_data(status: int, detail: str) -> dict[str, Any]:
    """A problem without a type of its own: the status says what kind it is, and the detail what happened."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def problem_bytes(status: int, detail: str) -> bytes:
    """The same as JSON."""
    return json.dumps(problem_data(status, detail)).encode("ascii")


def headers_of_problem(status: int) -> dict[str, str]:
    """The headers that go with a status: who comes too often or too early is told when to come again."""
    return {"retry-after": str(RETRY_AFTER)} if status in (429, 503) else {}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an answer."""
    return Response(problem_bytes(status, detail), status, {**(headers or {}), **headers_of_problem(status)}, PROBLEM)
