"""Connections: who asks slowly is not waited for, and there is room for one more."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import httpx
import pytest
import uvicorn

from mlcap.web.connections import connections
from mlcap.web.serving import bound_socket, server_config

#: The start of a request that never comes to its end.
HALF = b"GET /health/live HT"
SECONDS = 0.3


@contextmanager
def served(most, seconds, hold=None):
    """A server that answers every request by 200, once `hold` is set; its port."""

    async def app(scope, receive, send):
        while hold is not None and scope["path"] == "/held" and not hold.is_set():  # noqa: ASYNC110 - by a thread
            await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    sock = bound_socket("127.0.0.1", 0)
    server = uvicorn.Server(server_config(app, 1, connections(most, seconds)))
    thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def opened(stack, port, sent=HALF):
    """A connection on which something was sent."""
    one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
    one.sendall(sent)
    return one


def left(one):
    """What a server says on a connection until it closes it."""
    said = b""
    try:
        while part := one.recv(4096):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_a_head_that_does_not_come_ends_the_connection():
    """Half a request line, nothing at all, and half a later head of a kept connection are closed without an answer."""
    with served(50, SECONDS) as port, ExitStack() as stack:
        kept = opened(stack, port, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        first = kept.recv(4096)
        while not first.endswith(b"ok"):  # Head and body may come by themselves.
            first += kept.recv(4096)
        kept.sendall(HALF)
        halves = [opened(stack, port), opened(stack, port, b""), kept]
        began = time.monotonic()
        answers = [left(one) for one in halves]
        assert time.monotonic() - began < 10 * SECONDS
        assert (first[:15], answers) == (b"HTTP/1.1 200 OK", [b"", b"", b""])


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET /v1/tag HTTP/1.1\r\nhost x\r\n\r\n", b"\x16\x03\x01\r\n\r\n"]
)
def test_what_is_no_http_is_refused_as_everything_else_is(sent):
    """By a problem of one line, after which the connection is closed."""
    with served(3, 5) as port, ExitStack() as stack:
        one = opened(stack, port, sent)
        answer = b"".join(iter(lambda: one.recv(4096), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["status"] == 400


def test_a_head_that_drips_ends_too():
    """What comes bit by bit is not waited for longer."""
    with served(50, SECONDS) as port, ExitStack() as stack:
        one = opened(stack, port)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10 * SECONDS:
                one.sendall(b"x")
                time.sleep(SECONDS / 6)
            raise AssertionError("the connection stays open")
        except (BrokenPipeError, ConnectionResetError):
            pass


def test_half_requests_leave_room_for_others():
    """However many connections hold half a request, the next request is answered at once."""
    with served(20, 60) as port, ExitStack() as stack:
        for _ in range(100):
            opened(stack, port)
        assert [httpx.get(f"http://127.0.0.1:{port}/health/live").status_code for _ in range(5)] == [200] * 5


def test_where_all_are_being_answered_the_next_is_told_so():
    """The refusal of one connection too many is a problem that says when to come again."""
    hold = Event()
    with served(3, 60, hold) as port, ExitStack() as stack:
        held = [opened(stack, port, b"GET /held HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n") for _ in range(3)]
        time.sleep(0.1)
        refused = httpx.get(f"http://127.0.0.1:{port}/")
        hold.set()
        assert all(left(one).startswith(b"HTTP/1.1 200") for one in held)
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert (refused.headers["retry-after"], refused.json()["status"]) == ("1", 503)
