"""Serving a desk: a socket on loopback unless told otherwise, addresses with one-time tokens, a clean end."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

from mlcap.desk.application import desk_application
from mlcap.errors import DeskError
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk

#: Requests answered at once; more wait.
_AT_ONCE = 200
#: Seconds for the requests at hand to end.
_GRACE = 5


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that its port is known before anything is printed.

    Raises:
        DeskError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, so that answers are sent at once: asyncio asks for that of TCP alone (TCP_NODELAY).
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_AT_ONCE)
    except OSError as error:
        sock.close()
        raise DeskError(
            f"{host}:{port}: cannot be served on ({error.strerror or error}); name another --port"
        ) from error
    return sock


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def allowed_hosts(host: str, port: int, names: Sequence[str]) -> frozenset[str]:
    """The `Host` headers to let in: the address itself, the names of loopback, and names that were given."""
    own = ["127.0.0.1", "localhost", "[::1]"] if is_loopback(host) else [f"[{host}]" if ":" in host else host]
    every = [*own, *names]
    return frozenset([f"{n.lower()}:{port}" for n in every] + [n.lower() for n in every if port in (80, 443)])


def address_of(host: str, port: int) -> str:
    """The address of a desk, for people."""
    shown = "127.0.0.1" if is_loopback(host) else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def serve(
    desk: Desk,
    tagger: Tagger,
    sock: socket.socket,
    host: str,
    names: Sequence[str] = (),
    started: Callable[[], object] = lambda: None,
) -> None:
    """Serve a desk until it is interrupted.

    Args:
        sock: bound.
        host: as it was given.
        names: further names that the desk is asked by.
        started: called once requests are answered.
    """
    app = desk_application(desk, tagger, allowed_hosts(host, sock.getsockname()[1], names))
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE,
        proxy_headers=False,
        ws="none",
    )
    server = _Server(config, started)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Either signal is the wanted end; the requests at hand are answered first.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[sock])
    finally:
        signal.signal(signal.SIGTERM, before)


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets=sockets)
        if self.started:
            self._told()
