"""Where a caption stands in time: before, on, during or after the flight that it speaks of.

The day of the picture is compared with the days of launch and landing, which the
caption states itself or which the table of flights knows. A caption without a day, or
about a mission that is not in the table and without a day of launch or landing, gets no
feature at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mlcap.captions import Caption
from mlcap.captions.codes import Code
from mlcap.captions.codes.flights import Flight, flights_of
from mlcap.captions.zones import sentence_at
from mlcap.lexicon import section_names

#: A word that says what a date is the day of stands no further before it than this.
NEAR = 90

#: (name, first day, last day) relative to the turning point.
DAYS = (
    ("same day", 0, 0),
    ("day before", -1, -1),
    ("day after", 1, 1),
    ("days before", -6, -2),
    ("days after", 2, 6),
    ("weeks before", -24, -7),
    ("weeks after", 7, 60),
    ("months before", -400, -25),
    ("months after", 61, 400),
)

_SPAN_GOES_ON = re.compile(r"\.?\s?-\s?\d{1,2} [A-Z]")
_SPAN = re.compile(r"(?:[A-Z][a-z.]+ )?\d{1,2}\s?-\s?\d{1,2}\b")
_DAY = re.compile(r"(?:(\d{4})|-)-(\d\d)-(\d\d)")


@dataclass(frozen=True)
class Day:
    """A day that a caption names.

    Attributes:
        kind: what it is the day of: `picture`, `launch` or `landing`.
        year: 0 where none is said.
        start: where it stands in the normalised text.
        span: whether it is the first of several days ("4-15 Dec. 1998"), as for pictures of a whole flight.
    """

    kind: str
    year: int
    month: int
    day: int
    start: int
    span: bool = False


def find_days(caption: Caption) -> list[Day]:
    """Find the days that a caption names, in its order."""
    out = []
    for code in caption.codes:
        parts = _DAY.fullmatch(code.canonical) if code.kind == "date" else None
        if not parts:
            continue
        span = bool(_SPAN.match(code.text) or _SPAN_GOES_ON.match(caption.text, code.end))
        kind = _kind_of_day(caption, code)
        out.append(Day(kind, int(parts[1] or 0), int(parts[2]), int(parts[3]), code.start, span))
    return out


def _kind_of_day(caption: Caption, code: Code) -> str:
    """What a date is the day of: where words before it in its sentence tell, of a launch or landing, else of the picture."""
    place = sentence_at(caption.sentences, code.start)
    if place < 0:
        return "picture"
    sentence, sections = caption.sentences[place], section_names("time")
    before = [
        (sections[section], start, end)
        for section, start, end in caption.found["time"]
        if start >= sentence.start and end <= code.start
    ]
    points = [(end, start, name) for name, start, end in before if name != "another-day" and code.start - end <= NEAR]
    another = any(name == "another-day" and start >= code.start - 2 * NEAR for name, start, _ in before)
    if points and (sentence.zone == "background" or another):
        return max(points)[2]
    return "picture"


def _date(day: Day, year: int) -> date | None:
    try:
        return date(day.year or year, day.month, day.day)
    except ValueError:
        return None


def _relation(days: int) -> str:
    return next((name for name, first, last in DAYS if first <= days <= last), "")


def mission_time(caption: Caption) -> list[str]:
    """Name the relations of the picture's day to launch and landing: `launch: day before`.

    Of the flights that the table knows also how many were up on that day, and how many over: `aloft: some, over: none`.

    Returns:
        Without duplicates; [] where the caption does not tell.
    """
    days = find_days(caption)
    flights = _flights(caption)
    own = next((d for d in days if d.kind == "picture" and d.start < caption.lead_end), None)
    own = own or next((d for d in days if d.kind == "picture"), None)
    if own is None:
        return []
    year = own.year or next((d.year for d in days if d.year), 0) or _year_of(own, flights)
    shown = _date(own, year or 2000)
    if shown is None:
        return []
    return [f"{name}{' of a span' if own.span else ''}" for name in _relations(shown, year, days, flights)]


def record_time(caption: Caption) -> list[str]:
    """Name the relations of the day that the record gives: to launch and landing, and to the other days of the text.

    The latter are named by what stands there: `shown: same day` for a day that the lead names.

    Returns:
        Without duplicates; [] where the record gives no day.
    """
    shown = caption.catalogue.day
    if shown is None:
        return []
    days = find_days(caption)
    found = _relations(shown, shown.year, days, _flights(caption))
    for day in days:
        when = _date(day, shown.year) if day.kind == "picture" else None
        zone = "shown" if day.start < caption.lead_end else "told"
        if when and (relation := _relation((shown - when).days)):
            found.append(f"{zone}: {relation}")
    return list(dict.fromkeys(found))


def _flights(caption: Caption) -> list[Flight]:
    names = dict.fromkeys(code.canonical for code in caption.codes if code.kind == "mission")
    return [flight for name in names for flight in flights_of(name)]


def _relations(shown: date, year: int, days: Sequence[Day], flights: Sequence[Flight]) -> list[str]:
    """How a day stands to those of launch and landing, which the text states or, where a year is known, the table of flights."""
    found: dict[str, None] = {}
    for kind in ("launch", "landing"):
        points = [t for d in days if d.kind == kind if (t := _date(d, year or 2000))]
        if year and not points:
            points = [t for f in flights if (t := f.launch if kind == "launch" else f.landing)]
        for point in points:
            if relation := _relation((shown - point).days):
                found[f"{kind}: {relation}"] = None
    if year and flights:
        aloft = [flight.launch < shown < (flight.landing or date.max) for flight in flights]
        over = [flight.landing is not None and flight.landing < shown for flight in flights]
        found[f"aloft: {_amount(aloft)}, over: {_amount(over)}"] = None
    return list(found)


def _amount(holds: Sequence[bool]) -> str:
    """Of how many flights something holds."""
    return "all" if all(holds) else "some" if any(holds) else "none"


def _year_of(day: Day, flights: Sequence[Flight]) -> int:
    """The year of a day without one: the last before the first flight's landing or, without one, its launch."""
    for flight in flights:
        end = flight.landing or flight.launch
        for year in (end.year, end.year - 1):
            when = _date(day, year)
            if when and when <= end:
                return year
    return 0
