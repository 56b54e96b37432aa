"""Where a caption contradicts itself or its record: image ids, date, centre and text do not belong together.

Such a caption may carry the id or the date of another picture, so a person should look at it.
Only what cannot be is reported: an id of a later year than the date is common (old pictures
were numbered anew) and no contradiction, nor is another spelling of the same id.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

from mlcap.captions import Caption
from mlcap.captions.codes.flights import flights_of
from mlcap.captions.codes.image_ids import IMAGE_ID_FORMS

#: Forms of image ids that name the year, with four figures or the last two.
YEAR_FORMS = {
    "jsc-film": r"S-?(\d\d)[-_ ]?\d{5}",
    "jsc-digital": r"JSC-?(\d{4})",
    "jsc-year": r"JSC-?(\d{4})",
    "hq": r"(?:NHQ[-_ ]?)?(\d{4})",
    "ksc": r"KSC-(\d{4})(?=\d{4}|-)|KSC-(\d\d)[a-z]{1,2}",
}
#: The first year that an id may name by its last two figures.
_FIRST_OF_TWO_FIGURES = 1958
#: Centres by other names that records give them.
CENTERS = {"LRC": "LARC", "LERC": "GRC", "DFRC": "AFRC", "MAF": "MSFC", "HEADQUARTERS": "HQ"}
#: A picture may be dated by another time zone, or a day late.
SLACK = timedelta(days=2)


def find_contradictions(caption: Caption) -> list[str]:
    """Say in a sentence each what does not belong together; [] for most captions."""
    found = [
        _of_mission(caption),
        _of_year(caption),
        _of_flight(caption),
        _of_ids(caption),
        _of_flights(caption),
        _of_center(caption),
        _of_record_mission(caption),
    ]
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
    """The picture was numbered years before the day it is dated, whether the caption or the record bears the number."""
    header, catalogue = caption.header, caption.catalogue
    if not header.date[:4].isdigit():
        return ""
    for form, image_id in ((header.id_form, header.image_id), (catalogue.id_form, catalogue.image_id)):
        year = _year_of(form, image_id)
        if year and int(header.date[:4]) > year + 1:
            return f"the image id is of {year}, the date is {header.date}"
    return ""


def _year_of(form: str, image_id: str) -> int:
    """The year that an image id names, 0 where it names none."""
    pattern = YEAR_FORMS.get(form)
    match = re.match(pattern, image_id, re.IGNORECASE) if pattern else None
    if not match:
        return 0
    figures = next(filter(None, match.groups()))
    return int(figures) if len(figures) == 4 else _FIRST_OF_TWO_FIGURES + (int(figures) - _FIRST_OF_TWO_FIGURES) % 100


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


def _of_ids(caption: Caption) -> str:
    """The caption and its record bear ids of two pictures; ids of different forms may be two names of one."""
    header, catalogue = caption.header, caption.catalogue
    if not header.id_form or header.id_form != catalogue.id_form:
        return ""
    # One id is written S07-26-1439 and STS007-26-1439: its numbers are what names the picture.
    in_text, in_record = ([int(n) for n in re.findall(r"\d+", one)] for one in (header.image_id, catalogue.image_id))
    if in_text == in_record:
        return ""
    return f"the caption is of image {header.image_id}, the record of {catalogue.image_id}"


def _of_flights(caption: Caption) -> str:
    """The caption and its record bear ids of two flights; a shuttle at the station has pictures of both."""
    in_text, in_record = caption.header.mission, caption.catalogue.mission
    if not in_text or not in_record or in_text == in_record:
        return ""
    programmes = {_programme(in_text), _programme(in_record)}
    if len(programmes) > 1 and programmes <= {"STS", "Expedition", "Mir"}:
        return ""
    return f"the caption's image id is of {in_text}, the record's of {in_record}"


def _of_center(caption: Caption) -> str:
    """The id is of a form that another centre files."""
    catalogue = caption.catalogue
    center = CENTERS.get(catalogue.center, catalogue.center)
    if not catalogue.id_center or center not in _known_centers() or center == catalogue.id_center:
        return ""
    return f"the image id is of {catalogue.id_center}, the record of {catalogue.center}"


@cache
def _known_centers() -> frozenset[str]:
    return frozenset(form.center for form in IMAGE_ID_FORMS if form.center)


def _of_record_mission(caption: Caption) -> str:
    """The record's id names one flight, the text only others of the same programme."""
    mission = caption.catalogue.mission
    if caption.header.mission or not mission:
        return ""
    named = dict.fromkeys(
        c.canonical for c in caption.codes if c.kind == "mission" and _programme(c.canonical) == _programme(mission)
    )
    if not named or mission in named or mission.startswith("Expedition"):
        return ""
    return f"the record's image id names {mission}, the text {', '.join(list(named)[:3])}"
