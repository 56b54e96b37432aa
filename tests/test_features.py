"""Features: people, masked words, mentions and their bearers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.captions import read_caption
from mlcap.captions.people import find_people
from mlcap.features.extract import extract
from mlcap.features.schema import schema_hash
from mlcap.taxonomy import extra_words
from mlcap.types import Facet, Value


def names(text):
    """The people found in a text, as written."""
    return [text[p.start : p.end] for p in find_people(text)]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Astronaut Mia T. Voss waves to Oleg Brannov.", ["Mia T. Voss", "Oleg Brannov"]),
        ("The Space Shuttle Discovery at Kennedy Space Center.", []),
        ("Mission Specialist Jan van der Meer looks on.", ["Jan van der Meer"]),
        ("Commander Lindqvist and the crew wave.", ["Lindqvist"]),
        ("Ada J. Young and Bo K. Glenn stand by.", ["Ada J. Young", "Bo K. Glenn"]),
        ("Rosa Ortega waves. Ortega flies in May.", ["Rosa Ortega", "Ortega"]),
        # Surnames that are words, places and months, and given names that are.
        ("Flight engineer Ada White and Tom Banks wave.", ["Ada White", "Tom Banks"]),
        ("Commander Ruta Houston waves.", ["Ruta Houston"]),
        ("Neil Armstrong and Nora April shake hands.", ["Neil Armstrong", "Nora April"]),
        ("The Neil Armstrong Hall and the Nora April Science Center.", []),
        ("Maria Duarte and Virginia Falk leave.", ["Maria Duarte", "Virginia Falk"]),
        ("Pilot April Winter waves.", ["April Winter"]),
        ("In April Tom Berg came.", ["Tom Berg"]),
        ("Over Virginia Houston called.", []),
        ("The Lunar Roving Vehicle stands still.", []),
        # What people do stands before their names and is no part of them.
        ("Instructor Nora Falk and Professor Ian Roth watch.", ["Nora Falk", "Ian Roth"]),
    ],
)
def test_people_are_found_without_a_list_of_crews(text, people):
    """Names are runs of capitalised words; places, vehicles and titles are none."""
    assert names(text) == people


def test_names_dates_and_numbers_are_masked():
    """What would be learned by heart stands in no word feature."""
    features = extract("Astronaut Mia T. Voss of STS-151 suits up on May 9, 2031 at 7:05 a.m. EDT.")
    words = set(features.units["lead"])
    assert {"_person", "_mission", "_date", "_time"} <= words
    assert not words & {"voss", "mia", "151", "2031", "may"}


@pytest.mark.parametrize(
    ("text", "value", "form", "shown"),
    [
        ("Commander Mia Voss waves.", "commander", "title", 1),
        ("Mia Voss, mission commander, waves.", "commander", "apposition", 1),
        ("Mission Specialists Mia Voss (left) and Bo Ek wave.", "mission-specialist", "title", 2),
        ("Mia Voss, Bo Ek and Ana Ruiz, mission specialists, wave.", "mission-specialist", "apposition", 3),
        ("Two pilots wave.", "pilot", "bare", 0),
        ("Mia Voss waves. Other crew members are Pilot Bo Ek and two more.", "pilot", "title", 0),
        ("Mia Voss waves. Voss, a flight engineer, will fly in May.", "flight-engineer", "apposition", 1),
    ],
)
def test_mentions_are_bound_to_people(text, value, form, shown):
    """A role word is bound to its bearers, and it is known whether the lead names them."""
    mention = next(m for m in read_caption(text).mentions if m.value == value)
    assert (mention.form, mention.shown) == (form, shown)


def test_mention_features_are_the_same_for_every_value():
    """What is learned about one role holds for the others: equal sentences give equal features."""
    one = extract("Commander Mia Voss waves.").mentions["commander"]
    other = extract("Pilot Mia Voss waves.").mentions["pilot"]
    assert list(one) == list(other)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=600))
def test_any_text_has_features(text):
    """No text makes the extraction fail, and the same text gives the same features."""
    assert extract(text) == extract(text)


def test_schema_hash_changes_with_a_table_and_with_the_logic(monkeypatch):
    """A pattern more or another way of extracting changes the hash; nothing else does."""
    before = schema_hash.__wrapped__()
    assert before == schema_hash.__wrapped__() == schema_hash()
    with monkeypatch.context() as patch:
        patch.setattr("mlcap.captions.codes.image_ids.IMAGE_ID_FORMS", ())
        assert schema_hash.__wrapped__() != before
    with monkeypatch.context() as patch:
        patch.setattr("mlcap.captions.reading.find_people", lambda _: [])
        assert schema_hash.__wrapped__() != before


def test_a_value_s_own_name_counts_beside_its_words():
    """With further words for a value, its name mentions it as well, and a word that the lexicon knows is one mention."""
    facet = Facet(
        "crew", True, "", (Value("ticket-clerk", "", words=("ticket lady",)), Value("pilot", "", words=("flyer",)))
    )
    words = extra_words([facet])
    for text in (
        "Ticket clerk Ada Roth waves.",
        "Two ticket ladies and a ticket-clerk wave.",
        "The ticket lady waves.",
    ):
        assert any(m.value == "ticket-clerk" for m in read_caption(text, words).mentions)
    assert len([m for m in read_caption("Pilot Ada Roth waves.", words).mentions if m.value == "pilot"]) == 1


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Twins Ada Moreau and Bela Moreau wave; Moreau flies in May.", ["a", "b", "b"]),
        ("Dr. Lena Oduya greets her husband, Col. Marcus Oduya.", ["a", "b"]),
        ("Thomas K. Vance and, later, Tom Vance", ["a", "a"]),
        ("Virgil A. (Gil) Soren, then Soren", ["a", "a"]),
        ("Mark Soren and Mike Soren, twins; Mike Soren flies", ["a", "b", "b"]),
        ("Bo Ek Sr. meets Bo Ek Jr.", ["a", "b"]),
    ],
)
def test_namesakes_are_two_people(text, who):
    """Other given names make other people; spellings of one given name do not, and a surname is whose it was last."""
    keys = [p.key for p in find_people(text)]
    assert [who[keys.index(key)] for key in keys] == who
    assert len(set(keys)) == len(set(who))


def test_an_adjective_is_no_official():
    """An official portrait shows no official."""
    assert not [
        m for m in read_caption("Official portrait of astronaut Ann Roe.").mentions if m.value == "ground-personnel"
    ]
    assert [m for m in read_caption("An official greets the crew.").mentions if m.value == "ground-personnel"]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Lena Ostrow, commander, and Ken Abara, pilot, wave.", ["ostrow", "abara"]),
        ("Ann Roe, commander; Bo Ek, pilot; and Cy Orr, mission specialist, stand.", ["roe", "ek", "orr"]),
        ("Commander Ann Roe, Pilot Bo Ek and Mission Specialist Cy Orr wave.", ["roe", "ek", "orr"]),
        ("The mission commander, Ann Roe, waves.", ["roe"]),
        ("Commander, Ann Roe, pilot, Bo Ek, and mission specialist, Cy Orr.", ["roe", "ek", "orr"]),
    ],
)
def test_a_post_between_commas_is_of_the_name_before(text, bound):
    """Where names stand on both sides, marks on both sides leave a post to the first."""
    assert [m.people[0] for m in read_caption(text).mentions] == bound
