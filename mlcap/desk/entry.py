"""Coming and going: invitations, sessions, and the files that pages load."""

from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from mlcap.desk.context import Context, see, see_card
from mlcap.desk.session import NobodyError, cookie_name, forget_session, person_of, set_session
from mlcap.errors import DeskError
from mlcap.review.decisions import release
from mlcap.review.people import begin_session, end_session
from mlcap.review.queues import Queue

_STATIC = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
#: Pages ask each time whether a file changed with the version; nothing is secret in them.
_KEPT = {"cache-control": "private, max-age=300"}


def entry_routes(context: Context) -> APIRouter:
    """The routes."""
    desk, pages = context.desk, context.pages
    router = context.router()
    Person = Annotated[str, Depends(context.person)]

    def onwards(person: str, location: str, status: int = 200) -> Response:
        """A page of our own that goes on by itself: on the way from elsewhere, cookies for our own pages alone are missing."""
        page = pages.page("entered", person, status, location=location)
        page.headers["refresh"] = f"0; url={location}"
        return page

    @router.get("/enter")
    def enter(request: Request, token: str = "", queue: str = "", value: str = "", again: str = "") -> Response:
        first = see_card(Queue.of(queue, value))
        opened = begin_session(desk.store, token)
        if opened is not None:
            session, person = opened
            page = onwards(person, first.headers["location"])
            set_session(desk, page, session, request.url.scheme == "https")
            return page
        try:
            person_of(desk, request)
        except NobodyError as error:
            if not again:
                # Somebody who is let in already, and comes by a link of a report or by the address of yesterday.
                return onwards("", see("/enter", queue=queue, value=value, again="1").headers["location"], 401)
            raise NobodyError(
                "nobody is let in by this address, or not any more; ask for another with `mlcap review invite`"
            ) from error
        return first

    @router.post("/leave")
    def leave(request: Request, person: Person) -> Response:
        release(desk.store, person)
        end_session(desk.store, request.cookies.get(cookie_name(desk), ""))
        page = pages.page("left", "")
        forget_session(desk, page)
        return page

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise DeskError("there is no such file")
        content = files("mlcap.desk").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers=_KEPT)

    @router.get("/", dependencies=[Depends(context.person)])
    def first() -> Response:
        return see("/card")

    return router
