"""What tags ask of a file: found by pure rules, before any file is looked at."""

from __future__ import annotations

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from mlcap.errors import InputError
from mlcap.photos.changes import Change, PlannedTag, Wish, after, change_for
from mlcap.photos.keywords import same
from mlcap.photos.metadata import Link, Metadata, WrittenTag
from mlcap.photos.terms import Term, by_tag, read_terms, terms_of
from mlcap.types import Facet, Value

FACETS = {"event": False, "crew_role": True}


def wish(*tags, people=(), terms=(), with_iptc=False, facets=None, model="1"):
    """A wish for tags written as `facet value`."""
    planned = tuple(PlannedTag(*t.split(), "0.9") for t in tags)
    return Wish(planned, FACETS if facets is None else facets, people, model, "r2", by_tag(terms), with_iptc)


def written(tag, status="machine", model="1", score="0.9", run="r1"):
    """A structure of an earlier run."""
    return WrittenTag(*tag.split(), score, model, run, status)


def filled(*tags, terms=()):
    """A file into which tags were written before."""
    return after(Metadata(), change_for(wish(*tags, terms=terms), Metadata()))


def test_an_empty_file_gets_every_field():
    """dc:subject, the hierarchy in both writings, IPTC only where the file takes it, nothing for `other`."""
    change = change_for(wish("event launch", with_iptc=True), Metadata())
    assert change.add == {
        "dc:subject": ["launch"],
        "lr:hierarchicalSubject": ["event|launch"],
        "digiKam:TagsList": ["event/launch"],
        "IPTC:Keywords": ["launch"],
    }
    assert "IPTC:Keywords" not in change_for(wish("event launch"), Metadata()).add
    assert change_for(wish("event other"), Metadata()).add == {}


def test_a_second_time_nothing_changes():
    """What a change leaves lacks nothing of the same wish, for any tags."""
    for tags in (("event launch",), ("event landing", "crew_role pilot", "crew_role commander"), ("event other",)):
        for terms in ((), (Term("event", "launch", "Launches", "urn:x:1", "urn:x"),)):
            asked = wish(*tags, people=("Bo Ek",), terms=terms, with_iptc=True)
            before = Metadata({"dc:subject": ("pad", "Launch")})
            assert not change_for(asked, after(before, change_for(asked, before)))


def test_a_keyword_is_the_same_in_another_case_or_with_spaces():
    """A person's `Launch ` is not joined by a `launch`; its spelling stays."""
    change = change_for(wish("event launch"), Metadata({"dc:subject": ("Launch ", "pad")}))
    assert "dc:subject" not in change.add
    assert "dc:subject" not in change.remove


def test_tags_follow_the_caption():
    """Another event takes the place of the old one with all its keywords; a role that is gone goes; a new one comes."""
    before = filled("event launch", "crew_role commander")
    change = change_for(wish("event landing", "crew_role pilot"), before)
    assert change.remove["dc:subject"] == ["launch", "commander"]
    assert change.add["dc:subject"] == ["landing", "pilot"]
    assert [t.value for t in change.gone] == ["launch", "commander"]
    left = after(before, change)
    assert left.values("digiKam:TagsList") == ("event/landing", "crew_role/pilot")
    assert {link.value for link in left.links} == {"landing", "pilot"}


def test_a_person_s_own_keyword_outlives_the_tag():
    """A keyword that stood before mlcap's tag stays when the tag goes; only what mlcap added goes."""
    own = Metadata({"dc:subject": ("launch",)})
    before = after(own, change_for(wish("event launch"), own))
    change = change_for(wish("event landing"), before)
    assert "dc:subject" not in change.remove
    assert change.remove["lr:hierarchicalSubject"] == ["event|launch"]


def test_what_a_person_decided_stands():
    """A confirmed event is not joined by another, a rejected one loses its keywords and does not come back."""
    before = filled("event launch", "crew_role pilot")
    own = (written("event launch", "confirmed"), written("crew_role pilot", "rejected"))
    before = Metadata(before.fields, own, links=before.links)
    change = change_for(wish("event landing", "crew_role pilot"), before)
    assert not change.new
    assert not change.gone
    assert change.remove == {
        "dc:subject": ["pilot"],
        "lr:hierarchicalSubject": ["crew_role|pilot"],
        "digiKam:TagsList": ["crew_role/pilot"],
    }
    assert change.notes == ("event launch was confirmed, so landing is not written", "crew_role pilot was rejected")
    assert not change_for(wish("event landing", "crew_role pilot"), after(before, change))


def decided(tag, status, again=False, score="0.9", model="1"):
    """A tag that a person decided elsewhere."""
    return PlannedTag(*tag.split(), score, status, model, again)


def decided_wish(*tags):
    """A wish for what a person decided, of both facets."""
    return Wish(tags, FACETS, (), "2", "r2", {}, False)


def test_what_was_decided_elsewhere_becomes_the_status():
    """A confirmed tag is written as that and stays for good; a rejected one loses its keywords; what nobody chose goes."""
    before = filled("event launch", "crew_role pilot", "crew_role commander")
    asked = decided_wish(decided("event landing", "confirmed"), decided("event launch", "rejected"))
    asked = Wish((*asked.tags, decided("crew_role pilot", "confirmed")), FACETS, (), "2", "r2", {}, False)
    change = change_for(asked, before)
    left = after(before, change)
    assert {(t.value, t.status, t.model) for t in left.own} == {
        ("landing", "confirmed", "1"),
        ("launch", "rejected", "1"),
        ("pilot", "confirmed", "1"),
    }
    assert sorted(left.values("dc:subject")) == ["landing", "pilot"]
    assert not change_for(asked, left)
    again = change_for(wish("event launch", "crew_role commander"), left)
    assert again.notes == ("event launch was rejected",)
    assert [t.value for t in again.new] == ["commander"]


def test_two_people_who_decided_otherwise_are_told_of():
    """What stands in the file as decided by a person is not turned round, unless whoever plans has thought again."""
    own = (written("event launch", "confirmed"), written("crew_role pilot", "rejected"))
    there = Metadata({}, own)
    tags = ("event landing", "confirmed"), ("event launch", "rejected"), ("crew_role pilot", "confirmed")
    change = change_for(decided_wish(*(decided(*t) for t in tags)), there)
    assert not change
    assert change.notes == (
        "event launch was confirmed, so landing is not written",
        "event launch was confirmed there, so it is not rejected",
        "crew_role pilot was rejected",
    )
    change = change_for(decided_wish(*(decided(*t, again=True) for t in tags)), there)
    assert not change.notes
    left = after(there, change)
    assert {(t.value, t.status) for t in left.own} == {
        ("landing", "confirmed"),
        ("launch", "rejected"),
        ("pilot", "confirmed"),
    }


def test_a_rejected_tag_s_keywords_go_also_where_nothing_is_written():
    """When a caption needs review, only what was rejected goes; nothing else is out of date."""
    before = filled("event launch", "crew_role pilot")
    before = Metadata(
        before.fields, (written("event launch", "rejected"), written("crew_role pilot")), links=before.links
    )
    change = change_for(wish(facets={}), before)
    assert change.remove["dc:subject"] == ["launch"]
    assert not change.gone


def test_a_newer_model_takes_the_older_one_s_place():
    """Each tag stands once: the structure of an older model version, or another score, is replaced, doubles too."""
    before = filled("event launch")
    change = change_for(wish("event launch", model="2"), before)
    assert [(t.model, t.run) for t in change.new] == [("2", "r2")]
    assert len(change.gone) == 1
    assert not change.add
    assert not change.remove
    twice = Metadata(before.fields, (written("event launch"), written("event launch", run="r0")), links=before.links)
    assert len(after(twice, change_for(wish("event launch"), twice)).own) == 1


def test_facets_that_were_not_tagged_are_left():
    """What another model's facet says stays."""
    before = filled("event launch", "place pad")
    own = (*before.own, written("place pad"))
    change = change_for(wish("event landing"), Metadata(before.fields, own, links=before.links))
    assert [t.facet for t in change.gone] == ["event"]


def test_a_keyword_of_two_tags_stays_until_both_are_gone():
    """Two values in one word: the keyword goes with the last of them."""
    terms = (Term("event", "launch", "Flight"), Term("crew_role", "pilot", "Flight"))
    before = filled("event launch", "crew_role pilot", terms=terms)
    assert before.values("dc:subject") == ("Flight",)
    first = change_for(wish("event landing", "crew_role pilot", terms=terms), before)
    assert "dc:subject" not in first.remove
    second = change_for(wish("event landing", terms=terms), after(after(before, first), Change()))
    assert second.remove["dc:subject"] == ["Flight"]


def test_files_of_an_earlier_mlcap_are_understood():
    """Where no links are written, the keywords of a tag go when its hierarchical one stands as mlcap wrote it."""
    fields = {"dc:subject": ("launch",), "lr:hierarchicalSubject": ("event|launch",)}
    change = change_for(wish("event landing"), Metadata(fields, (written("event launch"),)))
    assert change.remove == {"dc:subject": ["launch"], "lr:hierarchicalSubject": ["event|launch"]}
    fields = {"dc:subject": ("launch",)}
    assert not change_for(wish("event landing"), Metadata(fields, (written("event launch"),))).remove


@pytest.mark.parametrize("facets", [{}, FACETS], ids=["adding alone", "following"])
@pytest.mark.parametrize("second", ["event launch", "event landing"])
def test_what_an_earlier_mlcap_added_is_remembered(facets, second):
    """Once a file has links, they name an earlier mlcap's keywords too, so that these go when their tag does."""
    fields = {"dc:subject": ("pad", "launch"), "lr:hierarchicalSubject": ("event|launch",)}
    before = Metadata(fields, (written("event launch"),))
    left = after(before, change_for(wish(second, facets=facets, model="2"), before))
    left = after(left, change_for(wish("event ceremony", model="3"), left))
    assert left.values("dc:subject") == ("pad", "ceremony")
    assert left.values("lr:hierarchicalSubject") == ("event|ceremony",)
    assert left.values("digiKam:TagsList") == ("pad", "event/ceremony")
    assert {link.value for link in left.links} == {"ceremony"}


def test_an_earlier_mlcap_s_keywords_take_the_archive_s_words():
    """New words take the place of the old ones, and a second time nothing changes."""
    before = Metadata(
        {"dc:subject": ("launch",), "lr:hierarchicalSubject": ("event|launch",)}, (written("event launch"),)
    )
    asked = wish("event launch", terms=(Term("event", "launch", "Flight"),))
    left = after(before, change_for(asked, before))
    assert left.values("dc:subject") == ("Flight",)
    assert not change_for(asked, left)


def test_the_archive_s_words_are_written():
    """A term stands in every field, and as a controlled term with its IRI; a change of terms changes the keywords."""
    term = Term("event", "launch", "Launches, crewed", "urn:voc:12", "urn:voc")
    before = filled("event launch")
    change = change_for(wish("event launch", terms=(term,)), before)
    assert change.remove["dc:subject"] == ["launch"]
    assert change.add["digiKam:TagsList"] == ["event/Launches, crewed"]
    assert change.add["Iptc4xmpExt:AboutCvTerm"] == ["{CvId=urn:voc,CvTermId=urn:voc:12,CvTermName=Launches|, crewed}"]
    left = after(before, change)
    back = change_for(wish("event landing", terms=(term,)), left)
    assert back.remove["Iptc4xmpExt:AboutCvTerm"] == change.add["Iptc4xmpExt:AboutCvTerm"]
    named = change_for(wish("event other", terms=(Term("event", "other", "Unsorted"),)), Metadata())
    assert named.add["dc:subject"] == ["Unsorted"]


def test_iptc_takes_what_it_can_hold():
    """No more than 64 bytes, and in an unmarked encoding nothing but ASCII; what is left out is said."""
    term = (Term("event", "launch", "Старт"), Term("crew_role", "pilot", "x" * 65))
    asked = wish("event launch", "crew_role pilot", terms=term, with_iptc=True)
    change = change_for(asked, Metadata(iptc=True))
    assert "IPTC:Keywords" not in change.add
    assert len(change.notes) == 2
    assert change_for(asked, Metadata(iptc=True, iptc_utf8=True)).add["IPTC:Keywords"] == ["Старт"]


def test_programs_that_read_one_field_lose_no_keyword():
    """A new TagsList, which hides the other fields from some programs, starts with what they hold, each once."""
    fields = {
        "dc:subject": ("Places", "Pad", " night ", "Юрий".encode().decode("latin-1")),
        "lr:hierarchicalSubject": ("Places|Pad",),
    }
    change = change_for(wish("event launch"), Metadata(fields))
    assert change.add["digiKam:TagsList"] == ["Places/Pad", "night", "event/launch"]
    fields["digiKam:TagsList"] = ("Places/Pad",)
    assert change_for(wish("event launch"), Metadata(fields)).add["digiKam:TagsList"] == ["event/launch"]


def test_a_photograph_s_own_keyword_keeps_its_spelling_in_a_new_sidecar():
    """What the photograph has starts the sidecar as it is written, each once, and stays when the tag goes."""
    change = change_for(wish("event launch", "crew_role pilot"), Metadata(), ("Launch", "pad", "LAUNCH"))
    assert change.add["dc:subject"] == ["Launch", "pad", "pilot"]
    assert change.add["digiKam:TagsList"] == ["pad", "event/launch", "crew_role/pilot"]
    before = after(Metadata(), change)
    assert not change_for(wish("event launch", "crew_role pilot"), before)
    left = after(before, change_for(wish("event landing"), before))
    assert left.values("dc:subject") == ("Launch", "pad", "landing")


WORDS = st.lists(st.sampled_from(["launch", "Launch", "pilot", "fit-check", "Soyuz"]), max_size=3, unique=True)
PATHS = st.lists(st.sampled_from(["event|launch", "crew_role|pilot", "Places|Pad"]), max_size=2, unique=True)
TAGS = st.lists(st.sampled_from(["event launch", "event fit-check", "event other", "crew_role pilot"]), unique=True)


@given(WORDS, PATHS, WORDS, st.lists(TAGS, min_size=1, max_size=3), st.booleans())
def test_a_keyword_of_others_is_in_every_field_whatever_tags_come_and_go(words, paths, seeds, taggings, is_new):
    """A person's keyword that a tag says as well stays its own, also in the field that some programs read alone."""
    metadata = Metadata({} if is_new else {"dc:subject": tuple(words), "lr:hierarchicalSubject": tuple(paths)})
    for number, tags in enumerate(taggings):
        asked = wish(*tags, with_iptc=True)
        metadata = after(metadata, change_for(asked, metadata, seeds if is_new and not number else ()))
        assert not change_for(asked, metadata)
        there = metadata.values("digiKam:TagsList")
        assert len(set(there)) == len(there)
        # A field that only had ours is gone with them, and programs read the others.
        theirs = {same(w) for w in (seeds if is_new else words)} if there else set()
        assert theirs <= {same(part) for path in there for part in path.split("/")}
        assert is_new or not there or {p.replace("|", "/") for p in paths} <= set(there)


def test_people_are_only_added():
    """Names that are there, in whatever case, are not added again, and none is taken away."""
    people = {"Iptc4xmpExt:PersonInImage": ("BO EK", "Mia Voss")}
    change = change_for(wish("event launch", people=("Bo Ek", "Jan Roe", "jan roe")), Metadata(people))
    assert change.add["Iptc4xmpExt:PersonInImage"] == ["Jan Roe"]
    assert not change.remove


def test_links_are_read_as_written():
    """A link comes back from its text, also with signs in the keyword; other texts are none."""
    link = Link("event", "launch", "dc:subject", "a = b c")
    from mlcap.photos.metadata import _link

    assert _link(link.text) == link
    assert _link("sidecar made") is None
    assert _link("event launch xmp:rating=5") is None


FACET_LIST = (
    Facet("event", False, "", (Value("launch", ""), Value("landing", ""))),
    Facet("crew_role", True, "", (Value("pilot", ""),)),
)


def test_terms_are_read(tmp_path):
    """A table by facet and value, a table by value alone, or a word alone."""
    path = tmp_path / "terms.toml"
    path.write_text(
        'pilot = "Flyers"\n[landing]\nterm = "Landings"\n'
        '[event.launch]\nterm = " Launches "\niri = "urn:1"\nvocabulary = "voc"\n'
    )
    assert set(read_terms(path, FACET_LIST)) == {
        Term("event", "launch", "Launches", "urn:1", "voc"),
        Term("event", "landing", "Landings"),
        Term("crew_role", "pilot", "Flyers"),
    }


def test_the_taxonomy_s_iris_are_terms_as_well(tmp_path):
    """An IRI of the taxonomy is written without a file of terms, with its words, and not where that names another."""
    values = (
        Value("launch", "", iri="urn:t:1"),
        Value("landing", "", iri="urn:t:2"),
        Value("other", "", iri="urn:t:3"),
    )
    facets = (Facet("event", False, "", values), FACET_LIST[1])
    launch, landing, other = terms_of(facets)
    assert launch == Term("event", "launch", "launch", "urn:t:1")
    change = change_for(wish("event launch", terms=(launch, landing, other)), Metadata())
    assert change.add["Iptc4xmpExt:AboutCvTerm"] == ["{CvTermId=urn:t:1,CvTermName=launch}"]
    assert change_for(wish("event other", terms=(other,)), Metadata()).add == {}
    (tmp_path / "terms.toml").write_text('launch = "Launches"\n[landing]\niri = "urn:mine"\n[pilot]\niri = "urn:p"\n')
    assert set(terms_of(facets, tmp_path / "terms.toml")) == {
        Term("event", "launch", "Launches", "urn:t:1"),
        Term("event", "landing", "landing", "urn:mine"),
        Term("crew_role", "pilot", "pilot", "urn:p"),
        other,
    }


def test_the_readme_s_terms_are_read(tmp_path):
    """The example that people copy is one that is understood."""
    (example,) = [
        b.partition("```")[0] for b in (ROOT / "README.md").read_text("utf-8").split("```toml\n")[1:] if "term =" in b
    ]
    (tmp_path / "terms.toml").write_text(example)
    (term,) = read_terms(tmp_path / "terms.toml", FACET_LIST)
    assert (term.facet, term.value, term.structure != "") == ("event", "launch", True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[event", "no valid TOML"),
        ('[event.lunch]\nterm="x"', "no value of event"),
        ('[lunch]\nterm="x"', "neither facet nor value"),
        ('[event.launch]\niri="not an iri <x>"', "names 'not an iri <x>', which is no IRI"),
        ('[event.launch]\nterm="x"\niri="x"', "is no IRI"),
        ('[event.launch]\nvocabulary="x"', "names no term"),
        ('[event.launch]\nterm="x"\nurl="x"', "has 'url'; it takes term, iri, vocabulary"),
        ('[event.launch]\nterm="a|b"', r"holds no \| or /"),
        ('[event.launch]\nterm="a\\nb"', "on one line"),
        ("[event.launch]\nterm=5", "names no term"),
        ('event = "x"', "is a facet"),
        ('[event.launch]\nterm="x"\niri=5', "iri is to be a text"),
    ],
)
def test_faulty_terms_are_told(tmp_path, text, says):
    """Each fault of a file of terms is one line that says what is allowed."""
    path = tmp_path / "terms.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_terms(path, FACET_LIST)
    with pytest.raises(InputError, match="cannot be read"):
        read_terms(tmp_path / "gone.toml", FACET_LIST)
