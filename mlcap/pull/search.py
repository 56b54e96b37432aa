"""All records of a search, year by year, since the API shows no more than 10,000 of one question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlcap.errors import InputError
from mlcap.pull.answer import Answer
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


class _Tally:
    """What a part of a search gave: how many ids, and how often one came a second time since pages had shifted."""

    def __init__(self, have: Iterable[str]) -> None:
        self._ids = set(have)
        self.doubles = self.odd = 0
        self._before: list[str] = []

    def take(self, answer: Answer) -> bool:
        """Count a page; True where it repeats the page before."""
        ids = [str(r["nasa_id"]) for r in answer.records]
        self.odd += answer.odd
        if ids and ids == self._before:
            return True
        self._before = ids
        distinct = len(self._ids)
        self._ids.update(ids)
        self.doubles += len(ids) - (len(self._ids) - distinct)
        return False

    @property
    def found(self) -> int:
        """How many items the part gave, each once."""
        return len(self._ids) + self.odd


def search(
    library: Library,
    parts: list[dict[str, str]],
    start: Progress,
    warn: Callable[[str], object],
    have: Iterable[str] = (),
) -> Iterator[Page]:
    """Fetch page after page.

    The link to the next page is not followed, only counted as a sign that there is one: pages are asked for by number,
    an empty page or one that repeats the page before ends a part, and so does the hundredth. Where pages shift while
    they are fetched, some records come twice and others not at all; then the part is asked for once more.

    Args:
        start: where a stopped search ended.
        warn: is told where records are missing: the library has more than it shows, or contradicts itself.
        have: the ids that the part at the start gave already.

    Raises:
        PullError: the API refuses, or gives no sound answer in many tries.
    """
    for index in range(start.part, len(parts)):
        at_start = index == start.part
        yield from _part(
            library, parts[index], start if at_start else Progress(index), _Tally(have if at_start else ()), warn
        )


def _part(
    library: Library, question: dict[str, str], start: Progress, tally: _Tally, warn: Callable[[str], object]
) -> Iterator[Page]:
    name = question.get("year_start", "the search")
    page, again = start.page, False
    total: int | None = None
    vague, missing = False, ""
    while True:
        page += 1
        try:
            answer = library.search({**question, "page": str(page), "page_size": str(PAGE_SIZE)})
        except RefusedError as error:
            if page == 1 or error.status != 400:
                raise
            missing = f"{name}: the library refuses page {page}; {error}"
            break
        total = answer.total if answer.total is not None else total
        vague |= answer.vague
        if tally.take(answer):
            missing = f"{name}: page {page} repeats the page before; the search ends there"
            break
        yield Page(answer.records, Progress(start.part, page))
        full = bool(answer.records) or bool(answer.odd)
        more = full and (answer.more or (answer.total or 0) > page * PAGE_SIZE)
        if more and page < MOST_PAGES:
            continue
        if more:
            missing = f"{name}: the library has {total or 'more'} and shows {MOST_PAGES * PAGE_SIZE}; narrow it with --years, --center or more words"
        if again or more or not tally.doubles or (total or 0) <= tally.found:
            break
        page, again = 0, True
    if missing:
        warn(missing)
    elif total is not None and total > tally.found:
        shifted = ", as its pages shifted while they were fetched" if tally.doubles else ""
        warn(f"{name}: the library says {total} records and gave {tally.found}{shifted}; ask again later")
    elif vague and total is None:
        warn(f"{name}: what the library says of how many records it has is no count; it gave {tally.found}")
    if tally.odd:
        warn(f"{name}: {tally.odd} items of the library have no id or cannot be written, and are left out")
    yield Page((), Progress(start.part + 1, 0))
