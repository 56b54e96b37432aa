"""The service and the desk as one application behind one guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from mlcap.desk.context import Context
from mlcap.desk.router import desk_router
from mlcap.errors import MlcapError
from mlcap.service.annif import annif_routes
from mlcap.service.api import explain_routes, feedback_routes, tag_routes
from mlcap.service.context import Service, answer, status_of_error
from mlcap.service.described import described
from mlcap.service.health import health_routes
from mlcap.service.limits import LARGEST
from mlcap.service.log import Observed
from mlcap.service.reconciliation.path_token import PathToken
from mlcap.service.reconciliation.routes import reconciliation_routes
from mlcap.web.application import guarded
from mlcap.web.asgi import App
from mlcap.web.limits import Limits
from mlcap.web.problems import problem
from mlcap.web.zones import Asked, Zone

#: Which paths programs ask for, and which pages of any site.
ZONES = (
    *(Zone(path, Asked.BY_PROGRAMS, LARGEST) for path in ("/v1", "/annif", "/openapi.json")),
    Zone("/health", Asked.BY_PROGRAMS, watch=True),
    Zone("/reconcile", Asked.FROM_ANYWHERE, LARGEST),
)


def service_application(
    service: Service,
    hosts: Mapping[str, str],
    limits: Limits | None = None,
    write: Callable[[str], object] | None = None,
    log_captions: bool = False,
) -> Observed:
    """The pages of the desk and the routes for programs.

    Args:
        hosts, limits: see `guarded`.
        write: takes a line for each request, see `Observed`.
        log_captions: whether these tell captions.
    """
    routers = [routes(service) for routes in (tag_routes, explain_routes, feedback_routes, health_routes)]
    routers += [annif_routes(service), reconciliation_routes(service), _description(service)]
    pages = Context(service.desk, service.current)
    routers.append(desk_router(pages))

    def wrapped(app: FastAPI) -> App:
        app.add_exception_handler(MlcapError, _of_library)
        return PathToken(app)

    guard = guarded(routers, hosts, limits, ZONES, wrapped, pages.refusal)
    return Observed(guard, lambda: service.current.version, write, log_captions)


def _of_library(_: Request, error: Exception) -> Response:
    """An error of the library's as a problem, in its own words."""
    return problem(status_of_error(error) if isinstance(error, MlcapError) else 500, str(error))


def _description(service: Service) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(service.allow(""))])

    @router.get("/openapi.json")
    async def description(request: Request) -> Response:
        return answer(described(request.app), service.current.version)

    return router
