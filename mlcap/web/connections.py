"""Connections of a web application: none is held without asking for anything, and there is always room for one more.

The server itself waits for the head of a request as long as anybody likes, and answers everybody else with a refusal once
too many wait. Here a connection whose head does not come is closed, and of too many the one that has waited longest.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mlcap.web.problems import PROBLEM, headers_of_problem, problem_bytes

#: Connections at once: far more than requests are answered at once (`Limits.at_once`), and fewer than files may be open.
CONNECTIONS = 600
#: Seconds for the head of a request to come.
HEAD_SECONDS = 10.0
_FULL = "too many connections are open; try again in a moment"


class WatchedConnection(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # One of two classes, by what is installed.
    """A connection that is closed where no head of a request comes.

    Args:
        most: connections at once.
        seconds: for a head to come.
    """

    def __init__(self, *args: Any, most: int = CONNECTIONS, seconds: float = HEAD_SECONDS, **more: Any) -> None:
        super().__init__(*args, **more)
        self._most, self._seconds = most, seconds
        self._watch: asyncio.TimerHandle | None = None
        self.since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take the connection, in the place of the one that has waited longest where there are too many."""
        super().connection_made(transport)
        self.since = self.loop.time()
        self._begin_watch()
        if len(self.connections) <= self._most:
            return
        waiting = [one for one in self.connections if one is not self and one.waits]
        if waiting:
            min(waiting, key=lambda one: one.since).cut()
        else:
            transport.write(_refusal(503, _FULL))
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Read what came, and watch as long as the head is not whole."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self.waits:
            self._end_watch()
        elif self._watch is None:
            self._begin_watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as everything else is refused."""
        self.transport.write(_refusal(400, "the request is no HTTP that can be read"))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._end_watch()
        super().connection_lost(exc)

    @property
    def waits(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def cut(self) -> None:
        """Close the connection at once; nothing is owed to it."""
        self.transport.abort()
        self.connections.discard(self)

    def _begin_watch(self) -> None:
        self.since = self.loop.time()
        self._watch = self.loop.call_later(self._seconds, self._too_late)

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _too_late(self) -> None:
        self._watch = None
        if self.waits:
            self.cut()


def connections(most: int = CONNECTIONS, seconds: float = HEAD_SECONDS) -> Any:
    """What makes a connection, for `uvicorn.Config(http=...)`; see `WatchedConnection`."""
    return partial(WatchedConnection, most=most, seconds=seconds)


def _refusal(status: int, words: str) -> bytes:
    """A whole answer, of a connection that is closed then."""
    body = problem_bytes(status, words)
    more = "".join(f"{name}: {value}\r\n" for name, value in headers_of_problem(status).items())
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {PROBLEM}\r\ncontent-length: {len(body)}\r\n"
        f"{more}cache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
