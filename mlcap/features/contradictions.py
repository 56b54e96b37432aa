"""Where a caption contradicts itself or its record: image ids, date, centre and text do not belong together.

Such a caption may carry the id or the date of another picture, so a person should look at it.
Only what cannot be is reported: an id of a later year than the date is common (old pictures
were numbered anew) and no contradiction, nor is another spelling of the same id.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import date, timedelta
from functools import cache

from mlcap.captions import Caption
from mlcap.captions.codes import Code
from mlcap.captions.codes.flights import flights_of
from mlcap.captions.codes.image_ids import IMAGE_ID_FORMS
from mlcap.captions.zones import sentence_at
from mlcap.lexicon import word_list

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
#: A record may be dated by when the picture was developed, published or filed: weeks after a flight in a tenth of the archive.
FILED_WITHIN = timedelta(days=366)
#: Crews of expeditions overlap, and their pictures come with either's name.
_NEXT_EXPEDITION = 1
#: So many words before a flight are looked at for one by which it is recalled or compared with (`compared` in words.txt).
_WORDS_BEFORE = 6


def find_contradictions(caption: Caption) -> list[str]:
    """Say in a sentence each what does not belong together; [] for most captions."""
    found = [
        _of_mission(caption),
        _of_year(caption),
        _of_flight(caption),
        _of_record_day(caption),
        _of_ids(caption),
        _of_flights(caption),
        _of_center(caption),
        _of_record_mission(caption),
        _of_title(caption),
    ]
    return [text for text in found if text]


def _programme(mission: str) -> str:
    return re.split(r"[- ]", mission)[0]


def _of_mission(caption: Caption) -> str:
    """The id names one flight, the text only others of the same programme."""
    mission = caption.header.mission
    if not (named := _others_named(caption, mission)):
        return ""
    return f"the image id names {mission}, the text {', '.join(named[:3])}"


def _named(caption: Caption, programme: str) -> list[Code]:
    """Where the text names flights of a programme."""
    named = (c for c in caption.codes if c.kind == "mission" and c.start >= caption.header.end)
    return [c for c in named if _programme(c.canonical) == programme]


def _others_named(caption: Caption, mission: str) -> list[str]:
    """The other flights of its programme that the text gives for its own; none where it names this one, or none at all.

    Those of the background, and those that the picture is compared with, are no flights of its own.
    """
    named = _named(caption, _programme(mission)) if mission else []
    if any(_is_same(c.canonical, mission) for c in named):
        return []
    own = (c for c in named if caption.zone_at(c.start) == "lead" and not _is_compared(caption, c.start))
    return list(dict.fromkeys(c.canonical for c in own))


def _is_same(one: str, other: str) -> bool:
    """Whether two names may be of one flight.

    The crews of neighbouring expeditions are aboard together; Mercury's flights go by spacecraft and by rocket (MA-6, Atlas
    6), and the Shuttle's by number and, from 1984 to 1986, by year and site (STS-13, STS-41C).
    """
    programme, (first, second) = _programme(one), (re.split(r"[- ]", name)[-1] for name in (one, other))
    if programme != _programme(other):
        return False
    if programme == "Expedition" and first.isdecimal() and second.isdecimal():
        return abs(int(first) - int(second)) <= _NEXT_EXPEDITION
    return first == second or (programme == "STS" and first.isdecimal() != second.isdecimal())


def _is_compared(caption: Caption, start: int) -> bool:
    """Whether what begins there is recalled: a word of comparison stands shortly before it in its sentence."""
    tokens = caption.tokens
    sentence = caption.sentences[sentence_at(caption.sentences, start)]
    first, here = bisect_left(tokens.starts, sentence.start), bisect_left(tokens.starts, start)
    return not word_list("compared").isdisjoint(tokens.texts[max(first, here - _WORDS_BEFORE) : here])


def _of_year(caption: Caption) -> str:
    """The picture was numbered years before the day it is dated, whether caption or record bear number and day."""
    header, catalogue = caption.header, caption.catalogue
    dates = [header.date] if header.date[:4].isdigit() else []
    dates += [catalogue.day.isoformat()] if catalogue.day else []
    for form, image_id in ((header.id_form, header.image_id), (catalogue.id_form, catalogue.image_id)):
        year = _year_of(form, image_id)
        for day in dates:
            if year and int(day[:4]) > year + 1:
                return f"the image id is of {year}, the date is {day}"
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
    """A picture from a flight is dated outside of it; by the record also within a year afterwards, as it was filed."""
    header, catalogue = caption.header, caption.catalogue
    ids = [(header.mission, header.id_source), (catalogue.mission, catalogue.id_source)]
    mission = next((name for name, source in ids if name and source == "orbit"), "")
    flights = [f for f in flights_of(mission) if f.landing] if mission else []
    expedition = mission.startswith("Expedition")
    if not flights or (len(flights) > 1 and not expedition):
        return ""
    launch, landing = min(f.launch for f in flights), max(f.landing or f.launch for f in flights)
    for day, late in ((_header_day(caption), FILED_WITHIN if expedition else SLACK), (catalogue.day, FILED_WITHIN)):
        if day is not None and not launch - SLACK <= day <= landing + late:
            return f"the image id is of {mission}, {launch} to {landing}, the date is {day}"
    return ""


def _header_day(caption: Caption) -> date | None:
    """The day that the header states, None for none."""
    try:
        return date.fromisoformat(caption.header.date) if len(caption.header.date) == len("2000-01-01") else None
    except ValueError:
        return None


def _of_record_day(caption: Caption) -> str:
    """The record is dated long before the day that the caption's header states."""
    stated, recorded = _header_day(caption), caption.catalogue.day
    if stated is None or recorded is None or recorded + FILED_WITHIN >= stated:
        return ""
    return f"the caption is of {stated}, the record of {recorded}"


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
    if caption.header.mission or not (named := _others_named(caption, mission)):
        return ""
    return f"the record's image id names {mission}, the text {', '.join(named[:3])}"


def _of_title(caption: Caption) -> str:
    """The record's title names flights, the text only others of their programme."""
    titled = [c.canonical for c in caption.catalogue.title.codes if c.kind == "mission"]
    for mission in titled:
        others = _others_named(caption, mission)
        if others and not any(_is_same(one, other) for one in titled for other in others):
            return f"the record's title names {mission}, the text {', '.join(others[:3])}"
    return ""
