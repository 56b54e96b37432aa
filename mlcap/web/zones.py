"""Who asks for which paths: people in a browser, programs, or pages of other sites that may only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Asked(StrEnum):
    """Who asks.

    Attributes:
        BY_PEOPLE: a person's browser, on our own pages; it sends a cookie by itself, so changes are taken from those
            pages alone.
        BY_PROGRAMS: a program, which names its token each time; no page of another site asks.
        FROM_ANYWHERE: a program or a page of any site, for reading alone (CORS); a token is named each time.
    """

    BY_PEOPLE = "by people"
    BY_PROGRAMS = "by programs"
    FROM_ANYWHERE = "from anywhere"


@dataclass(frozen=True)
class Zone:
    """The paths that begin alike, and who asks for them.

    Attributes:
        path: how they begin, "" for all.
        asked: who asks.
        body: bytes of a request's body, None for what the limits say.
        watch: whether it is for those who watch over the application: counted by itself, and answered however busy it is.
    """

    path: str
    asked: Asked
    body: int | None = None
    watch: bool = False

    def holds(self, path: str) -> bool:
        """Whether a path is one of them."""
        return not self.path or path == self.path or path.startswith(f"{self.path}/")

    @property
    def methods(self) -> frozenset[str]:
        """The methods that are let in; OPTIONS is the question of a browser whether its page may ask."""
        return _METHODS | {"OPTIONS"} if self.asked is Asked.FROM_ANYWHERE else _METHODS

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers of every answer."""
        return _COMMON + (_ANYWHERE if self.asked is Asked.FROM_ANYWHERE else _OURS)

    def fault(self, method: str, own: str, headers: Mapping[bytes, list[str]]) -> tuple[int, str] | None:
        """(status, why) of a request that is not let in from where it comes.

        Args:
            own: the origin of our own pages.
        """
        if self.asked is Asked.FROM_ANYWHERE or (self.asked is Asked.BY_PEOPLE and method in SAFE):
            return None
        site, origin = headers.get(b"sec-fetch-site", []), headers.get(b"origin", [])
        foreign = bool(origin) and origin != [own]
        if self.asked is Asked.BY_PROGRAMS:
            if foreign or (site and site not in (["same-origin"], ["none"])):
                return 403, "pages of other sites are not answered"
            return None
        if foreign or (site and site != ["same-origin"]) or not (site or origin):
            return 403, "changes are taken from the desk's own pages alone"
        return None


SAFE = frozenset(("GET", "HEAD"))
_METHODS = frozenset(("GET", "HEAD", "POST"))
#: What a page may load: its own style, script and photographs. No script within a page.
_POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'"
_COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
#: No frame of another site around it.
_OURS = (
    (b"content-security-policy", f"{_POLICY}; frame-ancestors 'none'".encode("ascii")),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
#: Pages of any site may read it and show it in a frame; it loads nothing, and names its address to nobody.
_ANYWHERE = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
)
#: What the answer to a browser's question adds.
ASKED_BEFORE = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
)
#: Where nothing else is said, people ask.
PEOPLE = Zone("", Asked.BY_PEOPLE)
