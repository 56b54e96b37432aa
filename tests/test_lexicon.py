"""The lexicon: the form of its phrases, and finding them in one pass."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.errors import LexiconError
from mlcap.lexicon import Lexicon, lexicon, small_letters, word_spans
from mlcap.lexicon.matcher import Matcher
from mlcap.lexicon.phrases import NUMBER, REST, parse_phrase


def found(text, *sources, exact=False):
    """The stretches of a text that phrases match."""
    matcher = Matcher([(parse_phrase(source), exact) for source in sources])
    return {text[start:end] for _, start, end in matcher.find(text, small_letters(text), word_spans(text))}


@pytest.mark.parametrize(
    ("source", "text", "matches"),
    [
        ("lift[s|ed]~off", "Lift-off, lifts off, liftoff, lift up off", {"Lift-off", "lifts off", "liftoff"}),
        (
            "flight=engineer[s]",
            "flight-engineers, flight engineer, flightengineer",
            {"flight-engineers", "flight engineer"},
        ),
        ("commemorat*", "They commemorate, commemorated.", {"commemorate", "commemorated"}),
        ("sts-* is", "STS-95 is, STS- is", {"STS-95 is"}),
        ("pad #", "pad 39, pad 39A, pad B", {"pad 39"}),
        ("f-##", "F-1, F-15, F-104", {"F-15", "F-104"}),
        (
            "the <0-2>mission",
            "the mission, the long first mission, the a b c mission",
            {"the mission", "the long first mission"},
        ),
        ("\\(left", "(left), left", {"(left"}),
        ("u[.]s[.] navy", "the U.S. Navy and US navy", {"U.S. Navy", "US navy"}),
        ("ms-(1|2) !> -", "MS-1, MS-1-E", {"MS-1"}),
        ("usa ?> \\sworker", "USA workers, USA today", {"USA"}),
        ("orbiter !< mars\\s|lunar\\s", "the orbiter, a lunar orbiter", {"orbiter"}),
    ],
)
def test_signs_of_phrases(source, text, matches):
    """Each sign of a phrase stands for what its form says, and for no more."""
    assert found(text, source) == matches


def test_letters_as_written():
    """Where letters count, small ones match no capitals but the whole in capitals, and ^ frees the next letter."""
    assert found("Unity, unity, UNITY, MIR, Mir", "Unity", "Mir", exact=True) == {"Unity", "UNITY", "Mir"}
    assert found("Runway, runway", "^runway", exact=True) == {"Runway", "runway"}


@pytest.mark.parametrize(
    "source", ["lift[s", "a|b)", "[a]", "<3>", "<3-1>x", "=foo", "*", "bread > salt", "a !> b !> ", "x ?> (", "^"]
)
def test_a_phrase_that_cannot_be_read_says_why(source):
    """A fault in a phrase is told with the phrase, never as an error of Python's."""
    with pytest.raises(LexiconError, match=re.escape(source[:1])):
        parse_phrase(source)


def test_a_fault_names_file_and_line():
    """Somebody who writes a phrase wrongly learns where."""
    texts = {**lexicon()._texts, "cues": "# words\n\n[liftoff]\nlift[s\n"}
    with pytest.raises(LexiconError, match=r"cues\.txt: line 4: 'lift"):
        Lexicon(texts)
    with pytest.raises(LexiconError, match=r"cues\.txt: line 1: a phrase stands before"):
        Lexicon({**texts, "cues": "liftoff\n"})


def test_comments_do_not_change_the_digest():
    """The digest is of what is read, so that a remark makes no version obsolete, and a phrase does."""
    texts = lexicon()._texts
    assert Lexicon({**texts, "cues": texts["cues"] + "\n# A remark.\n"}).digest == lexicon().digest
    assert Lexicon({**texts, "cues": texts["cues"] + "\n[rollout]\ntrundles\n"}).digest != lexicon().digest


def test_sections_are_found_in_one_pass_with_their_places():
    """Every table is found at once; phrases that open sentences count only there."""
    text = "The launch waits. Workers near the launch pad see the launch."
    tables = lexicon().find(text, small_letters(text), word_spans(text), frozenset({0}))
    assert [(lexicon().sections["places"][m.section].name, text[m.start : m.end]) for m in tables["places"]] == [
        ("Launch pad", "launch pad")
    ]
    names = {lexicon().sections["lead"][m.section].name: m.start for m in tables["lead"]}
    assert names == {"is-over": 0}
    assert {m.start for m in tables["time"]} >= {text.index("launch waits"), text.index("launch pad")}


def plain(spelling):
    """A regular expression for a spelling, for comparison."""
    return re.escape(spelling).replace(REST, r"\w*").replace(NUMBER, r"\d+")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from("the launch pad crew of liftoff Lift-off, 39 A. flight engineers \u00e9 -- (left".split(" ")),
        max_size=14,
    )
)
def test_the_matcher_finds_what_regular_expressions_find(words):
    """For any text, the one pass finds the sections that the phrases find one by one."""
    text = " ".join(words)
    for table in ("cues", "scenes", "roles"):
        got = {m.section for m in lexicon().find(text, small_letters(text), word_spans(text))[table]}
        expected = set()
        for number, phrase in enumerate(lexicon().matcher.phrases):
            owner, section, opens = lexicon()._owner[number]
            if owner != table or opens or phrase.after or phrase.before:
                continue
            if any(re.search(rf"(?<!\w){plain(s)}(?!\w)", text, re.IGNORECASE) for s in phrase.spellings):
                expected.add(section)
        assert expected <= got


def test_small_letters_keep_their_places():
    """Letters whose small form is longer do not shift what follows."""
    text = "\u0130stanbul to MIR"
    assert len(small_letters(text)) == len(text)
    assert small_letters(text).endswith("to mir")


def test_a_folder_that_cannot_be_read_says_what_is_wrong(monkeypatch, tmp_path):
    """A missing file, other bytes than UTF-8 and weights that are none are errors of the lexicon with one line each."""
    texts = lexicon()._texts
    with pytest.raises(LexiconError, match=r"lead-weights\.csv"):
        Lexicon({**texts, "lead-weights": "feature,weight\nzorb,abc\n"})
    folder = tmp_path / "en"
    folder.mkdir()
    monkeypatch.setattr("mlcap.lexicon.tables.files", lambda _: tmp_path)
    with pytest.raises(LexiconError, match="lacks cues"):
        lexicon.__wrapped__()
    (folder / "cues.txt").write_bytes(b"[a]\n\xff\n")
    with pytest.raises(LexiconError, match=r"cues\.txt: is no UTF-8"):
        lexicon.__wrapped__()
