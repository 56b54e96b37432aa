"""Who is in the picture."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import mlcap as library
from mlcap.features.extract import extract
from mlcap.model.tagging import Tagger
from mlcap.taxonomy import extra_words
from mlcap.types import Facet, TaggedCaption, TaggedFacet, Value

SEAT = (
    "Flight Engineer Marta Lind tries her seat liner while two technicians help. Lind and Soyuz Commander Pavel Orlov will"
    " launch on May 9."
)


def test_people_stand_where_they_are_named():
    """Each has the posts said of him or her, and a span in the caption as given."""
    text = "Caf\u00e9 break:\u00a0 " + SEAT
    people = {p.name or text[p.start : p.end]: p for p in library.load().tag_one(text).people}
    assert people["Marta Lind"].posts == ("flight-engineer",)
    assert text[people["Marta Lind"].start : people["Marta Lind"].end] == "Marta Lind"
    assert people["technicians"].posts == ("ground-personnel",)
    assert "Pavel Orlov" not in people


def test_a_photograph_without_people_has_none():
    """Nobody is taken from memory."""
    assert library.load().tag_one("A crane lifts the capsule onto the recovery ship.").people == ()


def test_an_explanation_begins_with_a_plain_sentence():
    """It says what the picture shows, who is in it, and who is only named."""
    from mlcap.explanation.people import plain_sentences

    told = plain_sentences(library.explain(library.load(), SEAT))
    assert told == (
        "The picture shows Marta Lind (flight engineer) and technicians; Pavel Orlov (commander) is named but not shown."
        " Tagged fit-check."
    )


@pytest.mark.parametrize("text", ["", "...", "A crane.", "Pilot", "123 456"])
def test_short_captions_have_a_sentence_as_well(text):
    """Whatever the caption is, the sentence is whole."""
    from mlcap.explanation.people import plain_sentences

    assert plain_sentences(library.explain(library.load(), text)).endswith(".")


def test_posts_are_values_of_the_version(tagger):
    """With a taxonomy of an archive's own, nobody gets a post that it does not have; the name stays."""
    text = "Pilot Jan Roe tries his seat liner in the capsule."
    assert [(p.name, p.posts) for p in tagger.tag_one(text).people] == [("Jan Roe", ("pilot",))]
    other = Tagger(tagger.artifact, tagger.version)
    other._values = frozenset(("close-up", "wide"))
    assert [(p.name, p.posts) for p in other.tag_one(text).people] == [("Jan Roe", ())]


WELDERS = (
    Facet("job", True, "", (Value("welder", "", words=("chief welder",)), Value("tyler", "", words=("tylers",)))),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Welder Yuki Hanamura joins two plates.", [("Yuki Hanamura", ("welder",), 7)]),
        ("Hanamura smiles. Welder Yuki Hanamura waits.", [("Yuki Hanamura", (), 0), (None, ("welder",), 17)]),
        ("The welder Yuki Hanamura joins two plates.", [("Yuki Hanamura", ("welder",), 11)]),
        # Somebody's given name is no post.
        ("Tyler Hart joins two plates.", [("Tyler Hart", (), 0)]),
    ],
)
def test_a_post_of_the_taxonomy_is_no_part_of_a_name(text, expected):
    """A word of a value, written large as the first of a sentence, is the post of whom it names."""
    tagger = Tagger(SimpleNamespace(facets=WELDERS, manifest=SimpleNamespace(review=None)), "1")
    chances = TaggedFacet(True, ("welder",), {"welder": 0.9, "tyler": 0.9})
    found = tagger.people(extract(text, extra_words(WELDERS)), TaggedCaption({"job": chances}, (), "1"))
    kept = [(p.name, p.posts, p.start) for p in found if p.name or p.posts]
    assert [one for one in kept if one[:2] != (None, ("tyler",))] == expected
