"""All records of a search, year by year, since the API shows no more than 10,000 of one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlcap.errors import InputError
from mlcap.pull.client import Library, RefusedError

#: The API's own bounds.
PAGE_SIZE, MOST_PAGES = 100, 100


@dataclass(frozen=True)
class Progress:
    """How far a search has come: the index of its part (a year), and the last page fetched of it."""

    part: int = 0
    page: int = 0


@dataclass(frozen=True)
class Page:
    """The records of one page, and where the search stands after it."""

    records: tuple[dict[str, Any], ...]
    after: Progress


def parse_years(text: str) -> tuple[int, int]:
    """Read `2009-2014` or `2009`.

    Raises:
        InputError: it is neither.
    """
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and len(first) == len(last) == 4 and first <= last):
        raise InputError(f"{text!r} names no years; write 2009-2014 or 2009")
    return int(first), int(last)


def parts_of(question: Mapping[str, str], years: tuple[int, int] | None) -> list[dict[str, str]]:
    """The questions to ask: one a year, or one."""
    if years is None:
        return [dict(question)]
    return [{**question, "year_start": str(y), "year_end": str(y)} for y in range(years[0], years[1] + 1)]


def search(
    library: Library, parts: list[dict[str, str]], start: Progress, warn: Callable[[str], object]
) -> Iterator[Page]:
    """Fetch page after page.

    The link to the next page is not followed, only counted as a sign that there is one: pages are asked for by number,
    an empty page or one that repeats the page before ends a part, and so does the hundredth.

    Args:
        start: where a stopped search ended.
        warn: is told where the library has more than it shows, or contradicts itself.

    Raises:
        PullError: the API refuses, or gives no sound answer in many tries.
    """
    for index in range(start.part, len(parts)):
        page = start.page if index == start.part else 0
        yield from _part(library, parts[index], index, page, warn)


def _part(
    library: Library, question: dict[str, str], index: int, page: int, warn: Callable[[str], object]
) -> Iterator[Page]:
    name = question.get("year_start", "the search")
    fetched = page * PAGE_SIZE
    before: list[str] = []
    while True:
        page += 1
        try:
            answer = library.search({**question, "page": str(page), "page_size": str(PAGE_SIZE)})
        except RefusedError as error:
            if page == 1 or error.status != 400:
                raise
            warn(f"{name}: the library refuses page {page}; {error}")
            break
        ids = [str(r["nasa_id"]) for r in answer.records]
        fetched += len(ids)
        if ids and ids == before:
            warn(f"{name}: page {page} repeats the page before; the search ends there")
            break
        before = ids
        more = bool(ids) and (answer.more or (answer.total or 0) > page * PAGE_SIZE)
        if more and page >= MOST_PAGES:
            warn(
                f"{name}: the library has {answer.total or 'more'} and shows {MOST_PAGES * PAGE_SIZE}; narrow it with --years, --center or more words"
            )
            more = False
        elif not more and answer.total is not None and answer.total > fetched:
            warn(f"{name}: the library says {answer.total} records and gave {fetched}")
        if not more:
            yield Page(answer.records, Progress(index + 1, 0))
            return
        yield Page(answer.records, Progress(index, page))
    yield Page((), Progress(index + 1, 0))
