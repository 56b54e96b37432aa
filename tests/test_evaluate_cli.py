"""`mlcap evaluate` and what it draws."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, few_records, mlcap, write_jsonl
from fixed import CREW, FACETS, SCENE, fixed_captions, fixed_tags, retold, same_as_golden

from mlcap.cli.matrix import confusion_lines, matrix_lines, percent
from mlcap.cli.render import evaluation_text
from mlcap.evaluation.confusion import Confusion, ValueCounts, confusion
from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.forecast import forecasts
from mlcap.evaluation.views import views_of
from mlcap.model import reasons

FRENCH = "La commandante Anne Brunet essaie son siège dans la capsule avec un technicien, pour le vol du mois de mai."
STORES = [Path(p) for p in os.environ.get("MLCAP_STORES", "").split(":") if p]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def text_of(captions, tagged, facets=FACETS):
    """The evaluation as `evaluate` prints it, without colour."""
    return ANSI.sub("", evaluation_text(facets, evaluate(facets, captions, tagged), views_of(facets, captions, tagged)))


def test_evaluation_looks_as_agreed():
    """Matrix, pairs, lines by value, reliability and workload equal their golden file, within 80 columns."""
    text = text_of(fixed_captions(6), fixed_tags(6)) + "\n"
    same_as_golden("evaluate.txt", text)
    assert max(map(len, text.splitlines())) <= 80


def test_confusion_by_hand():
    """Counts, captions in review and pairs are those counted by hand."""
    found = confusion(SCENE, fixed_captions(), fixed_tags())
    assert found.counts == ((2, 0, 2, 0), (0, 2, 0, 1), (0, 0, 2, 0), (0, 0, 0, 0))
    assert [r.review for r in found.rows] == [1, 1, 1, 0]
    assert [(p.labelled, p.given, p.captions, p.review) for p in found.pairs] == [
        ("dawn", "dusk", 2, 1),
        ("noon", "night", 1, 1),
    ]
    crew = confusion(CREW, fixed_captions(), fixed_tags())
    assert crew.counts is None
    assert [(r.true_positives, r.false_negatives, r.false_positives, r.true_negatives) for r in crew.rows] == [
        (1, 1, 3, 4),
        (3, 2, 0, 4),
        (0, 0, 0, 9),
    ]
    assert [(p.labelled, p.given, p.captions) for p in crew.pairs] == [("helm", "cook", 2)]


def test_values_without_examples_are_named_and_never_zero():
    """A value that no caption is labelled with says so in the matrix and in the lines by value."""
    for facet, name in ((SCENE, "night"), (CREW, "look-out")):
        lines = confusion_lines(confusion(facet, fixed_captions(), fixed_tags()))
        mine = [line for line in lines if line.strip().startswith(name)]
        assert len(mine) == 1
        assert "no examples" in mine[0]


@pytest.mark.parametrize("count", [2, 7, 9, 12, 40])
def test_a_matrix_of_any_size_keeps_to_80_columns(count):
    """Names are cut, then numbered, then cells are listed; every count stays to be read."""
    names = [f"value-number-{i}" for i in range(count)]
    counts = tuple(tuple(1000 + i if i == j else 777 * (j == 1) for j in range(count)) for i in range(count))
    rows = tuple(ValueCounts(n, sum(c), 5, 0, 0, 0, 0) for n, c in zip(names, counts, strict=True))
    lines = [ANSI.sub("", line) for line in matrix_lines(Confusion("f", False, 9, rows, counts, ()))]
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert all(name in text and str(1000 + i) in text for i, name in enumerate(names))


@pytest.mark.parametrize("more", [0, 3, 4, 5, 6])
def test_heads_of_columns_stay_apart(more):
    """Values that begin alike are told by what differs, or by number; never by a last letter alone."""
    names = ["c0-landing", "c0-launch", *(f"c0-{'abcdefghijklm'[i]}-scene" for i in range(more))]
    counts = tuple(tuple(1 for _ in names) for _ in names)
    rows = tuple(ValueCounts(n, len(names), 5, 0, 0, 0, 0) for n in names)
    head = ANSI.sub("", matrix_lines(Confusion("f", False, 9, rows, counts, ()))[1]).split()
    heads = head[: len(names)]
    assert len(heads) == len(set(heads)) == len(names)
    assert heads[:2] in (["c0-landing", "c0-launch"], ["landing", "launch"], ["1", "2"], ["landin", "launch"])


def test_shares_are_never_rounded_to_all_or_nothing():
    """One of a thousand is less than 1 %, and 999 of them are not 100 %."""
    assert (percent(1, 1000), percent(999, 1000), percent(5, 5), percent(1, 2)) == ("<1%", "99%", "100%", "50%")


def test_forecast_counts_no_caption_at_a_threshold_it_chose():
    """Where right and wrong are told apart by probability the target is met; noise does not look good by luck."""
    sure, unsure = fixed_captions(20), fixed_tags(20)
    found = forecasts(FACETS, sure, unsure)
    assert found[0].target is None
    assert found[0].automatic == pytest.approx(6 / 9)
    assert found[0].automatic + found[0].review == pytest.approx(1)
    assert all(f.all_right is None or f.all_right >= f.target - 0.05 for f in found[1:])
    assert len(forecasts(FACETS, sure[:9], unsure[:9])) == 1


def test_odd_captions_stay_in_review_at_every_target():
    """A caption unlike the training captions is never automatic, however sure the model is of it."""
    captions = fixed_captions(20)
    tags = [
        retold(replace(t, reasons=(reasons.no_words(),)), c.labels)
        for c, t in zip(captions, fixed_tags(20), strict=True)
    ]
    assert all(f.automatic == 0 and f.all_right is None for f in forecasts(FACETS, captions, tags))


def test_one_caption_and_a_facet_without_labels():
    """One caption is enough, and a facet without labels is said to have none."""
    captions, tags = fixed_captions()[:1], fixed_tags()[:1]
    bare = [replace(captions[0], labels={"scene": "dawn"})]
    text = text_of(bare, tags)
    assert "crew: the captions carry no labels" in text


def run(small, *args, check=0, **rest):
    """Run with the small model."""
    return mlcap(*args, "--models", small / "models", cwd=small, check=check, **rest)


def test_colour_is_for_terminals_or_for_who_asks(small):
    """Piped output has none; --color gives it, NO_COLOR and --no-color take it away."""
    gold = ROOT / "examples" / "labelled.jsonl"
    assert "\x1b" not in run(small, "evaluate", gold).out
    coloured = run(small, "evaluate", gold, "--color").out
    assert "\x1b[" in coloured
    assert "\x1b" not in run(small, "evaluate", gold, "--no-color").out
    assert ANSI.sub("", coloured) == run(small, "evaluate", gold).out


def test_json_holds_everything_that_is_drawn(small):
    """Matrix, pairs, reliability and forecast stand in the JSON, and agree with the metrics."""
    gold = write_jsonl(small / "gold-json.jsonl", few_records(20))
    data = json.loads(run(small, "evaluate", gold, "--json").out)
    assert set(data) >= {"confusion", "forecast", "reliability", "calibration_error", "intervals", "workload"}
    assert data["forecast"][0]["automatic"] == data["workload"]["automatic"]
    event = data["confusion"]["event"]
    assert [list(row) for row in event["counts"]] == data["facets"]["event"]["confusion"]
    assert sum(p["captions"] for p in event["pairs"]) == sum(map(sum, event["counts"])) - sum(
        event["counts"][i][i] for i in range(7)
    )


def test_evaluation_keeps_to_80_columns(small):
    """With the taxonomy that comes with mlcap no printed line is longer than 80 columns."""
    gold = write_jsonl(small / "gold-wide.jsonl", few_records(20))
    assert max(map(len, run(small, "evaluate", gold).out.splitlines())) <= 80


@pytest.mark.slow
@pytest.mark.skipif(not STORES, reason="MLCAP_STORES names no caption stores")
def test_a_whole_archive_holds_up(tmp_path):
    """With predicted values as gold nothing is confused, and evaluate, confusion and compare get through an archive."""
    from mlcap import load
    from mlcap.labels.stores import read_store

    texts = {name: text for store in STORES for name, text, _ in read_store(store)}
    tagger = load()
    # An id may tell where the camera was; the tags that are compared are those of the texts alone.
    rows = [
        {"id": i, "text": text, "event": t.event, "crew_role": list(t.crew_role), "mission": f"m{n % 97}"}
        for n, ((i, text), t) in enumerate(zip(texts.items(), tagger.stream(texts.values()), strict=True))
        if t.is_read  # What is told for another language has no tags to compare.
    ]
    assert len(rows) > 0.999 * len(texts)
    gold = write_jsonl(tmp_path / "gold.jsonl", rows)
    data = json.loads(mlcap("evaluate", gold, "--text-only", "--json", cwd=tmp_path, check=0).out)
    assert data["captions"] == len(rows)
    assert data["facets"]["event"]["accuracy"] == 1
    assert not data["confusion"]["event"]["pairs"]
    assert (
        f"0 of {len(rows)}"
        in mlcap("confusion", gold, "--text-only", "--cell", "launch,landing", cwd=tmp_path, check=0).out
    )
    some = tmp_path / "some.jsonl"  # It tags everything twice.
    some.write_text("".join(gold.read_text("utf-8").splitlines(keepends=True)[::8]), "utf-8")
    assert "no tag differs" in mlcap("compare", "current", "current", some, cwd=tmp_path, check=0).out


def test_captions_that_are_not_read_are_counted_apart(small):
    """A caption in another language is named, and is neither right nor wrong in anything that is measured."""
    rows = few_records(20)
    # Labelled as a version would guess, and otherwise: neither may move a figure.
    foreign = [{**row, "id": f"f{i}", "text": f"{FRENCH} {i}"} for i, row in enumerate(rows[:3])]
    both = write_jsonl(small / "gold-foreign.jsonl", [*foreign, *rows])
    alone = write_jsonl(small / "gold-read.jsonl", rows)
    data, read = (json.loads(run(small, "evaluate", g, "--json").out) for g in (both, alone))
    assert (data.pop("not_read"), read.pop("not_read")) == ({"French": 3}, {})
    assert data == read
    line = "beside 3 not read, which count for nothing: 3 French"
    assert line in run(small, "evaluate", both).out.splitlines()
    cell = "training,training"
    assert [o.replace(line + "\n", "") for o in (run(small, "confusion", both, "--cell", cell).out,)] == [
        run(small, "confusion", alone, "--cell", cell).out
    ]
    compared = json.loads(run(small, "compare", "1", "1", both, "--json").out)
    assert (compared["captions"], compared["not_read"]) == (read["captions"], {"French": 3})
    refused = run(small, "evaluate", write_jsonl(small / "gold-none.jsonl", foreign), check=2)
    assert "no caption is in a language that mlcap reads (3 French)" in refused.err
