"""What stands before every router of the web application: who may ask, from where, how much and how often.

Changes are let in from our own pages alone: the browser says where a request comes from (Fetch Metadata, `Sec-Fetch-Site`),
and one that does not say is held against its `Origin`. The names in `Host` are listed, so that no other site's name can be
made to lead here (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from mlcap.errors import InputError

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_SAFE = frozenset(("GET", "HEAD"))
_METHODS = frozenset(("GET", "HEAD", "POST"))
#: What a page may load: its own style, script and photographs. No script within a page, no frame around it.
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_STORED_NOWHERE = (b"cache-control", b"no-store")


@dataclass(frozen=True)
class Limits:
    """How much and how often.

    Attributes:
        body: bytes of a request's body.
        seconds: for a body to arrive.
        rate, burst: requests a second from one address in the long run, and at once.
        refused_rate, refused_burst: the same of requests that are refused.
    """

    body: int = 256 << 10
    seconds: float = 20.0
    rate: float = 200.0
    burst: float = 400.0
    refused_rate: float = 2.0
    refused_burst: float = 60.0


@dataclass
class Buckets:
    """Token buckets by address; the addresses asked for longest ago are forgotten first."""

    rate: float
    burst: float
    most: int = 10_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, address: str) -> bool:
        """Whether one more request is within the limit, which it counts against."""
        at = time.monotonic()
        left, when = self._left.pop(address, (self.burst, at))
        left = min(self.burst, left + (at - when) * self.rate)
        self._left[address] = (left - 1 if left >= 1 else left, at)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        return left >= 1


class Guard:
    """Lets requests through to an application, or answers them itself.

    Args:
        app: the application (ASGI).
        hosts: the `Host` headers that are let in, in small letters, with their port.
        limits: how much and how often.
    """

    def __init__(self, app: _App, hosts: frozenset[str], limits: Limits | None = None) -> None:
        self._app, self._hosts, self._limits = app, hosts, limits or Limits()
        self._asked = Buckets(self._limits.rate, self._limits.burst)
        self._refused = Buckets(self._limits.refused_rate, self._limits.refused_burst)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        address = scope["client"][0] if scope.get("client") else ""
        send = self._with_headers(scope, send)
        refused = self._fault(scope) or (
            (429, "too many requests; wait a moment") if not self._asked.take(address) else None
        )
        if refused is None:
            try:
                body = await self._body(scope, receive)
            except InputError as error:
                refused = (413, str(error))
        if refused is not None:
            if not self._refused.take(address):
                refused = (429, "too many requests that were refused; wait a moment")
            await _answer(send, *refused)
            return
        await self._app(scope, _replayed(body, receive), self._counted(address, send))

    def _fault(self, scope: _Scope) -> tuple[int, str] | None:
        """(status, why) of a request that is not let in."""
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(bytes(name).lower(), []).append(bytes(value).decode("latin-1"))
        host = headers.get(b"host", [])
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return 421, "this address is not served here; use the one that mlcap printed"
        method = scope["method"]
        if method not in _METHODS:
            return 405, "this method is not allowed"
        if method in _SAFE:
            return None
        site, origin = headers.get(b"sec-fetch-site", []), headers.get(b"origin", [])
        ours = f"{scope.get('scheme', 'http')}://{host[0].lower()}"
        if (site and site != ["same-origin"]) or (origin and origin != [ours]) or not (site or origin):
            return 403, "changes are taken from the desk's own pages alone"
        return None

    async def _body(self, scope: _Scope, receive: _Receive) -> bytes:
        """The whole body, which is never long.

        Raises:
            InputError: it is too long or does not come.
        """
        whole = bytearray()
        try:
            async with asyncio.timeout(self._limits.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise InputError("the request ended before its time")
                    whole += message.get("body", b"")
                    if len(whole) > self._limits.body:
                        raise InputError(f"the request is longer than {self._limits.body} bytes")
                    if not message.get("more_body"):
                        return bytes(whole)
        except TimeoutError as error:
            raise InputError("the request did not come to its end in time") from error

    def _counted(self, address: str, send: _Send) -> _Send:
        """Count the answers by which the application refuses; who is refused too often is answered nothing else."""

        async def counting(message: _Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (401, 403):
                self._refused.take(address)
            await send(message)

        return counting

    def _with_headers(self, scope: _Scope, send: _Send) -> _Send:
        async def adding(message: _Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), *_HEADERS]
                if not any(bytes(name).lower() == b"cache-control" for name, _ in headers):
                    headers.append(_STORED_NOWHERE)
                message = {**message, "headers": headers}
            await send(message)

        return adding


def _replayed(body: bytes, receive: _Receive) -> _Receive:
    given = False

    async def replaying() -> _Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


async def _answer(send: _Send, status: int, words: str) -> None:
    body = f"mlcap: {words}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
