"""`mlcap labels`: what is checked, counted and questioned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from conftest import LABELS, few_records, mlcap, write_jsonl
from fixed import CREW, FACETS, SCENE, same_as_golden

from mlcap.cli.labels import check_lines
from mlcap.cli.labels_stats import agreement_lines, coverage_lines
from mlcap.evaluation.curve import read_curve
from mlcap.features.extract import extract
from mlcap.labels.agreement import Annotation, agreements
from mlcap.labels.check import Checked, Finding, check_labels
from mlcap.labels.coverage import coverage, pattern
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.taxonomy import read_taxonomy
from mlcap.training.curve import learning_curve, shares
from mlcap.training.doubts import doubts
from mlcap.training.parameters import TrainingParameters
from mlcap.types import LabelledCaption

HEAD = "nasa_id,sha256,event,crew_role,mission,sample,stratum\n"


def run(*args, cwd, check=0):
    """Run `mlcap labels`."""
    return mlcap("labels", *args, cwd=cwd, check=check)


@pytest.fixture
def folder(tmp_path):
    """A sound labels folder of composed and library captions with annotations, and a store for one of two texts."""
    labels = tmp_path / "labels"
    (labels / "corpus").mkdir(parents=True)
    rows = [
        {"id": f"c-{i}", "text": t, "event": e, "crew_role": r, "mission": f"m-{i}", "era": "2000-2010", "odd": [1]}
        for i, (t, e, r) in enumerate(
            [
                ("A crane lifts the capsule onto the ship while divers wait in the water below it.", "landing", []),
                ("<script>\x1b[31m Pilot Bo Ek waves from the steps of the bus at dawn today.", "launch", ["pilot"]),
                ("A plain hangar stands empty.", "other", []),
            ]
        )
    ]
    write_jsonl(labels / "corpus" / "a.jsonl", rows)
    text = "The rocket stands on its pad."
    store = [{"nasa_id": "L1", "text": text}, {"nasa_id": "L2", "text": "another text than was labelled"}]
    write_jsonl(tmp_path / "store.jsonl", store)
    (labels / "library.csv").write_text(
        HEAD
        + f"L1,{text_digest(text)},launch,,sts-1,random,shuttle\nL2,{'0' * 64},other,pilot;commander,sts-2,chosen,\n"
    )
    read = [(r["id"], reader, r["event"], ";".join(r["crew_role"])) for r in rows for reader in ("w", "b")]
    (labels / "corpus-readings.csv").write_text(
        "id,reader,event,crew_role\n" + "".join(",".join(r) + "\n" for r in read)
    )
    (labels / "library-readings.csv").write_text(
        "nasa_id,reader,event,crew_role,note\nL1,a,launch,,\nL1,b,other,,\nL1,c,launch,,\nL2,given,other,commander;pilot,\n"
    )
    (labels / "held-out.toml").write_text('missions = ["m-1"]\n')
    return labels


def messages(folder, *stores):
    """What `check_labels` finds, as (kind, where, message)."""
    return [
        (f.kind, f.where.split("/")[-1], f.message) for f in check_labels(folder, stores, shipped_taxonomy()).findings
    ]


def test_a_sound_folder_has_no_findings(folder, tmp_path):
    """Sound labels pass, and the labels that come with mlcap do."""
    assert messages(folder) == []
    assert "0 errors" in run("check", cwd=tmp_path).out
    assert check_labels(LABELS, (), None).errors == 0


def test_every_fault_is_found_at_once(folder, tmp_path):
    """Broken lines, wrong values, repeated ids and odd annotations are each named, with exit code 3."""
    with open(folder / "corpus" / "a.jsonl", "a", encoding="utf-8") as stream:
        stream.write(
            '{broken\n[1]\n{"id": "c-0", "text": "x", "event": "other"}\n{"id": "n", "text": "x", "event": "party"}\n'
        )
        stream.write('{"id": "late", "text": "A door.", "event": "other", "mission": ""}\n')
    with open(folder / "library.csv", "a", encoding="utf-8") as stream:
        stream.write("L1,x,launch,,,,\nL1," + "0" * 64 + ",launch,,,,\nL3," + "0" * 64 + ",launch,cook,,,\n")
    with open(folder / "corpus-readings.csv", "a", encoding="utf-8") as stream:
        stream.write("late,w,other,\nlate,b,launch,\ngone,w,other,\n")
    done = run("check", "--show", "30", cwd=tmp_path, check=3)
    for words in (
        "a.jsonl: line 4: is no JSON",
        "a.jsonl: line 5, record 1: has no caption",
        "'c-0' stands in",
        "'party' is not one of",
        "without a label of crew_role: late",
        "name no mission, so that each is a group of its own: late",
        "sha256 of 64",
        "L1 stands twice",
        "'cook' is not one of",
        "late: its two annotations differ and none settles",
        "annotations of captions without a label: gone",
    ):
        assert words in done.out, words
    data = json.loads(run("check", "--json", cwd=tmp_path, check=3).out)
    assert sum(f["kind"] == "error" for f in data["findings"]) == 8


def test_what_all_captions_lack_is_one_note(folder):
    """A folder whose captions all lack a facet and a mission has a line for each, not hundreds."""
    rows = [{"id": f"x-{n}", "text": f"Crane {n} waits.", "event": "other"} for n in range(9)]
    (folder / "corpus-readings.csv").unlink()
    (folder / "held-out.toml").unlink()
    write_jsonl(folder / "corpus" / "a.jsonl", rows)
    assert [message for kind, _, message in messages(folder) if kind == "note"] == [
        "without a label of crew_role (9 captions): x-0, x-1, x-2, x-3, x-4 and 4 more",
        "name no mission, so that each is a group of its own (9 captions): x-0, x-1, x-2, x-3, x-4 and 4 more",
    ]


@pytest.mark.parametrize("data", [b"", b"\0\1\xff", b"x" * 3_000_000, "{}".encode("utf-16")])
def test_broken_files_are_findings_and_no_crash(folder, tmp_path, data):
    """Empty, binary, endless and wrongly encoded files are told apart from sound ones without a traceback."""
    (folder / "library.csv").write_bytes(data)
    (folder / "corpus" / "b.jsonl").write_bytes(data)
    (folder / "library-readings.csv").write_bytes(data)
    done = run("check", cwd=tmp_path, check=3)
    assert "library-readings.csv" in done.out


def test_digests_are_checked_where_a_store_is_given(folder, tmp_path):
    """A text that is not the labelled one is an error, a missing one a note."""
    found = messages(folder, tmp_path / "store.jsonl")
    assert found == [("error", "library.csv", "the text is not the one that was labelled: L2")]
    write_jsonl(tmp_path / "other.jsonl", [{"nasa_id": "L9", "text": "x"}])
    assert [f[0] for f in messages(folder, tmp_path / "other.jsonl")] == ["note"]


def test_near_duplicates_across_the_split_are_named(folder, tmp_path):
    """A pair with one caption held out is a note of `check` and a line of `duplicates`."""
    twin = "Pilot Bo Ek waves from the steps of the bus at dawn today."
    write_jsonl(folder / "corpus" / "b.jsonl", [{"id": "twin", "text": twin, "event": "other", "mission": "m-9"}])
    assert any("c-1 and twin resemble each other" in m for _, _, m in messages(folder))
    out = run("duplicates", "--captions", "store.jsonl", cwd=tmp_path).out
    assert "1 pairs among 5 captions" in out
    assert "c-1  twin  (composed, labels differ, missions differ)" in out
    data = json.loads(run("duplicates", "--json", cwd=tmp_path).out)
    assert data["pairs"][0]["same_labels"] is False


def test_agreement_by_hand():
    """Kappa of a worked example is what the formula gives by hand, and values without examples have none."""
    a, b = Annotation("a", {"scene": "dawn", "crew": ()}), Annotation("b", {"scene": "noon", "crew": ("cook",)})
    annotations = {"1": [a, a], "2": [a, b], "3": [b, b], "4": [b, b], "5": [a]}
    rows = {(r.facet, r.value): r for r in agreements(FACETS, annotations)}
    scene = rows["scene", ""]
    # First reader: 2 dawn, 2 noon; second: 1 dawn, 3 noon; by chance 2/4*1/4 + 2/4*3/4 = 1/2.
    assert (scene.captions, scene.agreed, scene.expected, scene.kappa) == (4, 0.75, 0.5, 0.5)
    assert rows["all", ""].agreed == 0.75
    assert rows["scene", "night"].kappa is None
    assert rows["scene", "night"].captions == 0
    same_as_golden("labels-agreement.txt", "\n".join(agreement_lines("composed", list(rows.values()), 1)) + "\n")


def test_agreement_reads_the_folder(folder, tmp_path):
    """Annotations of both files count apart, and captions annotated once are left out."""
    data = json.loads(run("agreement", "--json", cwd=tmp_path).out)
    assert data["library"]["annotated_once"] == 1
    assert data["composed"]["agreement"][0]["agreed"] == 1
    assert "kappa" in run("agreement", cwd=tmp_path).out


def test_coverage_by_hand():
    """Counts add up, patterns are told, and the cell that is thin by its parts is the thin one."""
    rows = [({"scene": "dawn", "crew": ("cook",)}, {"era": "old"})] * 20
    rows += [({"scene": "noon", "crew": ()}, {"era": "new"})] * 20 + [({"scene": "dawn", "crew": ("cook", "helm")}, {})]
    found = coverage(FACETS, rows)
    assert found.axes == ("scene", "era", "crew")
    assert sum(found.crossings.values()) == found.captions == 41
    assert found.counts["scene"] == {"dawn": 21, "noon": 20, "dusk": 0, "night": 0}
    assert found.table("scene", "crew") == {("dawn", "cook"): 20, ("noon", "none"): 20, ("dawn", "2 together"): 1}
    assert all(t.captions < t.expected / 3 for t in found.thin)
    assert ("dawn", "new", "cook") in {t.values for t in found.thin}
    assert (pattern(()), pattern(("cook",)), pattern(("cook", "helm"))) == ("none", "cook", "2 together")
    text = "\n".join(coverage_lines("composed", found, 3)) + "\n"
    same_as_golden("labels-stats.txt", text)
    assert max(map(len, text.splitlines())) <= 80


def test_stats_need_no_text_of_the_library(folder, tmp_path):
    """Composed and library labels are counted apart, and no line is longer than 80 columns."""
    out = run("stats", cwd=tmp_path).out
    assert "composed: 3 captions" in out
    assert "library: 2 captions" in out
    assert max(map(len, out.splitlines())) <= 80
    assert max(map(len, run("stats", "--labels", LABELS, cwd=tmp_path).out.splitlines())) <= 80
    assert set(json.loads(run("stats", "--json", cwd=tmp_path).out)) == {"composed", "library"}


def test_check_lines_look_as_agreed():
    """Findings and doubts equal their golden file; control characters of captions stay out."""
    found = Checked((Finding("error", "a\x1b.jsonl: line 1", "is no JSON"), Finding("note", "b", "x")), 3, 0)
    doubt = {
        "probability": 0.987,
        "id": "c-1",
        "facet": "scene",
        "labelled": "dawn",
        "predicted": "noon",
        "text": "<b>\x1b",
    }
    more = {**doubt, "facet": "crew", "labelled": "", "predicted": "cook"}
    text = "\n".join(check_lines(found, [doubt, more], 2)) + "\n"
    same_as_golden("labels-check.txt", text)
    assert "\x1b" not in text


@pytest.fixture(scope="module")
def read():
    """Some captions of several missions, read."""
    captions = [
        LabelledCaption(r["id"], r["text"], {"event": r["event"]}, r["mission"], "composed" if i % 2 else "library")
        for i, r in enumerate(few_records(20))
    ]
    facets = read_labels_facets()
    return facets, captions, [extract(c.text) for c in captions]


def read_labels_facets():
    """The single-valued facet of the taxonomy that comes with mlcap."""
    return tuple(f for f in read_taxonomy(shipped_taxonomy()) if not f.multiple)


def test_a_wrong_label_is_doubted(read):
    """A label changed on purpose is among the doubted ones, right labels mostly are not."""
    facets, captions, features = read
    wrong = next(i for i, c in enumerate(captions) if c.labels["event"] == "on-orbit")
    changed = [*captions]
    c = captions[wrong]
    changed[wrong] = LabelledCaption(c.id, c.text, {"event": "ceremony"}, c.mission, c.source)
    found = doubts(facets, changed, features, TrainingParameters(folds=3))
    assert wrong in {d.index for d in found}
    assert len(found) < len(captions) / 2
    assert [d.probability for d in found] == sorted((d.probability for d in found), reverse=True)


def test_curve_grows_by_whole_missions_on_fixed_folds(read):
    """Points double, each kind is measured apart, and beside adds the other kind."""
    facets, captions, features = read
    points = list(learning_curve(facets, captions, features, TrainingParameters(folds=2), "composed", 3))
    assert [p.share for p in points] == shares(3)[-len(points) :]
    assert points[-1].captions == round(sum(c.source == "composed" for c in captions) / 2)
    assert all(a.captions < b.captions for a, b in pairwise(points))
    assert set(points[-1].measured_on) == {"composed", "library"}
    both = list(learning_curve(facets, captions, features, TrainingParameters(folds=2), "composed", 2, beside=True))
    assert both[-1].measured_on != points[-1].measured_on
    assert np.isfinite(both[-1].measured_on["library"]["event.accuracy"])


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of a user's own labels."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "labels").mkdir()
    write_jsonl(folder / "labels" / "captions.jsonl", few_records(8))
    return folder


def test_curve_and_doubts_on_the_command_line(own):
    """Points are printed with the gain per doubling; --json gives one a line; doubts are listed with their text."""
    out = run("curve", "--points", "2", "--folds", "2", cwd=own).out
    assert "trained on own captions" in out
    assert "(+" in out or "(-" in out
    lines = run("curve", "--points", "2", "--folds", "2", "--json", cwd=own).out.splitlines()
    assert [json.loads(line)["share"] for line in lines] == [0.5, 1.0]
    (own / "curve.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    points = read_curve(own / "curve.jsonl", read_taxonomy(shipped_taxonomy()))
    assert [p.captions for p in points] == [json.loads(line)["captions"] for line in lines]
    (own / "curve.jsonl").write_text(lines[0], "utf-8")
    assert len(read_curve(own / "curve.jsonl", read_taxonomy(shipped_taxonomy()))) == 1
    data = json.loads(run("check", "--doubts", "--folds", "2", "--json", cwd=own).out)
    assert data["doubts"]
    assert all(d["text"] for d in data["doubts"])


def test_an_interrupted_curve_keeps_its_points(own):
    """Ctrl-C after the first point leaves it printed, says so in one line, and ends with 130."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", "labels", "curve", "--points", "4", "--folds", "3", "--json"],
        cwd=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if not k.startswith("MLCAP")},
    )
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert json.loads(first)["captions"]
    assert process.returncode == 130
    assert err.decode().strip().splitlines() == ["mlcap: stopped"]


@pytest.mark.parametrize("name", ["check", "stats", "duplicates", "agreement", "curve"])
def test_a_missing_folder_is_one_line(tmp_path, name):
    """Without a labels folder each command says so in one line with exit code 2."""
    done = run(name, cwd=tmp_path, check=2)
    assert "labels" in done.err
    assert done.err.count("\n") == 1


def test_too_few_missions_for_a_curve_are_told(folder, tmp_path):
    """Fewer missions than folds is one line."""
    assert "folds" in run("curve", cwd=tmp_path, check=2).err


def test_unjoined_reading_keeps_the_named_missions(folder):
    """Only joining renames missions, and every split of mlcap joins."""
    write_jsonl(
        folder / "corpus" / "b.jsonl",
        [
            {
                "id": "t",
                "text": "Pilot Bo Ek waves from the steps of the bus at dawn today.",
                "event": "other",
                "mission": "zz",
            }
        ],
    )
    named = read_labels(folder, (), shipped_taxonomy(), join=False)
    assert "zz" in {c.mission for c in named.captions}
    assert "zz" not in {c.mission for c in read_labels(folder, (), shipped_taxonomy()).captions}


def test_facets_are_not_the_two_that_come_with_mlcap():
    """Every table is made of the facets given, whatever their names."""
    assert (SCENE.name, CREW.name) == ("scene", "crew")
    rows = [({"scene": "dawn"}, {})]
    assert coverage((SCENE,), rows).axes == ("scene",)
