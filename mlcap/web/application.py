"""A web application: routers behind one guard. The desk is one router, the service for programs another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mlcap.web.asgi import App
from mlcap.web.guard import Guard
from mlcap.web.limits import Limits
from mlcap.web.problems import problem
from mlcap.web.zones import Zone


def guarded(
    routers: Sequence[APIRouter],
    hosts: Mapping[str, str],
    limits: Limits | None = None,
    zones: Sequence[Zone] = (),
    wrapped: Callable[[FastAPI], App] = lambda app: app,
) -> Guard:
    """An application of some routers; what they do not answer themselves is answered by problems.

    Args:
        hosts: see `Guard`.
        zones: see `Guard`.
        wrapped: what stands between the guard and the routers.
    """
    app = FastAPI(title="mlcap", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _failed)
    return Guard(wrapped(app), hosts, limits, zones)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = (
        "there is nothing at this address" if error.status_code == 404 and error.detail == "Not Found" else error.detail
    )
    return problem(error.status_code, detail, error.headers)


def _malformed(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return problem(400, "; ".join(faults)[:500])


def _failed(_: Request, error: Exception) -> Response:
    return problem(500, f"internal error ({type(error).__name__}); please report it")
