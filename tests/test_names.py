"""What fields are called: the same ones are found in every export."""

from __future__ import annotations

import pytest

from mlcap.records.names import catalogue_fields, folded


def test_figures_alone_are_an_image_id_where_the_library_names_it():
    """An archive may number its pictures as it likes; what has the form of an image id is one wherever it stands."""
    assert catalogue_fields({"Image no": "1234567"}) == {}
    assert catalogue_fields({"photo number": "2019-0412"}) == {}
    assert catalogue_fields({"nasa_id": "1234567"}) == {"nasa_id": "1234567"}
    assert catalogue_fields({"photo number": "jsc2031e000001"}) == {"nasa_id": "jsc2031e000001"}


@pytest.mark.parametrize(
    "name", ["date_created", "DateCreated", "Date Created", "XMP-photoshop:DateCreated", "AVAIL:DateCreated"]
)
def test_names_are_compared_without_case_signs_and_groups(name):
    """Every spelling of a name is one name."""
    assert folded(name) == "datecreated"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (
            {
                "nasa_id": "jsc2031e000001",
                "title": "Suit test",
                "keywords": ["suit", "fit"],
                "date_created": "2031-02-03T00:00:00Z",
                "center": "JSC",
                "location": "Building 7",
                "photographer": "M. Lind",
            },
            {
                "nasa_id": "jsc2031e000001",
                "title": "Suit test",
                "keywords": "suit; fit",
                "date_created": "2031-02-03T00:00:00Z",
                "center": "JSC",
                "location": "Building 7",
                "photographer": "M. Lind",
            },
        ),
        (
            {"Headline": "Suit test", "By-line": " M. Lind ", "Date Taken": "3 May 2031", "City": "Turku", "Width": 10},
            {"title": "Suit test", "date_created": "3 May 2031", "location": "Turku", "photographer": "M. Lind"},
        ),
        (
            {"AVAIL:NASAID": "ksc-31pp-1", "AVAIL:Title": "", "IPTC:ObjectName": "Pad", "XMP-dc:Subject": ["a"]},
            {"nasa_id": "ksc-31pp-1", "title": "Pad", "keywords": "a"},
        ),
        ({"title": None, "keywords": [], "center": True, "location": {"a": 1}}, {}),
    ],
)
def test_catalogue_fields_are_found_by_their_usual_names(fields, found):
    """The library's names, those of exports and those of exiftool give the same fields; empty ones are none."""
    assert catalogue_fields(fields) == found
    assert list(catalogue_fields(fields)) == list(found)


def test_the_first_usual_name_that_is_not_empty_counts():
    """Of several columns that may hold a field the usual one goes first, unless it is empty."""
    fields = {"artist": "A. Studio", "photographer": "M. Lind"}
    assert catalogue_fields(fields)["photographer"] == "M. Lind"
    assert catalogue_fields({**fields, "photographer": " "})["photographer"] == "A. Studio"
