"""Who asks: an invitation opens a session, which a cookie carries that no script reads and no other site sends."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mlcap.errors import DeskError
from mlcap.review.desk import Desk
from mlcap.review.people import SESSION_SECONDS, session_of


class NobodyError(DeskError):
    """The request comes without a session."""


def cookie_name(desk: Desk) -> str:
    """The name of the cookie; each desk has its own, since browsers send cookies to every port of a host."""
    return f"mlcap-{desk.store.setting('desk')}"


def person_of(desk: Desk, request: Request) -> str:
    """The person whose session a request carries.

    Raises:
        NobodyError: it carries none that holds.
    """
    person = session_of(desk.store, request.cookies.get(cookie_name(desk), ""))
    if person is None:
        raise NobodyError("nobody is known by this request; open the address that mlcap printed for you")
    return person


def set_session(desk: Desk, response: Response, token: str, secure: bool) -> None:
    """Give a browser its session."""
    response.set_cookie(
        cookie_name(desk),
        token,
        max_age=int(SESSION_SECONDS),
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
    )


def forget_session(desk: Desk, response: Response) -> None:
    """Take it away."""
    response.delete_cookie(cookie_name(desk), path="/", httponly=True, samesite="strict")
