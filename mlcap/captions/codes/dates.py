"""Dates and clock times in the forms that captions use, US order for figures only."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from functools import cache

from mlcap.captions.codes.types import Code
from mlcap.lexicon import lexicon

_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DAY_ALONE = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d{2})"
_TO_DAY = r"(?:\s?-\s?\d{1,2})?"

#: (name of the form, pattern for its beginning at a word); the longer forms stand first, and a later form may not
#: overlap an earlier one. `MONTH` stands for the name of a month.
DATE_FORMS: tuple[tuple[str, str], ...] = (
    ("day month year", rf"{_DAY}{_TO_DAY}\s+MONTH,?\s+{_YEAR}\b"),
    ("day-month-year", rf"{_DAY}-MONTH-{_YEAR}\b"),
    ("month day year", rf"MONTH\s+{_DAY}{_TO_DAY}\s?,?\s+{_YEAR}\b"),
    ("figures", r"(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>(?:19|20)\d{2}|\d{2})\b"),
    ("iso", r"(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?:\b|(?=T\d{2}:))"),
    ("exif", r"(?P<year>(?:19|20)\d{2}):(?P<month>\d{2}):(?P<day>\d{2})\b"),
    ("month year", rf"MONTH,?\s+{_YEAR}\b"),
    ("month day", rf"MONTH\s+{_DAY}\b"),
    ("day month", rf"{_DAY}\s+MONTH"),
    ("year", r"(?<=\()(?P<year>(?:19|20)\d{2})(?=\))"),
)


@cache
def _months() -> dict[str, int]:
    return lexicon().numbered("months")


@cache
def _forms() -> tuple[tuple[bool, re.Pattern[str]], ...]:
    """Each form: whether it begins with a figure, and its pattern."""
    written = [spell(name) for name in _months() for spell in (str.capitalize, str.upper)]
    names = sorted(written, key=len, reverse=True)
    month = rf"(?P<month>(?:{'|'.join(names)})\b\.?)"
    return tuple((not p.startswith("MONTH"), re.compile(p.replace("MONTH", month))) for _, p in DATE_FORMS)


@cache
def _time() -> re.Pattern[str]:
    places = "|".join(lexicon().words["time places"])
    zones = "|".join(lexicon().words["time zones"])
    zone = rf"(?P<zone>{zones}|(?:{places})\b(?:\s+(?:Standard|Daylight))?\s?(?:[Tt]ime)?)"
    return re.compile(rf"\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?\s?(?:[ap]\.?\s?m\.?)?(?:,?\s?\(?{zone}\)?)?")


def _parts(match: re.Match[str]) -> tuple[int, int, int] | None:
    """Give (year, month, day) with 0 for what is not said, or None for what is no date."""
    groups = match.groupdict()
    name = groups.get("month") or ""
    month = int(name or 0) if name.isdigit() or not name else _months().get(name.rstrip(".").lower(), 0)
    day = int(groups.get("day") or 0)
    year = int(groups.get("year") or 0)
    if 0 < year < 100:
        year += 1900 if year >= 50 else 2000
    said_and_zero = ("month" in groups and not month) or ("day" in groups and not day)
    # 29 February stands where no year is said, as in a leap year.
    if said_and_zero or month > 12 or (month and day > monthrange(year or 2000, month)[1]):
        return None
    return year, month, day


def find_dates(text: str, add: Callable[[Code], None]) -> None:
    """Report dates (`1998-12-04`, `1998-12`, `--12-04` where no year is said) and clock times.

    Args:
        text: the text.
        add: called with each code.
    """
    found: list[tuple[int, int, int, re.Match[str]]] = []
    clock = 0
    for word in _beginning().finditer(text):
        start, end = word.span()
        figure = text[start].isdigit()
        for form, (of_figures, pattern) in enumerate(_forms()):
            match = pattern.match(text, start) if of_figures == figure else None
            if match:
                found.append((form, start, match.end(), match))
        # A clock time begins at a word, or after the T of a date in figures; the figures of a date are none.
        at = end - 2 if text[end - 3 : end - 2] == "T" else start
        if figure and at >= clock and text[end : end + 1] == ":" and text[at - 1 : at] != ":":
            match = _time().match(text, at)
            if match:
                clock = match.end()
                zone = (match.group("zone") or "").split()
                group = zone[0].lower() if zone else "no-zone"
                add(Code("time", match.group(), match.group().strip(), group, at, clock))
    found.sort(key=lambda f: f[:2])
    taken = bytearray(len(text) if found else 0)
    for _, start, end, match in found:
        parts = _parts(match)
        if parts is None or taken.find(1, start, end) >= 0:
            continue
        taken[start:end] = b"\1" * (end - start)
        add(_date(text, start, end, *parts))


def first_date(text: str) -> str:
    """The first date of a text as `find_dates` names it, "" where there is none."""
    found: list[Code] = []
    find_dates(text, found.append)
    dates = [code for code in found if code.kind == "date"]
    return min(dates, key=lambda c: c.start).canonical if dates else ""


@cache
def _beginning() -> re.Pattern[str]:
    """Words with which a date or a time may begin: figures by which a month or more figures stand, and months."""
    short = sorted({name[:3] for name in _months()})
    months = "|".join([*map(str.capitalize, short), *map(str.upper, short)])
    near = rf"\d{{1,4}}(?:T\d\d)?[/:-]\d|{_DAY_ALONE}{_TO_DAY}(?:\s+|-)(?:{months})|(?<=\()\d{{4}}\)"
    return re.compile(rf"\b(?:(?={near})\d\w*|(?:{months}))")


def _date(text: str, start: int, end: int, year: int, month: int, day: int) -> Code:
    name = f"{year:04d}" if year else "-"
    name += f"-{month:02d}" if month else ""
    name += f"-{day:02d}" if day else ""
    group = "day" if day and year else "day-without-year" if day else "month" if month else "year"
    return Code("date", text[start:end], name, group, start, end)
