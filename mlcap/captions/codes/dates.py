"""Dates and clock times in the forms that captions use, US order for figures only."""

from __future__ import annotations

import re
from collections.abc import Callable

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}

_MONTH = r"(?P<month>(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d{2})"

#: (name of the form, pattern); the longer forms stand first, and a later form may not overlap an earlier one.
DATE_FORMS: tuple[tuple[str, str], ...] = (
    ("day month year", rf"\b{_DAY}(?:\s?-\s?\d{{1,2}})?\s+{_MONTH},?\s+{_YEAR}\b"),
    ("month day year", rf"\b{_MONTH}\s+{_DAY}(?:\s?-\s?\d{{1,2}})?\s?,?\s+{_YEAR}\b"),
    ("figures", r"\b(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>(?:19|20)\d{2}|\d{2})\b"),
    ("iso", r"\b(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
    ("month year", rf"\b{_MONTH},?\s+{_YEAR}\b"),
    ("month day", rf"\b{_MONTH}\s+{_DAY}\b"),
    ("day month", rf"\b{_DAY}\s+{_MONTH}"),
    ("year", r"(?<=\()(?P<year>(?:19|20)\d{2})(?=\))"),
)

_DATES = tuple(re.compile(pattern) for _, pattern in DATE_FORMS)
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:[ap]\.?\s?m\.?)?(?:,?\s?\(?(?P<zone>E[SD]T|C[SD]T|P[SD]T|M[SD]T|GMT|UTC|MET|CET|"
    r"(?:Kazakh|Kazakhstan|Moscow|Baikonur|Astana|local|Eastern|Central)\b(?:\s+(?:Standard|Daylight))?\s?(?:[Tt]ime)?)\)?)?",
)


def _parts(match: re.Match[str]) -> tuple[int, int, int] | None:
    """Give (year, month, day) with 0 for what is not said, or None for what is no date."""
    groups = match.groupdict()
    month_text = groups.get("month") or ""
    month = (
        MONTHS.get(month_text.rstrip(".").lower(), 0)
        if month_text and not month_text.isdigit()
        else int(month_text or 0)
    )
    day = int(groups.get("day") or 0)
    year = int(groups.get("year") or 0)
    if 0 < year < 100:
        year += 1900 if year >= 50 else 2000
    if month > 12 or day > 31:
        return None
    return year, month, day


def find_dates(text: str, add: Callable[[str, str, str, int, int], None]) -> None:
    """Report dates (`1998-12-04`, `1998-12`, `--12-04` where no year is said) and clock times."""
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < t_end and t_start < end for t_start, t_end in taken):
                continue
            parts = _parts(match)
            if parts is None:
                continue
            year, month, day = parts
            name = f"{year:04d}" if year else "-"
            name += f"-{month:02d}" if month else ""
            name += f"-{day:02d}" if day else ""
            taken.append((start, end))
            group = "day" if day and year else "day-without-year" if day else "month" if month else "year"
            add("date", name, group, start, end)
    for match in _TIME.finditer(text):
        zone = (match.group("zone") or "").split()
        add("time", match.group().strip(), zone[0].lower() if zone else "no-zone", match.start(), match.end())
