"""A line of JSON for each request, where that is asked for. No caption stands in it unless that is asked for as well."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mlcap.records.writing import json_line
from mlcap.review.store import now
from mlcap.rounding import rounded
from mlcap.web.asgi import App, Message, Receive, Scope, Send


class Observed:
    """Names the model version in answers that do not, and tells of each request when it is answered.

    Args:
        version: the model version.
        write: takes a line; None to tell nothing.
        captions: whether captions are told as well.
    """

    def __init__(
        self, app: App, version: Callable[[], str], write: Callable[[str], object] | None, captions: bool = False
    ) -> None:
        self._app, self._version, self._write, self._captions = app, version, write, captions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, told = time.perf_counter(), 0, self._write is None
        state = scope.setdefault("state", {})

        def tell() -> None:
            nonlocal told
            if self._write is not None and not told:
                told = True
                self._write(json_line(self._line(scope, state, status, time.perf_counter() - started)))

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", [])
                if not any(bytes(name).lower() == b"mlcap-model" for name, _ in headers):
                    message = {**message, "headers": [*headers, (b"mlcap-model", self._version().encode("latin-1"))]}
            elif not message.get("more_body"):
                tell()
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            tell()  # Also of what was broken off.

    def _line(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> dict[str, Any]:
        records = state.get("records", ())
        # The path as it is written in the code: what stands in its place may be a token.
        route = getattr(scope.get("route"), "path", "")
        line = {
            "at": now(),
            "caller": state.get("caller", ""),
            "method": scope["method"],
            "route": route,
            "status": status,
            "captions": len(records),
            "seconds": rounded(seconds),
            "model": self._version(),
        }
        return line | ({"texts": [record.text for record in records]} if self._captions else {})
