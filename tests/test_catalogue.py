"""The record beside a caption: what is read of it, what contradicts the caption, and what it changes."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from conftest import mlcap

import mlcap as library
from mlcap.captions.catalogue import read_catalogue
from mlcap.features.extract import extract
from mlcap.model.layout import Layout
from mlcap.records.types import Record
from mlcap.training.catalogue import fit_catalogue, mask_fields
from mlcap.types import Facet, Value


@pytest.mark.parametrize(
    ("identifier", "form", "origin", "mission"),
    [
        ("iss097e204411", "station-electronic", "flight", "Expedition 97"),
        ("ISS097-E-204411~orig", "station-electronic", "flight", "Expedition 97"),
        ("art006e000123", "artemis-electronic", "flight", "Artemis 6"),
        ("jsc2031e004411_large", "jsc-digital", "JSC", ""),
        ("NHQ203104050007", "hq", "HQ", ""),
        ("KSC-20310405-PH-ABC01_0001", "ksc", "KSC", ""),
        ("ksc-20310405-ph_abc01_0001", "ksc", "KSC", ""),
        ("LRC-1990-B701_P-01234", "langley", "LARC", ""),
        ("MSFC-203100123", "marshall", "MSFC", ""),
        ("web-2480694abc", "", "", ""),
        ("my scan 12", "", "", ""),
    ],
)
def test_an_id_says_where_the_picture_comes_from(identifier, form, origin, mission):
    """Known forms in every spelling, with what is hung on for a size; ids made for a store say nothing."""
    found = read_catalogue({"nasa_id": identifier})
    assert (found.id_form, found.origin, found.mission) == (form, origin, mission)


def test_a_record_is_no_part_of_the_text():
    """Features of the text are the same with and without a record; the record has a block of its own."""
    text = "Two divers wait at the edge of the pool."
    record = {
        "nasa_id": "jsc2031e004411",
        "title": "Pool day for Artemis 9",
        "keywords": "divers; training",
        "center": "jsc",
    }
    alone, beside = extract(text), extract(text, None, record)
    assert alone.units == beside.units
    assert {**alone.flags, "catalogue": ()} == {**beside.flags, "catalogue": ()}
    assert not alone.flags["catalogue"]
    assert {"id form=jsc-digital", "id source=ground", "center JSC", "title word=pool", "keywords word=divers"} <= set(
        beside.flags["catalogue"]
    )
    assert "title word=artemis" not in beside.flags["catalogue"]


@pytest.mark.parametrize(
    ("text", "record", "told"),
    [
        ("S97-E-5011 (5 Dec 2000) --- A crane.", {"nasa_id": "s97e5012"}, "the record of s97e5012"),
        ("STS097-E-5011 (5 Dec 2000) --- A crane.", {"nasa_id": "s97e05011"}, ""),
        ("A crane turns.", {"nasa_id": "KSC-31PP-0044", "center": "JPL"}, "is of KSC, the record of JPL"),
        ("A crane turns.", {"nasa_id": "LRC-1990-B701_P-01234", "center": "LRC"}, ""),
        ("A crane of STS-151 turns.", {"nasa_id": "sts152-s-012"}, "names STS-152, the text STS-151"),
        (
            "HOUSTON (May 9, 2031) -- A crane turns.",
            {"nasa_id": "jsc2027e004411"},
            "is of 2027, the date is 2031-05-09",
        ),
        ("HOUSTON (May 9, 2031) -- A crane turns.", {"nasa_id": "jsc2030e004411"}, ""),
        ("A crane turns.", {"nasa_id": "web-12345abc", "title": "Crane", "center": "Select"}, ""),
    ],
)
def test_contradictions_of_record_and_text(text, record, told):
    """What cannot be is told; another spelling of one id, a year's delay or an unknown centre is no contradiction."""
    found = extract(text, None, record).contradictions
    assert any(told in one for one in found) if told else not found


def test_contradictions_are_reasons_for_review():
    """A caption whose record is another picture's goes to a person, with the reason."""
    tagged = library.load().tag_one("S97-E-5011 (5 Dec 2000) --- A crane.", {"nasa_id": "s97e5012"})
    assert "the caption is of image S97-E-5011, the record of s97e5012" in tagged.review_reasons


def test_an_id_from_elsewhere_sends_a_caption_to_review():
    """The same caption needs no person with its own id, and does with that of a picture from a flight."""
    texts = [
        "CAPE CANAVERAL, Fla. - In the Vehicle Assembly Building at NASA's Kennedy Space Center, technicians lower the"
        " orbiter onto its tank and boosters. Launch is scheduled for May 9. Photo credit: NASA/Dora Quist",
        "KENNEDY SPACE CENTER, FLA. - Space Shuttle Atlantis lifts off from Launch Pad 39A at 2:05 p.m. on mission STS-117."
        " Photo credit: NASA/Dora Quist",
        "KENNEDY SPACE CENTER, FLA. - The orbiter Discovery touches down on runway 15 of the Shuttle Landing Facility with"
        " its drag chute open. Photo credit: NASA/Dora Quist",
    ]
    tagger = library.load()
    own = [tagger.tag_one(text, {"nasa_id": "KSC-2009-1234"}) for text in texts]
    automatic = [text for text, tagged in zip(texts, own, strict=True) if not tagged.needs_review]
    assert automatic
    assert all(tagger.tag_one(text, {"nasa_id": "iss030e012345"}).needs_review for text in automatic)


def test_text_only_leaves_the_record_out(tmp_path):
    """With --text-only the tags are those of the caption alone."""
    (tmp_path / "one.jsonl").write_text(
        '{"id": "a", "text": "Ribbons of green hang over a dark ocean.", "nasa_id": "iss030e012345", "title": "Aurora"}\n',
        "utf-8",
    )
    with_record, alone = (mlcap("tag", "one.jsonl", *more, cwd=tmp_path).out for more in ((), ("--text-only",)))
    text = mlcap("tag", "--text", "Ribbons of green hang over a dark ocean.", cwd=tmp_path).out
    assert with_record != alone
    assert alone.partition('"event"')[2] == text.partition('"event"')[2]


@pytest.mark.parametrize(
    ("title", "says"), [("KSC-31PP-0044", False), ("104-KSC-66C-1849", False), ("Moon over the pad", True)]
)
def test_an_identifier_in_the_place_of_a_title_says_nothing(title, says):
    """It would only tell from where the record is."""
    found = extract("A crane turns.", None, {"title": title}).flags["catalogue"]
    assert any(name.startswith("title") for name in found) is says


def test_the_date_of_a_record_is_a_feature():
    """How its day stands to launch is read beside the text."""
    fields = {"date_created": "2031-09-09"}
    found = extract("The crew walks out. Launch is set for Sept. 9.", None, fields).flags["catalogue"]
    assert "date launch: same day" in found


def _layout():
    names = ["center JSC", "id form=ksc", "title word=moon"]
    blocks = {b: [] for b in ("lead", "background", "lead-letters", "words", "letters", "header", "codes", "cues")}
    return Layout({**blocks, "scenes": [], "people": [], "time": [], "catalogue": names, "mentions": []}, np.zeros(0))


def test_fields_are_masked_whole_and_at_random():
    """Each field is there in about half of the records, whatever the others are."""
    amounts = sp.csr_matrix(np.ones((2000, 3)))
    masked = mask_fields(_layout(), amounts, 0).toarray()
    assert np.abs(masked.mean(axis=0) - 0.5).max() < 0.05
    assert np.abs(np.corrcoef(masked.T)[0, 1:]).max() < 0.08


def test_what_a_record_adds_is_learned_beside_the_text():
    """A column that says what the text leaves open gets weight; one that says nothing gets hardly any."""
    rng = np.random.default_rng(0)
    facet = Facet("sky", False, "", (Value("day", ""), Value("night", "")))
    gold = rng.random(400) < 0.5
    amounts = sp.csr_matrix(np.column_stack([gold, ~gold, rng.random(400) < 0.5]).astype(float))
    weights = fit_catalogue(facet, amounts, np.zeros((400, 2)), np.column_stack([gold, ~gold]), 1.0)
    assert weights[0, 0] > 1
    assert weights[1, 1] > 1
    assert abs(weights[0, 2]) < 0.2


@pytest.mark.parametrize(
    ("fields", "identifier", "found"),
    [
        ({"Asset ID": "iss097e204411"}, "iss097e204411", "iss097e204411"),
        ({"file": "/photos/KSC-20310405-PH-ABC01_0001.jpg"}, "", "KSC-20310405-PH-ABC01_0001"),
        ({"id": "1234567"}, "1234567", None),
        ({"id": "2031-0044"}, "2031-0044", None),
        ({"id": "iss097e204411", "nasa_id": "jsc2031e004411"}, "iss097e204411", "jsc2031e004411"),
    ],
)
def test_what_names_a_record_is_an_image_id_where_it_looks_like_one(fields, identifier, found):
    """A file name or an asset's id serves; a running number does not become a centre's."""
    assert Record("x", fields, "A crane.", id=identifier).catalogue.get("nasa_id") == found
