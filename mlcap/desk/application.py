"""The web application: routers behind one guard. The desk is one router; a service for programs can be another."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from mlcap.desk.guard import Guard, Limits
from mlcap.desk.router import desk_router
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk


def guarded(routers: Sequence[APIRouter], hosts: frozenset[str], limits: Limits | None = None) -> Guard:
    """An application of some routers.

    Args:
        hosts: the `Host` headers that are let in, in small letters, with their port.
    """
    app = FastAPI(title="mlcap", openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return Guard(app, hosts, limits)


def desk_application(desk: Desk, tagger: Tagger, hosts: frozenset[str], limits: Limits | None = None) -> Guard:
    """The application of a review desk alone."""
    return guarded([desk_router(desk, tagger)], hosts, limits)
