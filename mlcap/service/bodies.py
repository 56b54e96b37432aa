"""What requests carry: JSON, JSON Lines and forms, read by the library's own readers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request

from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.jsonl import read_json_lines
from mlcap.records.lines import read_lines
from mlcap.records.parse import TooLargeError, parse_json
from mlcap.records.types import ANY_FIELD, Record
from mlcap.records.values import records_of_document
from mlcap.service.limits import MOST_CAPTIONS, MOST_LINES
from mlcap.web.forms import FORM, form_pairs

JSON = "application/json"
#: What one object a line is called.
LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines")
#: How positions of records begin.
_NAME = "request"
_WANTED = 'send {"id": ..., "text": ...}, or a list of these'
#: A body of more bytes is read beside the loop that answers everybody.
_SMALL = 64 << 10
_MOST_FIELDS = 100


def content_type(request: Request) -> str:
    """The media type of the body, without parameters; "" where none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_plain(request: Request) -> None:
    """Make sure that the body is not compressed: how large it becomes would be known too late.

    Raises:
        HTTPException: it is.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ""):
        raise HTTPException(415, f"the body is compressed (content-encoding: {coding[:40]}); send it as it is")


def check_type(request: Request, *wanted: str) -> None:
    """Make sure of the media type.

    Raises:
        HTTPException: it is another one, or the body is compressed.
    """
    check_plain(request)
    if content_type(request) not in wanted:
        raise HTTPException(
            415, f"the content type is {content_type(request) or 'missing'}; send {' or '.join(wanted)}"
        )


def parsed(text: str | bytes, what: str = "the request") -> Any:
    """JSON of a request.

    Raises:
        HTTPException: it is none, or beyond the bounds.
    """
    try:
        return parse_json(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except TooLargeError as error:
        raise HTTPException(413, f"{what} {error}") from error
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"{what} is no UTF-8 text") from error
    except ValueError as error:
        raise HTTPException(400, f"{what} is no JSON ({error})") from error


async def json_of(request: Request) -> Any:
    """The JSON that a request carries.

    Raises:
        HTTPException: it carries none, or something else.
    """
    check_type(request, JSON)
    body = await request.body()
    return parsed(body) if len(body) <= _SMALL else await run_in_threadpool(parsed, body)


async def object_of(request: Request) -> dict[str, Any]:
    """The object that a request carries.

    Raises:
        HTTPException: it carries none.
    """
    data = await json_of(request)
    if not isinstance(data, dict):
        raise HTTPException(400, f"the request is no object; {_WANTED.partition(',')[0]}")
    return data


def _finder() -> Finder:
    return Finder(ANY_FIELD, _NAME, lambda _: None)


def record_of_object(data: Mapping[str, Any]) -> Record:
    """The record that an object is, readable or not."""
    return _finder().record(data, _NAME)


async def records_of(request: Request) -> tuple[list[Record], bool]:
    """The records that a request carries as JSON: (these, whether it is one by itself); unreadable ones have their errors.

    Raises:
        HTTPException: it carries no JSON, no records, or too many.
    """
    data = await json_of(request)
    if not isinstance(data, dict | list):
        raise HTTPException(400, f"the request is no object and no list; {_WANTED}")
    records = list(records_of_document(data, _NAME, _finder()))
    if len(records) > MOST_CAPTIONS:
        raise HTTPException(
            413,
            f"the request has {len(records)} captions, and may have {MOST_CAPTIONS}; send it in parts, or one a line as {LINES[0]}",
        )
    return records, isinstance(data, dict) and len(records) == 1 and "collection" not in data


async def lines_of(request: Request) -> list[Record]:
    """The records that a request carries, one a line; lines that cannot be read are records with their errors.

    Raises:
        HTTPException: there are too many, it holds no text, or is compressed.
    """
    check_plain(request)
    body = await request.body()
    if body.count(b"\n") > MOST_LINES:
        raise HTTPException(413, f"the request has more than {MOST_LINES} lines; send it in parts")
    try:
        records = await run_in_threadpool(_records_of_lines, body)
    except InputError as error:
        raise HTTPException(400, str(error)) from error
    if len(records) > MOST_LINES:
        raise HTTPException(
            413, f"the request has {len(records)} captions, and may have {MOST_LINES}; send it in parts"
        )
    return records


def _records_of_lines(body: bytes) -> list[Record]:
    lines = read_lines(io.BytesIO(body), _NAME, lambda _: None)
    return list(read_json_lines(lines, _NAME, _finder()))


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; of several with one name the last.

    Raises:
        HTTPException: it is no form.
    """
    check_type(request, FORM)
    body = await request.body()
    try:
        return dict(form_pairs(body, _MOST_FIELDS))
    except ValueError as error:
        raise HTTPException(400, "the form cannot be read; send its fields encoded as UTF-8") from error
