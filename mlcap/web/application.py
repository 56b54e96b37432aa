"""A web application: routers behind one guard. The desk is one router, the service for programs another."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from mlcap.web.guard import Guard
from mlcap.web.limits import Limits
from mlcap.web.zones import Zone


def guarded(
    routers: Sequence[APIRouter], hosts: frozenset[str], limits: Limits | None = None, zones: Sequence[Zone] = ()
) -> Guard:
    """An application of some routers.

    Args:
        hosts: the `Host` headers that are let in, in small letters, with their port.
        zones: see `Guard`.
    """
    app = FastAPI(title="mlcap", openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return Guard(app, hosts, limits, zones)
