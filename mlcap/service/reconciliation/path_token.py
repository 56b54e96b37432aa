"""A token within the address: clients such as OpenRefine send nothing but the address that they were given.

`/reconcile/TOKEN/preview` is `/reconcile/preview` with the token as a bearer's. Nowhere else does an address carry one.
"""

from __future__ import annotations

import re

from starlette.requests import Request

from mlcap.web.asgi import App, Receive, Scope, Send

#: What is no route of the interface's own stands in the place of a token, so that one that is cut off is told as what it is.
_PATH = re.compile(r"(/reconcile)/(?!(?:suggest|propose|preview|view|flyout)(?:/|$))([^/]{1,200})(/.*)?")
#: Where the address with its token is kept for the manifest.
_KEPT = "mlcap.reconciliation"


class PathToken:
    """Takes the token out of an address before the application sees it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found:
            scope["path"] = f"{found[1]}{found[3] or ''}"
            scope["raw_path"] = scope["path"].encode("ascii", errors="replace")
            headers = [(n, v) for n, v in scope["headers"] if bytes(n).lower() != b"authorization"]
            scope["headers"] = [*headers, (b"authorization", b"Bearer " + found[2].encode("utf-8", errors="replace"))]
            scope[_KEPT] = f"{found[1]}/{found[2]}"
        await self._app(scope, receive, send)


def base_of(request: Request) -> tuple[str, bool]:
    """(the address of the interface as this client asks for it, whether its token comes in a header)."""
    path = request.scope.get(_KEPT)
    host = request.headers["host"]
    return f"{request.url.scheme}://{host}{path or '/reconcile'}", path is None
