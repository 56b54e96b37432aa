"""What stands before every router of a web application: who may ask, from where, how much and how often.

Changes are let in from our own pages alone: the browser says where a request comes from (Fetch Metadata, `Sec-Fetch-Site`),
and one that does not say is held against its `Origin`. What programs ask for is let in by a token that no browser sends
by itself, and never from a page of another site (`mlcap.web.zones`). The names in `Host` are listed, so that no other
site's name can be made to lead here (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from mlcap.web.asgi import App, Message, Receive, Scope, Send, headers_of
from mlcap.web.limits import Buckets, Limits
from mlcap.web.problems import NO_METHOD, PROBLEM, headers_of_problem, problem_bytes
from mlcap.web.zones import ASKED_BEFORE, PEOPLE, Asked, Zone

_STORED_NOWHERE = (b"cache-control", b"no-store")
_ABSOLUTE = re.compile(r"https?://(?P<host>[^/]*)(?P<path>/.*)?", re.IGNORECASE | re.DOTALL)
_BUSY = (503, "too many requests are being answered; try again in a moment")


class Guard:
    """Lets requests through to an application, or answers them itself.

    Args:
        app: the application (ASGI).
        hosts: the `Host` headers that are let in, in small letters, with their port, each with the origin of our own
            pages under it; its scheme is the one that a request is held to have come by.
        limits: how much and how often.
        zones: which paths are asked for by others than people; the first that holds a path counts.
    """

    def __init__(
        self, app: App, hosts: Mapping[str, str], limits: Limits | None = None, zones: Sequence[Zone] = ()
    ) -> None:
        self._app, self._hosts, self._limits, self._zones = app, hosts, limits or Limits(), (*zones, PEOPLE)
        self._asked = Buckets(self._limits.rate, self._limits.burst)
        self._refused = Buckets(self._limits.refused_rate, self._limits.refused_burst)
        self._answering, self._held = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        _without_authority(scope)
        zone = next(zone for zone in self._zones if zone.holds(scope["path"]))
        address = scope["client"][0] if scope.get("client") else ""
        send = _with_headers(zone, send)
        refused = self._fault(zone, scope)
        if refused is None and not self._asked.take(f"{zone.path} {address}" if zone.watch else address):
            refused = (429, "too many requests; wait a moment")
        if refused is not None:
            await self._refuse(zone, address, send, *refused)
        elif scope["method"] == "OPTIONS":
            await _answer(send, 204, b"", b"", ASKED_BEFORE)
        elif self._answering >= self._limits.at_once and not zone.watch:
            await self._answer_problem(zone, send, *_BUSY)
        else:
            self._answering += 1
            try:
                await self._let_in(zone, address, scope, receive, send)
            finally:
                self._answering -= 1

    async def _let_in(self, zone: Zone, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a request, then let the application answer it."""
        whole = bytearray()
        try:
            refused = await self._read(zone, receive, whole)
            if refused == _BUSY:
                await self._answer_problem(zone, send, *_BUSY)
                return
            if refused is not None:
                await self._refuse(zone, address, send, *refused)
                return
            await self._app(scope, _replayed(bytes(whole), receive), self._counted(address, send))
        finally:
            self._held -= len(whole)

    def _fault(self, zone: Zone, scope: Scope) -> tuple[int, str] | None:
        """(status, why) of a request that is not let in."""
        headers = headers_of(scope)
        host = headers.get(b"host", [])
        origin = self._hosts.get(host[0].lower()) if len(host) == 1 else None
        if origin is None:
            return (
                421,
                "this address is not served here; use the one that mlcap printed, or name it with --public or --allow",
            )
        method = scope["method"]
        if method not in zone.methods:
            return 405, NO_METHOD
        scope["scheme"] = origin.partition(":")[0]
        return zone.fault(method, origin, headers)

    async def _read(self, zone: Zone, receive: Receive, whole: bytearray) -> tuple[int, str] | None:
        """Read the whole body, which is never long; (status, why) where it is too long or does not come.

        Args:
            whole: gets what comes, all of which is counted as held.
        """
        most = self._limits.body if zone.body is None else zone.body
        try:
            async with asyncio.timeout(self._limits.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return 400, "the request ended before its time"
                    part = message.get("body", b"")
                    if len(whole) + len(part) > most:
                        return 413, f"the request is longer than {most} bytes"
                    if self._held + len(part) > self._limits.held:
                        return _BUSY
                    whole += part
                    self._held += len(part)
                    if not message.get("more_body"):
                        return None
        except TimeoutError:
            return 408, f"the request did not come to its end within {self._limits.seconds:g} s"

    async def _refuse(self, zone: Zone, address: str, send: Send, status: int, words: str) -> None:
        """Answer with a refusal; who is refused too often is told nothing else."""
        if not self._refused.take(address):
            status, words = 429, "too many requests that were refused; wait a moment"
        await self._answer_problem(zone, send, status, words)

    async def _answer_problem(self, zone: Zone, send: Send, status: int, words: str) -> None:
        kind, body = b"text/plain; charset=utf-8", f"mlcap: {words}\n".encode()
        if zone.asked is not Asked.BY_PEOPLE:
            kind, body = PROBLEM.encode("ascii"), problem_bytes(status, words)
        more = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers_of_problem(status).items()]
        if status == 405:
            more.append((b"allow", ", ".join(sorted(zone.methods)).encode("ascii")))
        await _answer(send, status, kind, body, more)

    def _counted(self, address: str, send: Send) -> Send:
        """Count the answers by which the application refuses; who is refused too often is answered nothing else."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (401, 403):
                self._refused.take(address)
            await send(message)

        return counting


def _without_authority(scope: Scope) -> None:
    """Read the whole address in a request, as a proxy is sent it (RFC 9112, 3.2.2): its name stands for `Host`."""
    found = _ABSOLUTE.fullmatch(scope["path"])
    if found is None:
        return
    path = found["path"] or "/"
    scope["path"], scope["raw_path"] = path, quote(path).encode("ascii")
    scope["headers"] = [(b"host", found["host"].encode("latin-1", errors="replace"))] + [
        (name, value) for name, value in scope["headers"] if bytes(name).lower() != b"host"
    ]


def _with_headers(zone: Zone, send: Send) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), *zone.headers]
            if not any(bytes(name).lower() == b"cache-control" for name, _ in headers):
                headers.append(_STORED_NOWHERE)
            message = {**message, "headers": headers}
        await send(message)

    return adding


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replaying() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


async def _answer(send: Send, status: int, kind: bytes, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [*([(b"content-type", kind)] if kind else []), (b"content-length", str(len(body)).encode("ascii")), *more]
    if status == 204:  # Has no body, and says nothing of its length.
        headers = list(more)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
