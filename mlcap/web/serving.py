"""Serving a web application: a socket on loopback unless told otherwise, the names that it is asked by, a clean end."""

from __future__ import annotations

import errno
import ipaddress
import re
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from mlcap.errors import InputError
from mlcap.web.asgi import App
from mlcap.web.connections import connections

#: Connections that wait to be taken.
_WAITING = 400
#: A name of a machine, or an address in brackets, with a port or without.
_NAME = re.compile(r"([\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")
#: Seconds for the requests at hand to end.
_GRACE = 5
#: Scheme -> the port that an address with it does not name.
_PORTS = {"http": 80, "https": 443}


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that its port is known before anything is printed.

    Raises:
        InputError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, so that answers are sent at once: asyncio asks for that of TCP alone (TCP_NODELAY).
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_WAITING)
    except OSError as error:
        sock.close()
        option = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
        raise InputError(
            f"{host}:{port}: cannot be served on ({error.strerror or error}); name another {option}"
        ) from error
    return sock


def checked_place(host: str, names: Sequence[str], public: str) -> None:
    """Make sure that the place to serve at is one, before anything is begun there.

    Args:
        names, public: see `allowed_hosts`; the public address as it was given.

    Raises:
        InputError: nothing can be served there, or a name or the public address is none.
    """
    if not host.strip():
        raise InputError("'' is no address to serve on; give --host one, as 127.0.0.1")
    bound_socket(host, 0).close()
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError(f"{name[:80]!r} is no name; give --allow one without scheme and path, as tags.example.org")
    if public:
        public_address(public)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def public_address(text: str) -> str:
    """The address by which a proxy is asked that stands before the application: scheme, name and port alone.

    Raises:
        InputError: it is no such address.
    """
    try:
        parts = urlsplit(text.strip())
        name, port = parts.hostname, parts.port
    except ValueError:
        parts, name, port = urlsplit(""), None, None
    if parts.scheme not in _PORTS or not name or parts.username or parts.path.strip("/") or parts.query:
        raise InputError(
            f"{text[:80]!r} is no public address; give scheme and name with --public, a port where it is not the usual one, and no"
            " path, as https://tags.example.org"
        )
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")


def allowed_hosts(host: str, port: int, names: Sequence[str], public: str = "") -> dict[str, str]:
    """The `Host` headers to let in, each with the origin of our own pages under it (`http://127.0.0.1:8017`).

    Args:
        names: further names, without the port, with it, or with one of their own.
        public: the address of a proxy that stands before the application, as `public_address` gives it. Browsers are
            on its pages, so its scheme is theirs, whatever the proxy speaks with the application; "" for none.
    """
    own = ["127.0.0.1", "localhost", "[::1]"] if is_loopback(host) else [f"[{host}]" if ":" in host else host]
    bare = [*names, *(own if port in (80, 443) else [])]
    hosts = [f"{n.lower()}:{port}" for n in (*own, *names)] + [n.lower() for n in bare]
    found = {name: f"http://{name}" for name in hosts}
    if public:
        scheme, _, name = public.partition("://")
        found[name] = public
        if not name.rpartition(":")[2].isdecimal():
            found[f"{name}:{_PORTS[scheme]}"] = public
    return found


def address_of(host: str, port: int) -> str:
    """The address of an application, for people."""
    shown = "127.0.0.1" if is_loopback(host) else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def serve(app: App, sock: socket.socket, started: Callable[[], object] = lambda: None, grace: int = _GRACE) -> None:
    """Serve an application until it is interrupted.

    Args:
        sock: bound.
        started: called once requests are answered.
        grace: seconds for the requests at hand to end.
    """
    server = _Server(server_config(app, grace, connections()), started)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Either signal is the wanted end; the requests at hand are answered first.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[sock])
    finally:
        signal.signal(signal.SIGTERM, before)


def server_config(app: App, grace: int, connection: Any) -> uvicorn.Config:
    """How a server is set up.

    Args:
        grace: see `serve`.
        connection: makes connections, as `mlcap.web.connections.connections` gives it.
    """
    return uvicorn.Config(
        app,
        http=connection,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=grace,
        proxy_headers=False,
        ws="none",
    )


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
