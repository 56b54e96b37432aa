"""Where record and text do not belong together: what cannot be is said, and what only looks so is not."""

from __future__ import annotations

import pytest

from mlcap.captions import read_caption
from mlcap.features.contradictions import find_contradictions

POD = "A crewmate checks a locker on the middeck while the cargo bay doors stand open."


def found_in(text, **record):
    """What does not belong together in a caption and its record."""
    return find_contradictions(read_caption(text, None, record))


@pytest.mark.parametrize(
    ("text", "record", "said"),
    [
        # Days: before a flight nothing was taken on it, and years later nothing is filed of it.
        (POD, {"nasa_id": "sts095-304-022", "date_created": "1997-06-20"}, "is of STS-95"),
        (POD, {"nasa_id": "sts095-304-022", "date_created": "June 20, 2004"}, "is of STS-95"),
        (POD, {"nasa_id": "iss070e012345", "date_created": "2011-05-02"}, "is of Expedition 70"),
        (f"ISS070-E-012345 (2 May 2014) --- {POD}", {}, "is of Expedition 70"),
        (POD, {"nasa_id": "jsc2009e012345", "date_created": "2019-05-02"}, "is of 2009, the date is 2019-05-02"),
        (
            f"S66-30001 (10 June 1966) --- {POD}",
            {"date_created": "1963-06-10"},
            "of 1966-06-10, the record of 1963-06-10",
        ),
        # Expeditions: not of neighbours.
        (f"Flight engineer Bo Ek of Expedition 42 works. {POD}", {"nasa_id": "iss070e012345"}, "names Expedition 70"),
        # Titles.
        (f"A view of STS-125 from the arm. {POD}", {"title": "STS-129 spacewalk"}, "title names STS-129"),
        # Centres written out.
        (POD, {"nasa_id": "iss070e012345", "center": "Kennedy Space Center"}, "is of JSC"),
        (POD, {"nasa_id": "KSC-98pc1490", "center": "NASA's Johnson Space Center (JSC)"}, "is of KSC"),
    ],
)
def test_what_cannot_be_is_said(text, record, said):
    """In one sentence, whichever of the two states the day, the flight or the centre."""
    assert any(said in words for words in found_in(text, **record)), found_in(text, **record)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        # Filed weeks afterwards, as the archive does; on the first of a year where no day is known.
        (POD, {"nasa_id": "sts095-304-022", "date_created": "1998-12-19"}),
        (POD, {"nasa_id": "sts095-304-022", "date_created": "1990-01-01"}),
        (f"S85-30001 (10 June 1966) --- {POD}", {"date_created": "1985-06-10"}),
        # Crews of neighbouring expeditions are aboard together.
        (f"Flight engineer Bo Ek of Expedition 69 works. {POD}", {"nasa_id": "iss070e012345"}),
        # What a picture is compared with, or recalls, and what the background tells.
        (
            "A rose of the dawn, last recorded during the uncrewed Artemis 1, fills the window.",
            {"nasa_id": "art002e000123"},
        ),
        ("Crew members honor the astronauts lost aboard STS-107 with a moment of silence.", {"nasa_id": "s114e7000"}),
        # The same flight by another name.
        ("Mercury-Atlas 6 stands on its pad.", {"title": "Mercury MA-6 on the pad"}),
        ("The crew of STS-41C waves.", {"title": "STS-13 crew portrait"}),
        # The same centre by another name.
        (POD, {"nasa_id": "iss070e012345", "center": "Lyndon B. Johnson Space Center"}),
        (POD, {"nasa_id": "KSC-98pc1490", "center": "NASA/KSC"}),
    ],
)
def test_what_only_looks_so_is_not(text, record):
    """Other days, names and flights that belong to the picture all the same."""
    assert found_in(text, **record) == []
