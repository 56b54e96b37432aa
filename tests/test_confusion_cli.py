"""`mlcap confusion`: the captions behind a number."""

from __future__ import annotations

import json
import re

import pytest
from conftest import few_records, mlcap, write_jsonl
from fixed import CREW, FACETS, SCENE, fixed_captions, fixed_tags, same_as_golden

import mlcap as library
from mlcap.cli.confusion import case_lines
from mlcap.errors import InputError
from mlcap.evaluation.confusion import ConfusionCell, captions_in, parse_cell
from mlcap.explanation.case import Case, case_of
from mlcap.explanation.neighbours import Neighbour, Neighbours
from mlcap.explanation.rows import Row
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.types import LabelledCaption

NASTY = "Pilot <script>alert(1)</script> Bo Ek\x1b[31m waves\x07 from the \u202esteps. " + "x" * 300


@pytest.fixture(scope="module")
def gold(small):
    """A gold file on which the small model is sometimes wrong, with extra fields and hostile text."""
    rows = [{**r, "odd": {"deep": [1]}} for r in few_records(22)]
    rows.append({"id": "nasty\x1b[2J", "text": NASTY, "event": "landing", "crew_role": ["backup-crew"]})
    return write_jsonl(small / "gold-cells.jsonl", rows)


def run(small, gold, *args, check=0):
    """Run with the small model and its labels."""
    return mlcap("confusion", gold, "--models", small / "models", *args, cwd=small, check=check)


def test_cells_by_hand():
    """A cell holds the captions that were counted in it by hand, for one value and for many."""

    def places(facet, labelled, given):
        return captions_in(ConfusionCell(facet, labelled, given), fixed_captions(), fixed_tags())

    assert places(SCENE, "dawn", "dusk") == [2, 3]
    assert places(SCENE, "dusk", "dusk") == [7, 8]
    assert places(CREW, "helm", "cook") == [2, 3]
    assert places(CREW, "cook", None) == [5]
    assert places(CREW, None, "cook") == [2, 3, 8]
    assert places(CREW, "helm", "helm") == [5, 7, 8]


@pytest.mark.parametrize("text", ["dawn", "dawn,dusk,noon", "dawn,cook", "-,-", "dawn,-", "x,y", ""])
def test_what_is_no_cell_is_refused(text):
    """Anything but two values of one facet is refused with what is allowed."""
    with pytest.raises(InputError, match="--cell"):
        parse_cell(text, FACETS)


def test_facet_is_found_by_its_values():
    """The facet follows from the values, and a wrong --facet is named."""
    assert parse_cell("helm,-", FACETS) == ConfusionCell(CREW, "helm", None)
    assert parse_cell(" dawn , noon ", FACETS).facet is SCENE
    with pytest.raises(InputError, match="scene, crew"):
        parse_cell("dawn,noon", FACETS, "weather")


def test_every_cell_of_the_matrix_has_its_captions(small, gold):
    """As many captions are listed as the matrix counts, for the worst pair of each facet."""
    confusion = json.loads(mlcap("evaluate", gold, "--models", small / "models", "--json", cwd=small, check=0).out)
    pairs = [(name, c["pairs"][0]) for name, c in confusion["confusion"].items() if c["pairs"]]
    assert pairs
    for name, pair in pairs:
        cell = f"{pair['labelled']},{pair['given']}"
        data = json.loads(run(small, gold, "--cell", cell, "--facet", name, "--neighbours", "0", "--json").out)
        assert len(data["captions"]) == pair["captions"]
        assert all(c["margin"] >= 0 and c["words"] for c in data["captions"] if name == "event")


def test_words_and_neighbours_explain_a_case(tagger, small):
    """The words stand in the caption, and the nearest captions are training ones and never the caption itself."""
    labels = read_labels(small / "labels", (), shipped_taxonomy())
    training = labels.training()
    one = training[5]
    near = Neighbours(tagger, labels.facets[0], training).nearest(one.text, 4)
    assert len(near) == 4
    assert one.id not in {n.caption.id for n in near}
    assert [n.similarity for n in near] == sorted((n.similarity for n in near), reverse=True)
    assert all(0 < n.similarity <= 1 for n in near)
    given = tagger.tag_one(one.text).event
    case = case_of(ConfusionCell(labels.facets[0], given, given), tagger, [one], 0)
    assert case.words
    assert case.margin > 0
    assert all(" ".join(q.split()) in " ".join(one.text.split()) for w in case.words for q in w.quotes)


def test_neighbours_of_nothing(tagger, small):
    """Without training captions, without words, or without a word in common there are no neighbours."""
    facet = read_labels(small / "labels", (), shipped_taxonomy()).facets[0]
    blank = LabelledCaption("b", "...", {"event": "other"}, "m", "own")
    assert Neighbours(tagger, facet, []).nearest("A crane waits.") == []
    assert Neighbours(tagger, facet, [blank]).nearest("A crane waits.") == []
    other = LabelledCaption("o", "Zebras graze.", {"event": "other"}, "m", "own")
    assert Neighbours(tagger, facet, [other]).nearest("A crane waits.") == []


def test_a_case_looks_as_agreed():
    """One caption of a cell equals its golden file; control characters and wide lines of captions do no harm."""
    caption = LabelledCaption("id\x1b-7", NASTY, {"scene": "dawn"}, "m", "own")
    words = (
        Row("lead", "waves", 0.81, ("waves",)),
        Row("codes", "no-mission", 0.3, ()),
        Row("letters", "in x", 0.2, ("x" * 300,)),
    )
    case = Case(0, 0.9991, 0.0008, 0.9983, words)
    near = [Neighbour(fixed_captions()[0], 0.5), Neighbour(caption, 0.25)]
    lines = case_lines(ConfusionCell(SCENE, "dawn", "dusk"), caption, fixed_tags()[2], case, near)
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines)) + "\n"
    same_as_golden("confusion-case.txt", text)
    assert all(c.isprintable() for line in text.splitlines() for c in line)
    assert max(map(len, text.splitlines())) <= 80


def test_control_characters_of_captions_reach_no_terminal(small, gold):
    """Whatever a caption holds, the listing is plain text, and `<script>` stays what it is."""
    for value in ("launch", "landing", "fit-check", "ceremony", "training", "on-orbit", "other"):
        out = run(small, gold, "--cell", f"landing,{value}", "--neighbours", "0").out
        if "nasty" in out:
            break
    assert "<script>alert(1)</script>" in out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", out)


def test_an_empty_cell_is_no_error(small, gold):
    """A cell without captions says so; one without labels folder says so and goes on."""
    one = write_jsonl(small / "gold-one.jsonl", [{"id": 1, "text": "A crane waits.", "event": "other"}])
    assert "0 of 1 captions" in run(small, one, "--cell", "launch,training").out
    done = mlcap("confusion", gold, "--cell", "launch,launch", "--models", small / "models", cwd="/", check=0)
    assert "no labels/ folder here" in done.err
    assert done.err.count("\n") == 1
    assert "nearest training" not in done.out
    assert "nearest training" in run(small, gold, "--cell", "launch,launch").out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--cell", "launch"), "LABELLED,GIVEN"),
        (("--cell", "launch,commander"), "no two values of one facet"),
        ((), "--cell"),
        (("--cell", "launch,launch", "--labels", "gone"), "gone"),
    ],
)
def test_wrong_use_is_one_line(small, gold, args, words):
    """What is wrong is said in one line with exit code 2."""
    done = run(small, gold, *args, check=2)
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_cell_is_read_with_the_records_as_tagging_reads_them(tmp_path):
    """Confusion and compare give the tags of `mlcap tag`: the title counts, and an id that names a picture is its image id."""
    row = {
        "id": "KSC-2011-1234",
        "text": "The crew waits beside the vehicle.",
        "title": "Launch day walkout at the pad",
    }
    write_jsonl(tmp_path / "gold.jsonl", [{**row, "event": "launch"}])
    here = {"cwd": tmp_path, "check": 0}
    tagged = json.loads(mlcap("tag", "gold.jsonl", **here).out)
    alone = json.loads(mlcap("tag", "gold.jsonl", "--text-only", **here).out)
    assert tagged["event_confidence"] != alone["event_confidence"]
    args = ("--cell", f"launch,{tagged['event']}", "--facet", "event", "--neighbours", "0", "--json")
    (found,) = json.loads(mlcap("confusion", "gold.jsonl", *args, **here).out)["captions"]
    assert found["probability"] == tagged["event_confidence"]
    (caption,) = read_labelled(tmp_path / "gold.jsonl", library.load().facets)
    assert caption.catalogue == {"nasa_id": "KSC-2011-1234", "title": row["title"]}
    name = f"launch,{alone['event']}"
    (found,) = json.loads(mlcap("confusion", "gold.jsonl", *args, "--cell", name, "--text-only", **here).out)[
        "captions"
    ]
    assert found["probability"] == alone["event_confidence"]
