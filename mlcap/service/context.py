"""What every route of the service needs: who asks, the tagger's work, and errors that become problems."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mlcap.errors import ArtifactError, DecisionError, DeskError, InputError, MlcapError, OutputError, RegistryError
from mlcap.model.tagging import BATCH
from mlcap.records.types import Record
from mlcap.records.writing import json_line
from mlcap.review.desk import Desk
from mlcap.review.programs import Program, program_of
from mlcap.service.current import CurrentTagger
from mlcap.service.limits import LARGE_AT_ONCE, SECONDS
from mlcap.service.work import Work

#: The header that names the model version.
MODEL = "mlcap-model"
_WAYS = {"www-authenticate": 'Bearer realm="mlcap", Basic realm="mlcap"'}


def status_of_error(error: MlcapError) -> int:
    """The HTTP status of an error of the library's: the one place that gives it."""
    if isinstance(error, InputError | DecisionError):
        return 422
    if isinstance(error, OutputError | RegistryError | ArtifactError):
        return 503
    return 404 if isinstance(error, DeskError) else 500


def token_of(request: Request) -> str:
    """The token that a request names: as a bearer's, or as the password of whomever (Basic), which any client can send."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return ""
        return pair.partition(":")[2]
    return ""


def _missing(request: Request, token: str) -> str:
    """What to say where no token that holds was sent."""
    if token:
        return "this token is not known here: it is misspelt, was revoked, or is of another desk; `mlcap tokens list` names those there are"
    if request.headers.get("authorization"):
        return 'no token can be read here; send "authorization: Bearer TOKEN", or the token as the password of any name (Basic)'
    return "a token is needed; `mlcap tokens add` gives one, to be sent as a bearer's"


def answer(data: Any, model: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Data as JSON, with the version that is behind it."""
    body = json_line(data).encode("utf-8")
    return Response(body, status, {MODEL: model, **(headers or {})}, "application/json")


class Service:
    """The desk that the service takes feedback for, the tagger, and its work.

    Args:
        seconds: within which a request is answered.
    """

    def __init__(self, desk: Desk, current: CurrentTagger, work: Work, seconds: float = SECONDS) -> None:
        self.desk, self.current, self.work, self.seconds = desk, current, work, seconds
        # Were all large requests tagged in turns, all would be late together.
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        #: Why the latest feedback could not be recorded, "" where it was.
        self.feedback_fault = ""

    @contextmanager
    def noting_feedback(self) -> Iterator[None]:
        """A block that records feedback: whether the disk took it is told to those who watch over the service."""
        try:
            yield
        except (OutputError, DeskError):
            # Without a token nobody is told where.
            self.feedback_fault = "the latest feedback could not be recorded; the log and its answer say why"
            raise
        self.feedback_fault = ""

    def allow(self, scope: str) -> Callable[[Request], Program]:
        """A dependency of routes: the program that asks, where its token is for this; "" for anything.

        Raises:
            HTTPException: 401 without a token that holds, 403 where it is for something else.
        """

        def allowed(request: Request) -> Program:
            token = token_of(request)
            program = program_of(self.desk.store, token)
            if program is None:
                raise HTTPException(401, _missing(request, token), _WAYS)
            if scope and scope not in program.scopes:
                raise HTTPException(
                    403, f"this token is not for {scope}; it is for {', '.join(sorted(program.scopes))}"
                )
            request.state.caller = program.name
            return program

        return allowed

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """A block that is given up after a while.

        Raises:
            HTTPException: the time is up.
        """
        try:
            async with asyncio.timeout(self.seconds):
                yield
        except TimeoutError as error:
            raise HTTPException(
                503, f"not answered within {self.seconds:g} s; try again, with fewer captions"
            ) from error

    async def tagged(self, request: Request, records: Sequence[Record]) -> list[dict[str, Any]]:
        """The output records of any number of records, in order; other requests are answered in between.

        Raises:
            HTTPException: the time is up.
        """
        note_captions(request, records)
        out: list[dict[str, Any]] = []
        async with self.in_time(), self._large if len(records) > BATCH else nullcontext():
            for start in range(0, len(records), BATCH):
                out += await self.work.tag(records[start : start + BATCH])
        return out


def note_captions(request: Request, records: Sequence[Record]) -> None:
    """Note for the log what a request is about."""
    request.state.records = records


def check_read(records: Sequence[Record]) -> None:
    """Make sure that a caption is there.

    Raises:
        HTTPException: it is not; says why.
    """
    for record in records:
        if record.text is None:
            raise HTTPException(422, record.error)


def one_model(records: Sequence[Mapping[str, Any]], otherwise: str) -> str:
    """The version that tagged the records; of several the last."""
    return next((str(r["model"]) for r in reversed(records) if "error" not in r), otherwise)
