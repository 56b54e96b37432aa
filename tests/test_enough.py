"""Whether labels are enough: what is said of captions that count as one mission, and of nothing held out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from unittest import mock

import pytest
from conftest import mlcap, write_jsonl

import mlcap as library
from mlcap import types as library_types
from mlcap.cli import at_hand
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.taxonomy import read_taxonomy

_STATION = ("east", "west", "north", "south", "upper", "lower")


def _formulaic(path, events=("launch", "landing")):
    """Captions of one form, each of a mission of its own."""
    path.mkdir()
    text = "The bus of the crew stands at the gate of the {} yard while the people of the city look on from the road {}"
    rows = [
        {
            "id": f"c{n}",
            "text": text.format(_STATION[n % 6], n),
            "event": events[n % len(events)],
            "crew_role": ["pilot"] * (n % 2),
            "mission": f"m-{n}",
        }
        for n in range(30)
    ]
    write_jsonl(path / "captions.jsonl", rows)
    return rows


def _distinct(mission, event, n):
    words = [f"{mission}{event}{n}{k}" for k in range(9)]
    return {
        "id": "-".join(words[:1]),
        "text": " ".join(words),
        "event": event,
        "crew_role": ["pilot"] * (n % 2),
        "mission": mission,
    }


def test_captions_of_one_form_are_named_and_fewer_folds_not_advised(tmp_path):
    """One mission is left of thirty, so no number of folds helps; the message shows a pair and where to see all."""
    _formulaic(tmp_path / "labels")
    said = mlcap("train", "--labels", "labels", "--models", "m", cwd=tmp_path, check=2).err.splitlines()[-1]
    assert "1 mission is left to train on" in said
    assert "made 1 of 30" in said
    assert "(as c" in said
    assert "mlcap labels duplicates" in said
    assert "--folds" not in said
    assert "fewer folds cannot help" in said
    found = mlcap("labels", "check", "--labels", "labels", cwd=tmp_path).out
    assert "made 1 of 30" in found
    assert "training needs 5 missions" in found


def test_a_mission_is_asked_for_only_where_it_helps(tmp_path):
    """Captions that are all joined as they are gain nothing by the name of a mission; of others each is told."""
    _formulaic(tmp_path / "labels")
    path = tmp_path / "labels" / "captions.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    write_jsonl(path, [{k: v for k, v in row.items() if k != "mission"} for row in rows])
    train = ("train", "--labels", "labels", "--models", "m")
    assert "in a field mission" not in mlcap(*train, cwd=tmp_path, check=2).err
    write_jsonl(
        path, [{"id": "x", "text": "A crane waits.", "event": "other"}, {"id": "y", "text": "B", "event": "other"}]
    )
    assert "in a field mission" in mlcap(*train, cwd=tmp_path, check=2).err


def test_fewer_folds_are_advised_where_they_work(tmp_path):
    """Of missions that all hold both events, as many folds as are left work; of those that hold one each, none do."""
    (tmp_path / "labels").mkdir()
    rows = [_distinct(m, e, n) for m in "abcd" for e in ("launch", "landing") for n in range(5)]
    write_jsonl(tmp_path / "labels/captions.jsonl", rows)
    with pytest.raises(
        library.TrainingError,
        match=r"3 missions are left to train on beside 1 held out.*--folds 3 \(in Python folds=3\)",
    ):
        library.train(tmp_path / "labels", tmp_path / "m")
    rows = [_distinct(m, e, n) for m, e in (("a", "launch"), ("b", "landing")) for n in range(15)]
    write_jsonl(tmp_path / "labels/captions.jsonl", rows)
    with pytest.raises(library.TrainingError, match=r"2 missions are left.*fewer folds cannot help"):
        library.train(tmp_path / "labels", tmp_path / "m")


def test_nothing_held_out_says_why(tmp_path):
    """Large groups stay in training, and where all are large nothing is held out."""
    (tmp_path / "labels").mkdir()
    rows = [_distinct(m, e, n) for m in ("a", "b") for e in ("launch", "landing") for n in range(15)]
    write_jsonl(tmp_path / "labels/captions.jsonl", rows)
    said = mlcap("train", "--labels", "labels", "--models", "m", cwd=tmp_path, check=2).err
    assert "no caption is held out" in said
    assert "there are 60 captions of 2 missions, which training needs; label captions of more missions" in said
    assert "held-out.toml" not in said
    assert "0 captions," not in said
    rows = [{**_distinct(m, "launch", n), "crew_role": ["pilot"] * (n % 2)} for m in "abcdefg" for n in range(9)]
    write_jsonl(tmp_path / "labels/captions.jsonl", [{k: v for k, v in r.items() if k != "event"} for r in rows])
    (tmp_path / "labels/taxonomy.toml").write_text('[facet.crew_role]\nmultiple = true\nvalue = [{name = "pilot"}]\n')
    said = mlcap("train", "--labels", "labels", "--models", "m", "--folds", "2", "--jobs", "1", cwd=tmp_path).err
    assert "every mission holds more than 2 captions" in said
    assert "name missions in held-out.toml" in said


def test_captions_that_trained_are_told(tmp_path, tagger, capsys):
    """A file that the version was trained from is known by its digest; its held-out missions did not train it."""
    training = tagger.artifact.manifest.provenance.training
    gold = tmp_path / "gold.jsonl"
    write_jsonl(gold, [{"id": "a", "text": "A crane waits."}])
    held = min(training.held_out_missions)
    captions = [library_types.LabelledCaption(m, "A crane waits.", {}, m, "own") for m in ("none", "nor", held)]
    at_hand.say_trained_on(tagger, gold, captions)
    assert capsys.readouterr().err == ""
    digest = hashlib.sha256(gold.read_bytes()).hexdigest()
    with mock.patch.dict(training.label_files, {"captions.jsonl": digest}):
        at_hand.say_trained_on(tagger, gold, captions)
    assert "2 of these captions trained this version" in capsys.readouterr().err


def test_captions_that_trained_are_told_in_any_file(tmp_path, small, tagger):
    """A row more, or another form of table, hides no caption that a version of few captions learned from."""
    rows = [json.loads(line) for line in (small / "labels" / "captions.jsonl").read_text("utf-8").splitlines()]
    trained = {c.text for c in tagger.artifact.manifest.learned_from(_as_labelled(rows))}
    assert 0 < len(trained) < len(rows)
    gold = [{k: r[k] for k in ("id", "text", "event")} for r in rows if "event" in r][:60]
    gold = [*gold, {"id": "new", "text": "Nobody has ever labelled this crane.", "event": "other"}]
    write_jsonl(tmp_path / "gold.jsonl", gold)
    said = mlcap("evaluate", "gold.jsonl", "--models", small / "models", cwd=tmp_path, check=0).err
    count = sum(r["text"] in trained for r in gold)
    assert count
    assert f"{count} of these captions trained this version" in said


def _as_labelled(rows):
    return [library_types.LabelledCaption(r["id"], r["text"], {}, r["id"], "own") for r in rows]


def test_equal_faults_of_many_rows_are_one(tmp_path):
    """A whole table without labels that the taxonomy has is one line with the number of rows."""
    (tmp_path / "labels").mkdir()
    rows = [{"id": f"c{n}", "text": "A crane waits.", "mood": "calm"} for n in range(61)]
    write_jsonl(tmp_path / "labels/captions.jsonl", rows)
    found = mlcap("labels", "check", "--labels", "labels", cwd=tmp_path).out
    assert found.count("has no label") == 1
    assert "(61 rows, the first in line 1)" in found


def test_a_folder_that_takes_no_files_is_told(tmp_path):
    """It is not taken for one that another mlcap writes to."""
    (tmp_path / "a.txt").write_text("A crane waits.")
    if Path("/proc/self").exists():
        said = mlcap("tag", "a.txt", "-o", "/proc/x.jsonl", cwd=tmp_path, check=6).err
        assert "cannot be written" in said
        assert "another mlcap" not in said


def test_a_text_with_tabs_is_the_table_it_is(tmp_path):
    """Excel's Unicode Text (UTF-16, tabs, `.txt`) is read in a folder of labels and by itself; a note is none."""
    (tmp_path / "labels").mkdir()
    table = "id\ttext\tevent\tcrew_role\tmission\r\nc1\tA crane waits.\tother\t\tm1\r\n"
    path = tmp_path / "labels/captions.txt"
    path.write_text(table, "utf-16")
    (tmp_path / "labels/note.txt").write_text("Ask Mara about the crane.\n")
    assert [c.id for c in read_labels(tmp_path / "labels", (), shipped_taxonomy()).captions] == ["c1"]
    assert [c.mission for c in read_labelled(path, read_taxonomy(shipped_taxonomy()))] == ["m1"]
