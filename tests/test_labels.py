"""Labels: taxonomy, digest, library and stores, held-out missions, near-duplicates."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter

import pytest
from conftest import write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from mlcap.errors import InputError, LabelError, TaxonomyError
from mlcap.labels.corpus import read_labelled
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import read_labels
from mlcap.labels.held_out import draw_held_out
from mlcap.labels.library import join_library, read_library
from mlcap.labels.own_names import with_own_names
from mlcap.labels.series import join_groups, near_duplicates
from mlcap.labels.stores import read_store
from mlcap.model.location import shipped_taxonomy
from mlcap.taxonomy import extra_words, facets_as_data, parse_facets, read_taxonomy
from mlcap.types import LabelledCaption

FACETS = read_taxonomy(shipped_taxonomy())


def test_files_that_are_passed_over_are_named(tmp_path):
    """What lies beside captions and is neither read nor about them is named once."""
    rows = [{"id": f"a-{n}", "text": f"A crane lifts load {n}.", "event": "other", "crew_role": []} for n in range(2)]
    write_jsonl(tmp_path / "captions.jsonl", rows)
    for name in ("more.txt", "old.ods", "README.md", ".DS_Store", "~$more.xlsx", "LICENSE"):
        (tmp_path / name).write_text("The crew waits.\n", "utf-8")
    warnings = []
    read_labels(tmp_path, taxonomy=shipped_taxonomy(), warn=warnings.append)
    assert [w for w in warnings if "passed over" in w] == [
        f"{tmp_path}: passed over, no labelled captions: more.txt, old.ods; save them as CSV or .xlsx with a header row"
    ]


def test_taxonomy_survives_the_way_through_data():
    """Facets written as data and read again are the same."""
    assert parse_facets(json.loads(json.dumps(facets_as_data(FACETS))), "x") == FACETS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no facet"),
        ("[facet.event]\n", "multiple = true .* or multiple = false"),
        ("[facet.event]\nmultiple = false\n", "has no values"),
        ("[facet.Event]\nmultiple = true\n", "cannot name a facet"),
        ("[facet.text]\nmultiple = true\n", "cannot name a facet"),
        ("[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\n[[facet.a.value]]\nname='x'\n", "twice"),
        ("[facet.a]\nmultiple = false\n[[facet.a.value]]\nname='x'\n", "at least two"),
        ("[facet", "no valid TOML"),
        ("[facet.x_confidence]\nmultiple = true\n", "ends in _confidence"),
        (
            "[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\n[facet.b]\nmultiple = true\n[[facet.b.value]]\nname='x'\n",
            "told apart",
        ),
        ("x = 1\n", "has 'x', and may have facet"),
        ("[facets.a]\nmultiple = true\n", "has 'facets', and may have facet; is facet meant"),
        ("[[facet]]\nname = 'a'\n", r"not \[\[facet\]\]"),
        ("[facet.a]\nmultiple = 'true'\n", "without quotation marks"),
        ("[facet.a]\nmultiple = true\ndefinitoin = ''\n", "facet a has 'definitoin'.* is definition meant"),
        ("[facet.a]\nmultiple = true\ndefinition = 7\n[[facet.a.value]]\nname='x'\n", "definition of facet a must"),
        ("[facet.a]\nmultiple = true\n[facet.a.value]\nname='x'\n", "two brackets"),
        ("[facet.a]\nmultiple = true\nvalue = ['x']\n", "value 1 of facet a is no table"),
        ("[facet.a]\nmultiple = true\n[[facet.a.value]]\nnmae='x'\n", "value 1 of facet a has no name"),
        (
            "[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='Fit check'\n",
            "'Fit check' cannot name a value of facet a",
        ),
        ("[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='" + "x" * 41 + "'\n", "40 at most"),
        (
            "[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\nwords='y'\n",
            "words of value x of facet a must be a list",
        ),
        ("[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\niri='launch'\n", "'launch', which is no IRI"),
        ("[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\nclose_match=['http://a b']\n", "no IRI"),
        (
            "[facet.a]\nmultiple = true\n[[facet.a.value]]\nname='x'\niri='urn:mlcap:a:y'\n[[facet.a.value]]\nname='y'\n",
            "two values have the IRI urn:mlcap:a:y",
        ),
        ("x = " + "[" * 5000 + "]" * 5000, "TOML"),
        (
            "[facet.a]\nmultiple = false\nvalue = [{name = 'day-time'}, {name = 'day_time'}]",
            "values of facet a day-time and day_time differ in - and _ alone",
        ),
        (
            "[facet.a-b]\nmultiple = true\nvalue = [{name = 'x'}]\n[facet.a_b]\nmultiple = true\nvalue = [{name = 'y'}]",
            "facets a-b and a_b differ in - and _ alone",
        ),
        ("# " + "x" * (1 << 20), "more than 1 MiB"),
    ],
)
def test_malformed_taxonomy_says_what_is_wrong(tmp_path, text, message):
    """Each fault of a taxonomy has its own message."""
    path = tmp_path / "taxonomy.toml"
    path.write_text(text)
    with pytest.raises(TaxonomyError, match=message) as caught:
        read_taxonomy(path)
    assert len(str(caught.value).splitlines()) == 1


def test_values_have_iris_and_name_terms_of_others():
    """An IRI that the taxonomy names stands; another is made of facet and value; terms of other vocabularies come along."""
    term = "https://example.org/terms/touchdown"
    rows = [
        {"name": "up", "iri": "https://example.org/up", "exact_match": [term]},
        {"name": "down", "close_match": [term]},
    ]
    data = {"way": {"multiple": False, "value": rows}}
    (facet,) = facets = parse_facets(data, "x")
    assert facet.iri("up") == "https://example.org/up"
    assert facet.iri("down") == "urn:mlcap:way:down"
    assert (facet.values[0].exact_match, facet.values[1].close_match) == ((term,), (term,))
    assert parse_facets(json.loads(json.dumps(facets_as_data(facets))), "x") == facets
    with pytest.raises(KeyError):
        facet.iri("sideways")
    assert "iri" not in json.dumps(facets_as_data(FACETS))


def test_a_taxonomy_of_very_many_values_takes_no_time():
    """Each value is looked at a few times, whatever others there are."""
    rows = [{"name": f"v{i}"} for i in range(2000)]
    calls = []
    sys.setprofile(lambda frame, event, _: calls.append(frame.f_code.co_name) if event == "call" else None)
    try:
        (facet,) = parse_facets({"sky": {"multiple": True, "value": rows}}, "x")
    finally:
        sys.setprofile(None)
    assert facet.iri("v1999") == "urn:mlcap:sky:v1999"
    assert max(Counter(calls).values()) < 20 * len(rows)


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["x", "urn:x:y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["multiple", "definition", "value", "name", "words", "iri", "x"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(_ODD)
def test_nonsense_is_a_taxonomy_or_refused_in_one_line(data):
    """Whatever stands where facets, values and their fields belong."""
    for tried in (
        data,
        {"sky": data},
        {"sky": {"multiple": True, "value": data}},
        {"sky": {"multiple": True, "value": [data]}},
    ):
        said = "x: read"
        try:
            assert all(facet.values for facet in parse_facets(tried, "x"))
        except TaxonomyError as error:
            said = str(error)
        assert said.startswith("x: ")
        assert len(said.splitlines()) == 1


def test_words_of_the_taxonomy_become_patterns():
    """Words named for a value are found in any case and in the plural."""
    facets = parse_facets({"duty": {"multiple": True, "value": [{"name": "cook", "words": ["ship's cook"]}]}}, "x")
    assert extra_words(facets)["cook"].search("Two Ship's Cooks")


def test_a_value_is_mentioned_by_its_own_name():
    """With words of its own or without, unless the lexicon knows the value better; the facets of mlcap stay as they are."""
    values = [{"name": "tram-driver"}, {"name": "conductor", "words": ["ticket lady"]}, {"name": "commander"}]
    day = {"multiple": False, "value": [{"name": "day"}, {"name": "night"}]}
    facets = with_own_names(parse_facets({"staff": {"multiple": True, "value": values}, "sky": day}, "x"))
    found = extra_words(facets)
    assert found.keys() == {"tram-driver", "conductor"}
    assert found["tram-driver"].search("Two Tram-Drivers")
    assert found["tram-driver"].search("the tram driver waits")
    assert found["conductor"].search("The ticket lady")
    assert found["conductor"].search("The conductor")
    assert with_own_names(facets) == facets
    own = read_taxonomy(shipped_taxonomy())
    assert with_own_names(own) == own


def test_digest_sees_words_and_not_their_spacing():
    """White space and Unicode form do not change the digest, anything else does."""
    assert text_digest(" a\n\tb ") == text_digest("a b")
    assert text_digest("e\u0301") == text_digest("\u00e9")
    assert text_digest("a b") != text_digest("a  B")


def _library(tmp_path, rows):
    path = tmp_path / "library.csv"
    head = "nasa_id,sha256,event,crew_role,mission,sample,stratum\n"
    path.write_text(head + "".join(",".join(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_library_joins_by_id_and_digest(tmp_path):
    """A label finds its text in any store; a changed text is told apart from a missing one."""
    digest = text_digest("A crane waits.")
    path = _library(
        tmp_path,
        [[i, digest, "other", "", "m", "chosen", "outside"] for i in ("A-1", "A-2", "A-3", "a-1")],
    )
    store = write_jsonl(
        tmp_path / "s.jsonl",
        [{"nasa_id": "A-1", "description": "A  crane waits."}, {"nasa_id": "A-2", "text": "Else."}],
    )
    response = {
        "collection": {"items": [{"data": [{"nasa_id": "a-1", "description": "A crane waits.", "title": "t"}]}]}
    }
    packed = tmp_path / "s.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(response, indent=1).encode()))
    joined = join_library(read_library(path, FACETS), [store, packed])
    assert [c.id for c in joined.captions] == ["A-1", "a-1"]
    assert joined.changed == ["A-2"]
    assert joined.missing == ["A-3"]
    assert joined.captions[0].labels == {"event": "other", "crew_role": ()}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["x", "0" * 64, "lunch", "", "m", "", ""], "lunch"),
        (["x", "0" * 64, "launch", "cook", "m", "", ""], "cook"),
        (["x", "short", "launch", "", "m", "", ""], "sha256"),
    ],
)
def test_library_rows_are_checked(tmp_path, row, message):
    """A row with an unknown value or no digest is refused with its line."""
    with pytest.raises(LabelError, match=message):
        read_library(_library(tmp_path, [row]), FACETS)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"not json\n", b"\x1f\x8b broken", b"\xff\xfe\n"])
def test_unusable_stores_are_refused(tmp_path, content):
    """A store without captions, or that is damaged, is one clear error."""
    path = tmp_path / "store.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"store\.jsonl"):
        list(read_store(path))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"text": "x", "event": "launch"}, "no id"),
        ({"id": "a", "event": "launch"}, "has no caption"),
        ({"id": "a", "text": "x"}, "no label"),
        ({"id": "a", "text": "x", "event": "lunch"}, "lunch"),
        ({"id": "a", "text": "x", "event": ["launch"]}, "not one of|is not"),
        ({"id": "a", "text": "x", "crew_role": 5}, "must be a list"),
        ({"id": "a", "text": "x", "crew_role": "pilot; cook"}, "'cook' is not one of"),
        ({"id": "a", "text": "", "event": "launch"}, "the caption is empty"),
    ],
)
def test_labelled_records_are_checked(tmp_path, record, message):
    """Each fault of a labelled record has its message and its line."""
    path = write_jsonl(tmp_path / "g.jsonl", [{"id": "ok", "text": "fine", "event": "launch"}, record])
    with pytest.raises(LabelError, match=message) as caught:
        read_labelled(path, FACETS)
    assert "line 2" in str(caught.value)


def test_repeated_ids_are_refused(tmp_path):
    """An id may stand once."""
    path = write_jsonl(tmp_path / "g.jsonl", [{"id": "a", "text": "x", "event": "launch"}] * 2)
    with pytest.raises(LabelError, match="ids must differ"):
        read_labelled(path, FACETS)


def _captions(sizes):
    return [
        LabelledCaption(f"{m}-{k}", f"text {m} {k}", {"event": "launch" if k % 2 else "other"}, m, "own")
        for m, size in sizes.items()
        for k in range(size)
    ]


def test_held_out_missions_are_whole_and_about_a_tenth():
    """Drawing takes whole missions, leaves giants alone and gives the same ones again."""
    captions = _captions({f"m{i}": 2 for i in range(60)} | {"giant": 40})
    drawn = draw_held_out(captions)
    assert drawn == draw_held_out(list(reversed(captions)))
    assert "giant" not in drawn
    share = sum(c.mission in drawn for c in captions) / len(captions)
    assert 0.08 <= share <= 0.15


def test_held_out_missions_stay_when_labels_are_added():
    """Whatever comes, what was drawn stays drawn; more is drawn for what lacks: a tenth, and values that are new."""
    few = _captions({f"m{i}": 2 for i in range(40)})
    drawn = draw_held_out(few)
    more = few + _captions({f"n{i}": 3 for i in range(80)} | {max(drawn): 10})
    later = draw_held_out(more, before=drawn)
    assert drawn < later
    assert draw_held_out(list(reversed(more)), before=later) == later
    assert sum(c.mission in later for c in more) / len(more) <= 0.3
    gone = [c for c in few if c.mission != max(drawn)]
    assert draw_held_out(gone, before=drawn) >= drawn - {max(drawn)}
    assert max(drawn) not in draw_held_out(gone, before=drawn)


def test_near_duplicates_join_their_groups():
    """Captions that share half of their word runs end in one group."""
    a = "the crew of the flight walks out of the building and waves to the people who wait at the road"
    texts = [a, a + " today", "nothing in common here at all, my friend, nothing whatever"]
    pairs = list(near_duplicates(texts))
    assert [(i, j) for i, j, _ in pairs] == [(0, 1)]
    assert join_groups(["x", "y", "z"], pairs) == (["x", "x", "z"], pairs)


def test_folder_holds_out_what_near_duplicates_join(tmp_path):
    """A caption like one of a held-out mission is held out with it."""
    a = "the crew of the flight walks out of the building and waves to the people who wait at the road"
    write_jsonl(
        tmp_path / "c.jsonl",
        [
            {"id": "1", "text": a, "event": "launch", "mission": "b"},
            {"id": "2", "text": a + " now", "event": "launch", "mission": "a"},
            {"id": "3", "text": "something else", "event": "other", "mission": "c"},
        ],
    )
    (tmp_path / "held-out.toml").write_text('missions = ["b"]')
    labels = read_labels(tmp_path, (), shipped_taxonomy())
    assert [c.id for c in labels.training()] == ["3"]
    assert not labels.drawn
