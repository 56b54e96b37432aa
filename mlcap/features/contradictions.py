"""Where a caption contradicts itself: its image id, its date and its text do not belong together.

Such a caption may carry the id or the date of another picture, so a person should look at it.
Only what cannot be is reported: an id of a later year than the date is common (old pictures
were numbered anew) and no contradiction.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from mlcap.captions import Caption
from mlcap.captions.codes.flights import flights_of

#: Forms of image ids that begin with the last two figures of a year of the last century.
YEAR_FORMS = {"jsc-film": r"S-?(\d\d)[-_ ]?\d{5}"}
#: A picture may be dated by another time zone, or a day late.
SLACK = timedelta(days=2)


def find_contradictions(caption: Caption) -> list[str]:
    """Say in a sentence each what does not belong together; [] for most captions."""
    found = [_of_mission(caption), _of_year(caption), _of_flight(caption)]
    return [text for text in found if text]


def _programme(mission: str) -> str:
    return re.split(r"[- ]", mission)[0]


def _of_mission(caption: Caption) -> str:
    """The id names one flight, the text only others of the same programme."""
    header = caption.header
    named = dict.fromkeys(
        c.canonical
        for c in caption.codes
        if c.kind == "mission" and c.start >= header.end and _programme(c.canonical) == _programme(header.mission)
    )
    if not header.mission or header.mission.startswith("Expedition") or not named or header.mission in named:
        return ""
    return f"the image id names {header.mission}, the text {', '.join(list(named)[:3])}"


def _of_year(caption: Caption) -> str:
    """The picture was numbered years before the day it is dated."""
    header = caption.header
    pattern = YEAR_FORMS.get(header.id_form or "")
    match = re.match(pattern, header.image_id, re.IGNORECASE) if pattern else None
    if not match or not header.date[:4].isdigit():
        return ""
    year = 1900 + int(match[1])
    return f"the image id is of {year}, the date is {header.date}" if int(header.date[:4]) > year + 1 else ""


def _of_flight(caption: Caption) -> str:
    """A picture from a flight is dated outside of it."""
    header = caption.header
    if header.id_source != "orbit" or len(header.date) != len("2000-01-01"):
        return ""
    try:
        day = date.fromisoformat(header.date)
    except ValueError:
        return ""
    flights = [f for f in flights_of(header.mission) if f.landing]
    if len(flights) != 1 or header.mission.startswith("Expedition"):
        return ""
    launch, landing = flights[0].launch, flights[0].landing
    if landing is None or launch - SLACK <= day <= landing + SLACK:
        return ""
    return f"the image id is of {header.mission}, {launch} to {landing}, the date is {header.date}"
