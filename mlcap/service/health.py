"""Whether the service is there and ready, for those who watch over it; no token is needed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mlcap.service.context import Service, answer
from mlcap.service.described import answers, content, takes


def health_routes(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get(
        "/health/live",
        summary="Whether the process answers",
        responses=answers({200: ("It does", content("health"))}, open_to_all=True),
        openapi_extra=takes({}, open_to_all=True),
    )
    async def live() -> Response:
        version = service.current.version
        return answer({"status": "live", "model": version, "fault": ""}, version)

    @router.get(
        "/health/ready",
        summary="Whether captions are tagged",
        responses=answers(
            {
                200: (
                    "They are; `fault` says where the current version is not the one that tags, and where feedback is not recorded",
                    content("health"),
                ),
                503: ("They are not", content("health")),
            },
            open_to_all=True,
        ),
        openapi_extra=takes({}, open_to_all=True),
    )
    def ready() -> Response:
        service.current()
        version, alive = service.current.version, service.work.alive
        faults = "; ".join(filter(None, (service.current.fault, service.feedback_fault)))
        fault = faults if alive else "nothing is tagged any more; start the service anew"
        return answer(
            {"status": "ready" if alive else "failed", "model": version, "fault": fault}, version, 200 if alive else 503
        )

    return router
