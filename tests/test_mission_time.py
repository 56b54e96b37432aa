"""Mission time: the table of flights, and what a dated caption knows from it."""

from __future__ import annotations

from datetime import date

import pytest

from mlcap.captions import read_caption
from mlcap.captions.codes import find_codes
from mlcap.captions.codes.flights import all_flights, flights_of
from mlcap.features.extract import extract
from mlcap.features.mission_time import mission_time, record_time


def relations(text):
    """The relations of a caption's day to launch and landing."""
    return set(mission_time(read_caption(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The table knows the days.
        ("The STS-95 crew waves, Oct. 29, 1998.", {"launch: same day", "landing: weeks before"}),
        ("STS-95 crew members in the pool, March 3, 1998.", {"launch: months before", "landing: months before"}),
        ("Soyuz TMA-02M crew members leave the hotel, June 6, 2011.", {"launch: day before", "landing: months before"}),
        # The caption states the day itself, of a mission that is in no table.
        ("Crew-77 waits for rain to end, May 8, 2041. Launch is scheduled for May 9, 2041.", {"launch: day before"}),
        ("The Crew-77 capsule on deck, May 8, 2041, after it splashed down on May 8, 2041.", {"landing: same day"}),
        # A span of days is that of a whole flight.
        (
            "STS095-305-021 (29 Oct.-7 Nov. 1998) --- A view of the STS-95 middeck.",
            {"launch: same day of a span", "landing: weeks before of a span"},
        ),
        (
            "STS088-305-021 (4-15 Dec. 1998) --- A view of the STS-88 middeck.",
            {"launch: same day of a span", "landing: weeks before of a span"},
        ),
        # Nothing to say: no day, or no mission.
        ("The STS-95 crew waves.", set()),
        ("A crew waves, Oct. 29, 1998.", set()),
        ("The Crew-77 astronauts wave, Oct. 29, 2041.", set()),
    ],
)
def test_relations_of_day_launch_and_landing(text, expected):
    """A dated caption that names a known mission, or states the days, knows where it stands; others are silent."""
    found = relations(text)
    assert expected <= found if expected else not found


def test_the_relations_are_features():
    """They reach the classifier as a block of their own."""
    assert "launch: same day" in extract("The STS-95 crew waves, Oct. 29, 1998.").flags["time"]


def test_an_expedition_stands_for_the_flights_of_its_crews():
    """An expedition is in the table by the flights that brought its crews."""
    assert [f.name for f in flights_of("Expedition 28")] == ["Soyuz TMA-21", "Soyuz TMA-02M"]
    assert flights_of("Expedition 400") == ()


def test_a_leading_zero_changes_nothing():
    """MS-1 and MS-01 are one flight."""
    assert flights_of("Soyuz MS-1") == flights_of("Soyuz MS-01") != ()


def test_flights_last_and_are_found_in_text():
    """Every flight lands after its launch and within some 14 months, and its name is one that the finder gives."""
    for flight in all_flights():
        if flight.landing:
            assert 0 <= (flight.landing - flight.launch).days < 430, flight
        codes = [c.canonical for c in find_codes(f"the {flight.name} crew", ("mission",))]
        known = [f for c in codes for f in flights_of(c)]
        assert flight in known, (flight.name, codes)
    assert len([f for f in all_flights() if f.name.startswith("STS-")]) == 135


def test_no_future_flight_is_in_the_table():
    """The table holds facts, so nothing later than the day it was written."""
    assert max(f.launch for f in all_flights()) < date(2026, 1, 1)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2031-09-09T00:00:00Z", {"launch: same day", "shown: days after"}),
        ("2031:09:08 10:00:00", {"launch: day before", "shown: day after"}),
        ("Sept. 10, 2031", {"launch: day after", "shown: days after"}),
        # The first of January stands where no more than the year is known.
        *((text, set()) for text in ("2031-01-01", "2031", "soon", "2031-13-40", "")),
    ],
)
def test_the_day_of_the_record_is_compared_with_the_days_of_the_text(written, found):
    """Whatever way the record writes it; what is no day says nothing."""
    text = "Rollout of the rocket on Sept. 7. Launch is scheduled for Sept. 9."
    assert set(record_time(read_caption(text, None, {"date_created": written}))) == found
