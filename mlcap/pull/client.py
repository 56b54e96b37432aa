"""Asking the image library's search API, politely and without trust in what comes back.

The API as its documentation has it: `/search` answers `collection.items[].data[]` with `metadata.total_hits` and a
link `next`; a page beyond the hundredth is refused with 400 and a `reason`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mlcap import __version__
from mlcap.errors import InputError, PullError

if TYPE_CHECKING:
    import httpx

API = "https://images-api.nasa.gov"
#: An answer of more bytes than this is not read; a hundred records take about half a MiB.
LARGEST_ANSWER = 32 << 20
#: Seconds that one answer may take, however slowly it comes.
SLOWEST_ANSWER = 90.0
#: A request is tried so often, with pauses that double.
_TRIES = 8
_LONGEST_PAUSE = 300.0
#: The API refuses for a while those who ask too fast, some with 403.
_COME_BACK = (403, 408, 425, 429)


@dataclass(frozen=True)
class Answer:
    """One page: its records, how many there are in all (None where that is not said), whether it names a next page."""

    records: tuple[dict[str, Any], ...]
    total: int | None
    more: bool


class _BrokenAnswerError(Exception):
    """An answer that is worth asking for again; says why, and how long to wait where the server does."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class RefusedError(PullError):
    """The API refuses a request for good.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Library:
    """A connection to the image library.

    Args:
        api: its address.
        delay: seconds between requests; the first pause after a failure is twice that.
        say: takes one line about a pause.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        api: str = API,
        delay: float = 1.0,
        say: Callable[[str], object] = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise InputError("mlcap pull needs the package httpx; install mlcap[pull]") from error
        self._httpx = httpx
        self._api = api.rstrip("/")
        self._delay = delay
        self._say = say
        self._sleep = sleep
        self._asked = False
        headers = {"User-Agent": f"mlcap/{__version__}", "Accept": "application/json"}
        try:
            httpx.URL(self._api)
            self._client = httpx.Client(headers=headers, timeout=30.0, follow_redirects=False)
        except (httpx.InvalidURL, ValueError) as error:
            raise InputError(f"{api}: is no address of an API") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def search(self, params: Mapping[str, str]) -> Answer:
        """Ask for one page.

        Raises:
            RefusedError: the API refuses the request for good; the message holds its reason.
            PullError: it gave no sound answer in many tries.
        """
        pause = 2 * self._delay
        why = ""
        for attempt in range(_TRIES):
            if self._asked:
                self._sleep(self._delay)
            self._asked = True
            try:
                return self._ask(params)
            except _BrokenAnswerError as error:
                why = str(error)
                wait = min(pause if error.wait is None else error.wait, _LONGEST_PAUSE)
                if attempt + 1 < _TRIES:
                    self._say(f"{self._api}: {why}; trying again in {wait:.0f} s")
                    self._sleep(wait)
                pause *= 2
        raise PullError(f"{self._api}: {why}, {_TRIES} times; what was fetched is kept, go on later with --resume")

    def _ask(self, params: Mapping[str, str]) -> Answer:
        httpx = self._httpx
        try:
            with self._client.stream("GET", f"{self._api}/search", params=dict(params)) as response:
                data = self._read(response)
        except httpx.UnsupportedProtocol as error:
            raise RefusedError(f"{self._api}: is no address of an API", 0) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _BrokenAnswerError(f"no answer ({type(error).__name__})") from error
        if response.status_code in _COME_BACK or response.status_code >= 500:
            raise _BrokenAnswerError(
                f"it answers {response.status_code}", _retry_after(response.headers.get("retry-after"))
            )
        if response.status_code != 200:
            reason = _reason(data)
            raise RefusedError(f"{self._api}: it answers {response.status_code}{reason}", response.status_code)
        return _answer(data)

    def _read(self, response: httpx.Response) -> bytes:
        deadline = time.monotonic() + SLOWEST_ANSWER
        data = bytearray()
        # Pieces as they come: waiting for a full one would hide how slow they are.
        for piece in response.iter_bytes():
            data += piece
            if len(data) > LARGEST_ANSWER:
                raise RefusedError(f"{self._api}: an answer is larger than {LARGEST_ANSWER >> 20} MiB", 0)
            if time.monotonic() > deadline:
                raise _BrokenAnswerError(f"an answer takes longer than {SLOWEST_ANSWER:.0f} s")
        return bytes(data)


def _retry_after(value: str | None) -> float | None:
    return float(value) if value and value.isdecimal() and len(value) < 6 else None


def _reason(data: bytes) -> str:
    try:
        reason = json.loads(data)["reason"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f" ({' '.join(str(reason).split())[:200]})"


def _answer(data: bytes) -> Answer:
    """Read a page; what has no id is dropped.

    Raises:
        _BrokenAnswerError: it is no page.
    """
    try:
        collection = json.loads(data)["collection"]
        items = collection["items"]
        if not isinstance(items, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _BrokenAnswerError("its answer is no page of the library") from error
    records = []
    for item in items:
        parts = item.get("data") if isinstance(item, dict) else None
        records += [
            p for p in (parts if isinstance(parts, list) else []) if isinstance(p, dict) and _is_id(p.get("nasa_id"))
        ]
    metadata = collection.get("metadata")
    total = metadata.get("total_hits") if isinstance(metadata, dict) else None
    links = collection.get("links")
    more = isinstance(links, list) and any(isinstance(k, dict) and k.get("rel") == "next" for k in links)
    return Answer(tuple(records), total if isinstance(total, int) and total >= 0 else None, more)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
