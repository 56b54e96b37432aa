"""Asking the image library's search API, politely and without trust in what comes back.

The API as its documentation has it: `/search` answers `collection.items[].data[]` with `metadata.total_hits` and a
link `next`; a page beyond the hundredth is refused with 400 and a `reason`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mlcap import __version__
from mlcap.errors import InputError, PullError, install_extra
from mlcap.pull.answer import (
    ENCODINGS,
    LARGEST_ANSWER,
    Answer,
    BrokenAnswerError,
    HugeAnswerError,
    bounded,
    page_in,
    reason_in,
    unpacked,
)

if TYPE_CHECKING:
    pass

API = "https://images-api.nasa.gov"
#: Seconds that one answer may take from its first byte to its last, however slowly it comes.
SLOWEST_ANSWER = 90.0
#: A request is tried so often, with pauses that double; less often where nobody ever answered.
_TRIES, _TRIES_OFFLINE = 8, 3
_LONGEST_PAUSE = 300.0
#: The API refuses for a while those who ask too fast, some with 403.
_COME_BACK = (403, 408, 425, 429)


class _NobodyThereError(BrokenAnswerError):
    """No connection to the API was made."""


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
            raise InputError(f"mlcap pull needs the package httpx; {install_extra('pull')}") from error
        self._httpx = httpx
        self._api = api.rstrip("/")
        self._delay = delay
        self._say = say
        self._sleep = sleep
        self._asked = False
        self._answered = False
        self._socket: socket.socket | None = None
        headers = {
            "User-Agent": f"mlcap/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": ", ".join(ENCODINGS),
        }
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
        attempt = 0
        while True:
            if self._asked:
                self._sleep(self._delay)
            self._asked = True
            attempt += 1
            try:
                answer = self._ask(params)
            except BrokenAnswerError as error:
                why = str(error)
                offline = isinstance(error, _NobodyThereError) and not self._answered
                if attempt >= (_TRIES_OFFLINE if offline else _TRIES):
                    break
                wait = min(pause if error.wait is None else error.wait, _LONGEST_PAUSE)
                self._say(f"{self._api}: {why}; trying again in {wait:.0f} s")
                self._sleep(wait)
                pause *= 2
            else:
                self._answered = True
                return answer
        if offline:
            raise PullError(f"{self._api}: {why}; is this machine offline, or is the address (--api) another?")
        raise PullError(f"{self._api}: {why}, {attempt} times; what was fetched is kept, go on later with --resume")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """End the connection when an answer takes too long: a server may send it byte by byte, its head as well."""
        late = threading.Event()

        def end() -> None:
            late.set()
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(SLOWEST_ANSWER, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except self._httpx.HTTPError as error:
            if late.is_set():
                raise BrokenAnswerError(f"an answer takes longer than {SLOWEST_ANSWER:.0f} s") from error
            raise
        finally:
            timer.cancel()

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the connection that is made; called by httpx's documented extension `trace`."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def _ask(self, params: Mapping[str, str]) -> Answer:
        httpx = self._httpx
        url, extensions = f"{self._api}/search", {"trace": self._note_socket}
        try:
            with (
                self._in_time(),
                self._client.stream("GET", url, params=dict(params), extensions=extensions) as response,
            ):
                encoding = response.headers.get("content-encoding", "")
                # Pieces as they come: waiting for a full one would hide how slow they are.
                data = bounded(unpacked(response.iter_raw(), encoding))
        except HugeAnswerError as error:
            raise RefusedError(f"{self._api}: an answer is larger than {LARGEST_ANSWER >> 20} MiB", 0) from error
        except httpx.UnsupportedProtocol as error:
            raise RefusedError(f"{self._api}: is no address of an API", 0) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NobodyThereError(f"cannot be reached ({' '.join(str(error).split())[:100]})") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise BrokenAnswerError(f"no answer ({type(error).__name__})") from error
        if response.status_code in _COME_BACK or response.status_code >= 500:
            raise BrokenAnswerError(
                f"it answers {response.status_code}", _retry_after(response.headers.get("retry-after"))
            )
        if response.status_code != 200:
            reason = reason_in(data)
            raise RefusedError(f"{self._api}: it answers {response.status_code}{reason}", response.status_code)
        return page_in(data)


def _retry_after(value: str | None) -> float | None:
    return float(value) if value and value.isdecimal() and len(value) < 6 else None
