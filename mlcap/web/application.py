"""A web application: routers behind one guard. The desk is one router, the service for programs another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mlcap.web.asgi import App
from mlcap.web.guard import Guard
from mlcap.web.limits import Limits
from mlcap.web.problems import NO_METHOD, problem
from mlcap.web.zones import Zone


def guarded(
    routers: Sequence[APIRouter],
    hosts: Mapping[str, str],
    limits: Limits | None = None,
    zones: Sequence[Zone] = (),
    wrapped: Callable[[FastAPI], App] = lambda app: app,
    page: Callable[[Request, int, str], Response] | None = None,
) -> Guard:
    """An application of some routers; what they do not answer themselves is answered by problems.

    Args:
        hosts: see `Guard`.
        zones: see `Guard`.
        wrapped: what stands between the guard and the routers.
        page: makes the refusal of what people asked for, of a status and words; a problem where there is none.
    """

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = _words(error)
        if page is not None and not any(zone.holds(request.url.path) for zone in zones):
            answer = page(request, error.status_code, words)
            answer.headers.update(error.headers or {})
            return answer
        return problem(error.status_code, words, error.headers)

    app = FastAPI(title="mlcap", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _failed)
    return Guard(wrapped(app), hosts, limits, zones)


def _words(error: HTTPException) -> str:
    """What a refusal says; of those that the framework makes itself in our own words."""
    own = {404: "there is nothing at this address", 405: NO_METHOD}.get(error.status_code)
    return own if own and error.detail == HTTPStatus(error.status_code).phrase else str(error.detail)


def _malformed(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return problem(400, "; ".join(faults)[:500])


def _failed(_: Request, error: Exception) -> Response:
    return problem(500, f"internal error ({type(error).__name__}); please report it")
