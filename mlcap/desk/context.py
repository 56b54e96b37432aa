"""What every route of the desk needs: who asks, the form, the pages, and errors that become pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mlcap.desk.forms import Form, form_of
from mlcap.desk.pages import Pages
from mlcap.desk.session import NobodyError, person_of
from mlcap.errors import DecidedError, DecisionError, DeskError, MlcapError, OutputError, TrainingError
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.review.measuring import Measuring
from mlcap.review.queues import Queue


def status_of_error(error: MlcapError) -> int:
    """The HTTP status of an error: the one place that gives it."""
    if isinstance(error, NobodyError):
        return 401
    if isinstance(error, DecidedError):
        return 409
    if isinstance(error, DecisionError | TrainingError):
        return 400
    if isinstance(error, OutputError):
        return 503
    return 404 if isinstance(error, DeskError) else 500


def see(path: str, **query: str) -> RedirectResponse:
    """Send the browser to another page."""
    kept = {k: v for k, v in query.items() if v}
    return RedirectResponse(f"{path}?{urlencode(kept)}" if kept else path, 303)


def see_card(queue: Queue, path: str = "/card", said: str = "") -> RedirectResponse:
    """Send the browser to the next card of a queue, or to another page of it that says something."""
    return see(path, queue="" if queue == Queue() else str(queue.kind), value=queue.value, said=said)


def queue_of(form: Form) -> Queue:
    """The queue that a form belongs to."""
    return Queue.of(form.get("queue"), form.get("value"))


class Context:
    """A desk, its pages, and what routes depend on.

    Args:
        desk: the desk.
        tagger: gives what explains its captions now.
    """

    def __init__(self, desk: Desk, tagger: Callable[[], Tagger]) -> None:
        self.desk = desk
        self.pages = Pages(desk, tagger)
        self.measuring = Measuring(desk, tagger)

    def person(self, request: Request) -> str:
        """Who asks (a dependency of routes).

        Raises:
            NobodyError: nobody who is known.
        """
        return person_of(self.desk, request)

    async def form(self, request: Request) -> Form:
        """The form of somebody who is known (a dependency of routes).

        Raises:
            NobodyError: nobody who is known, of whom nothing is read.
            DecisionError: it is no form of ours.
        """
        person = person_of(self.desk, request)
        form = await form_of(request)
        if form.get("as") not in ("", person):
            raise DecisionError(
                f"this page was {form.get('as')[:60]}'s, and {person} was let in since in the same browser; nothing was kept"
            )
        return form

    def router(self) -> APIRouter:
        """A router whose errors become pages."""
        context = self

        class PageRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                inner = super().get_route_handler()

                async def handler(request: Request) -> Response:
                    try:
                        return await inner(request)
                    except MlcapError as error:
                        return context.error_page(request, error)

                return handler

        return APIRouter(route_class=PageRoute)

    def error_page(self, request: Request, error: MlcapError) -> Response:
        """The page of an error, for somebody who is known with the ways on."""
        number = error.number if isinstance(error, DecidedError) else None
        return self.refusal(request, status_of_error(error), str(error), number)

    def refusal(self, request: Request, code: int, words: str, number: int | None = None) -> Response:
        """The page of a refusal: its status, what it says, and the caption that it is about, None for none."""
        try:
            person = self.person(request)
        except MlcapError:
            person = ""
        return self.pages.page("error", person, code, code=code, message=words, number=number, kept=[])
