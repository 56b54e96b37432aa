"""Codes: missions, image ids, dates, places, agencies and role words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcap.captions.codes import find_codes, image_id_form
from mlcap.captions.codes.numbers import to_int


def canonical(text, kind):
    """The canonical names of one kind of code in a text."""
    return [c.canonical for c in find_codes(text, (kind,))]


@pytest.mark.parametrize(
    ("text", "missions"),
    [
        ("the STS-95 crew", ["STS-95"]),
        ("STS 41-G and STS095", ["STS-41G", "STS-95"]),
        ("mission 51-L", ["STS-51L"]),
        ("Expedition 36/37", ["Expedition 36", "Expedition 37"]),
        ("Expedition 35-36", ["Expedition 35", "Expedition 36"]),
        ("Expedition Six", ["Expedition 6"]),
        ("the Soyuz TMA-11M", ["Soyuz TMA-11M"]),
        ("Soyuz MS-04", ["Soyuz MS-04"]),
        ("Soyuz 19", ["Soyuz 19"]),
        ("Gemini VII and Gemini-Titan 4", ["Gemini 7", "Gemini 4"]),
        ("Apollo XI, Apollo-11", ["Apollo 11", "Apollo 11"]),
        ("MA-6 and Mercury-Redstone 3", ["Mercury MA-6", "Mercury REDSTONE 3"]),
        ("Skylab 4, SL-3", ["Skylab 4", "Skylab 3"]),
        ("NASA's SpaceX Crew-9", ["Crew-9"]),
        ("Artemis II and Artemis 3", ["Artemis 2", "Artemis 3"]),
        ("Ax-2", ["Ax-2"]),
        ("SpaceX CRS-14", ["CRS-14"]),
        ("Shenzhou-15 and SZ-7", ["Shenzhou 15", "Shenzhou 7"]),
        ("New Shepard NS-25, New Shepard mission 18, NS-31", ["New Shepard 25", "New Shepard 18", "New Shepard 31"]),
        ("NASA's Boeing Crew Flight Test", ["Boeing CFT"]),
        ("the Starliner Crew Flight Test", ["Boeing CFT"]),
        ("nothing of the sort", []),
    ],
)
def test_missions_have_one_canonical_name(text, missions):
    """Every written form leads to one name."""
    assert canonical(text, "mission") == missions


@pytest.mark.parametrize(
    ("identifier", "form", "mission"),
    [
        ("S95-02815", "jsc-film", ""),
        ("s95e5149", "shuttle-electronic", "STS-95"),
        ("S106-E-5015", "shuttle-electronic", "STS-106"),
        ("sts089-370-034", "shuttle-film", "STS-89"),
        ("sts026-s-041", "shuttle-series", "STS-26"),
        ("41g-040-071", "letter-film", "STS-41G"),
        ("iss034e052297", "station-electronic", "Expedition 34"),
        ("ISS006-S-002", "station-series", "Expedition 6"),
        ("jsc2017e039777", "jsc-digital", ""),
        ("nhq201704100022", "hq", ""),
        ("201309250022HQ", "hq", ""),
        ("KSC-98pc1340", "ksc", ""),
        ("as11-37-5458", "apollo-film", "Apollo 11"),
        ("PIA21480", "jpl", ""),
        ("98e04402", "jsc-electronic", ""),
    ],
)
def test_image_ids_tell_year_from_flight(identifier, form, mission):
    """S95- is a year before five figures and a flight before a roll or -E-."""
    named = image_id_form(identifier)
    assert named is not None
    assert (named[0].name, named[1]) == (form, mission)


@pytest.mark.parametrize("identifier", ["", "hello", "x" * 200, "12", "S-"])
def test_unknown_identifiers_have_no_form(identifier):
    """What is no identifier is called none."""
    assert image_id_form(identifier) is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20 July 1969", "1969-07-20"),
        ("July 16, 1969", "1969-07-16"),
        ("Sept. 20", "--09-20"),
        ("12-05-98", "1998-12-05"),
        ("04/05/2017", "2017-04-05"),
        ("March 1965", "1965-03"),
        ("JULY 9, 2013", "2013-07-09"),
        ("09-Jul-2013", "2013-07-09"),
        ("2013:07:09 10:22:33", "2013-07-09"),
        ("2013-07-09T12:30:00Z", "2013-07-09"),
    ],
)
def test_dates_are_canonical(text, date):
    """Dates in every order come out as year-month-day, unsaid parts left out."""
    assert canonical(text, "date") == [date]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("Feb. 30, 2021", []),
        ("June 31", []),
        ("2021-00-12", []),
        ("30 Feb 2021", ["2021-02"]),
        ("Feb. 29, 2023", ["--02-29"]),
        ("Expedition 45 Dec 2015", ["2015-12"]),
        ("Feb. 29, 2024", ["2024-02-29"]),
        ("29 February", ["--02-29"]),
    ],
)
def test_a_day_that_its_month_does_not_have_is_no_date(text, dates):
    """Months have their lengths, and a leap day its years; what is left may be a date with less said."""
    assert canonical(text, "date") == dates


def test_role_words_know_what_is_no_role():
    """Aircraft pilots, seats and former titles are no crew roles."""
    text = "research pilot Lee and former commander Ray near the pilot's seat"
    assert [c.group for c in find_codes(text, ("role",)) if c.group != "ground-personnel"] == []


def test_backup_commander_is_both():
    """A backup commander is backup crew and commander."""
    assert {c.group for c in find_codes("backup commander Mia Voss", ("role",))} == {"backup-crew", "commander"}


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("Twelve", 12), ("XII", 12), ("twenty-one", 21), ("IV", 4)])
def test_numbers_in_all_forms(text, number):
    """Figures, words and Roman numerals are read alike."""
    assert to_int(text) == number


def test_a_word_is_no_number():
    """What is no number is refused."""
    with pytest.raises(ValueError, match="not a number"):
        to_int("moon")


@given(st.text(max_size=300))
def test_codes_stand_where_they_say(text):
    """Spans hold the text reported, in order of position, for any text."""
    codes = find_codes(text)
    assert all(text[c.start : c.end].strip() == c.text.strip() for c in codes)
    assert [c.start for c in codes] == sorted(c.start for c in codes)


def test_a_clock_time_beside_a_date_in_figures_is_read_once():
    """The figures of a date are no time, and the time behind its T is one."""
    assert canonical("2013:07:09 10:22:33", "time") == ["10:22:33"]
    assert canonical("2013-07-09T12:30:00Z", "time") == ["12:30:00"]


def test_places_in_capitals_are_read():
    """A name written in capitals is the same name."""
    assert canonical("AT KENNEDY SPACE CENTER", "place") == ["Kennedy Space Center"]
