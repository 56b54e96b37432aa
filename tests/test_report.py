"""The report of `mlcap evaluate --report`: its cells, lists, files and page."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import corpus_records, mlcap, mlcap_process, without, write_jsonl

from mlcap.errors import InputError
from mlcap.evaluation.curve import read_curve
from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.outcomes import whole_probabilities
from mlcap.labels.corpus import read_labelled
from mlcap.report.compute import Measured, make_report, threshold_points
from mlcap.report.doubts import across_the_split, sure_doubts
from mlcap.report.out_of_fold import read_out_of_fold
from mlcap.report.page import headlines, shade
from mlcap.report.write import report_files, write_report

NASTY = 'Pilot <script>alert("x")</script> Bo Ek \U0001f680 waves </script> from <b>the pad</b>. $x_1$'
CURVE = {
    "points": [{"source": s, "captions": n, "metrics": {"event": n / 2000}} for s in ("a", "b") for n in (250, 500)]
}


def gold(folder, records):
    """A gold file of records with our facets."""
    rows = [
        {"id": f"g{i}", "stratum": "north" if i % 2 else "south", "extra": {"x": 1}, **r} for i, r in enumerate(records)
    ]
    return write_jsonl(folder / "gold.jsonl", [{k: v for k, v in r.items() if k != "style"} for r in rows])


def made(tagger, path, training=None, curve=None, most=3):
    """The report on a gold file."""
    captions = read_labelled(path, tagger.facets)
    tagged = tagger.tag(c.text for c in captions)
    measured = Measured(path.name, captions, tagged, evaluate(tagger.facets, captions, tagged))
    return make_report(tagger, measured, training, curve, most=most), captions, tagged


@pytest.fixture(scope="module")
def some(tagger, tmp_path_factory):
    """A report on eighty captions, with what it was made of."""
    records = [{"text": r["text"], "event": r["event"], "crew_role": r["crew_role"]} for r in corpus_records()[::30]]
    records[0]["text"] = NASTY
    return made(tagger, gold(tmp_path_factory.mktemp("gold"), records))


@pytest.fixture(scope="module")
def files(some):
    """The files of that report."""
    return report_files(some[0])


def test_cells_count_every_caption_once(some):
    """The matrix's cells add up to the captions, and each value's four cells too."""
    report, captions, _ = some
    assert sum(c.total for row in report.matrices[0].cells for c in row) == len(captions)
    for row in report.tables[0].rows:
        assert sum(c.total for c in row) == len(captions)
    counts = report.evaluation.facets["event"].confusion
    assert tuple(tuple(c.total for c in row) for row in report.matrices[0].cells) == counts


def test_cells_hold_captions_of_their_own(some):
    """A cell's captions have its label and its tag, and there are no more of them than allowed."""
    report, captions, tagged = some
    for row, label in zip(report.matrices[0].cells, report.matrices[0].facet.names, strict=True):
        for cell, tag in zip(row, report.matrices[0].facet.names, strict=True):
            assert len(cell.captions) == min(cell.total, 3)
            assert all((captions[i].labels["event"], tagged[i].event) == (label, tag) for i in cell.captions)
    for cell, name in zip(report.matrices[0].review, report.matrices[0].facet.names, strict=True):
        assert all(tagged[i].needs_review and captions[i].labels["event"] == name for i in cell.captions)
    names = report.tables[0].facet.names
    for missed, line in zip(names, report.tables[0].instead, strict=True):
        for wrong, cell in zip(names, line, strict=True):
            for i in cell.captions:
                label, tag = captions[i].labels["crew_role"], tagged[i].crew_role
                assert missed in label
                assert missed not in tag
                assert wrong in tag
                assert wrong not in label


def test_wrong_tags_come_surest_first(some):
    """In a cell off the diagonal the surest error is read first."""
    report, _, tagged = some
    cells = [c for i, row in enumerate(report.matrices[0].cells) for j, c in enumerate(row) if i != j]
    assert any(len(c.captions) > 1 for c in cells)
    for cell in cells:
        sure = [tagged[i].facets["event"].probability for i in cell.captions]
        assert sure == sorted(sure, reverse=True)


def test_only_shown_captions_are_carried(some):
    """The page carries the captions of its cells with their evidence and no others."""
    report, captions, _ = some
    shown = {i for c in report.cells() for i in c.captions}
    assert set(report.captions) == shown
    for cell in report.cells():
        for i in cell.captions:
            size = len(captions[i].text)
            assert all(0 <= a < b <= size and level for a, b, level in report.captions[i]["marks"][cell.mark])


def test_thresholds_forecast_the_workload(some):
    """At 0 nothing is reviewed, then ever more, and counts are those of the captions above the threshold."""
    report, captions, tagged = some
    points = threshold_points(report.facets, captions, tagged)
    counts = [p.automatic for p in points]
    assert counts[0] == len(captions)
    assert counts == sorted(counts, reverse=True)
    whole = whole_probabilities(report.facets, tagged)
    assert counts[50] == sum(w >= 0.5 for w in whole)
    assert points[0].all_right == pytest.approx(
        sum(
            c.labels["event"] == t.event and c.labels["crew_role"] == t.crew_role
            for c, t in zip(captions, tagged, strict=True)
        )
        / len(captions)
    )
    assert points[100].single_right is None or points[100].automatic


def test_slices_cover_the_fields_of_the_file(some):
    """Each field's slices hold all captions, and the length slices every file."""
    report, captions, _ = some
    for field in ("stratum", "length"):
        assert sum(s.captions for s in report.slices if s.field == field) == len(captions)
    assert {s.value for s in report.slices if s.field == "stratum"} == {"north", "south"}


def test_doubts_are_sure_contradictions(some):
    """Doubted labels differ from their tags with 0.9 or more, a role counts by itself, and those trained on come first."""
    report, captions, tagged = some
    assert report.doubts
    for doubt in report.doubts:
        assert doubt.probability >= 0.9
        label, tag = captions[doubt.index].labels[doubt.facet], tagged[doubt.index].tags[doubt.facet]
        if doubt.facet == "event":
            assert (doubt.labelled, doubt.predicted) == (label, tag)
            assert label != tag
        else:
            name = doubt.labelled or doubt.predicted
            assert (name in label, name in tag) == (bool(doubt.labelled), bool(doubt.predicted))
    wrong = {i for i, (c, t) in enumerate(zip(captions, tagged, strict=True)) if c.labels["event"] != t.event}
    marked = sure_doubts(report.facets, captions, tagged, wrong)
    assert sorted(map(str, marked)) == sorted(map(str, report.doubts))
    assert [d.index in wrong for d in marked] == sorted((d.index in wrong for d in marked), reverse=True)


def test_training_captions_are_doubted_out_of_fold(small, tagger, tmp_path):
    """Gold captions that train the version are read by fits without their missions, and others are not."""
    training = read_labelled(small / "labels" / "captions.jsonl", tagger.facets)
    other = replace(training[0], id="new", text="A crane waits.")
    found = read_out_of_fold(tagger, [training[3], other, training[40]], training)
    assert set(found) == {0, 2}
    own = tagger.tag([training[3].text, training[40].text])
    assert [t.facets for t in found.values()] != [t.facets for t in own]
    wrong = replace(training[3], labels={"event": next(v for v in tagger.facets[0].names if v != found[0].event)})
    event = replace(
        found[0].facets["event"], probabilities=dict.fromkeys(tagger.facets[0].names, 0.01) | {found[0].event: 0.95}
    )
    sure = replace(found[0], facets={**found[0].facets, "event": event})
    (doubt,) = sure_doubts(tagger.facets[:1], [wrong], own[:1], {0}, {0: sure})
    assert (doubt.probability, doubt.predicted) == (0.95, found[0].event)
    assert read_out_of_fold(tagger, [other], training) == {}
    assert read_out_of_fold(tagger, training[:2], training[:2]) == {}


def test_near_duplicates_of_training_are_found(some):
    """A gold caption that trains the model is found with the training caption's id, and nothing else is."""
    _, captions, _ = some
    twin = replace(captions[5], id="t1", text=captions[5].text + " Again.")
    found = across_the_split(captions, [twin])
    assert [(d.index, d.training_id) for d in found] == [(5, "t1")]
    assert found[0].similarity > 0.5
    assert across_the_split(captions, []) == []


def test_files_agree_with_each_other(some, tmp_path):
    """JSON and CSV give the same metrics as the report, every picture is there as PNG and SVG, and nothing waits behind."""
    report, captions, _ = some
    names = write_report(report, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(names) == sorted(p.name for p in folder.iterdir())
    data = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert data["captions"] == len(captions)
    rows = list(csv.reader((folder / "matrix-event.csv").read_text("utf-8").splitlines()))
    assert sum(int(n) for row in rows[1:] for n in row[1:-1]) == len(captions)
    for stem in ("matrix-event", "matrix-crew_role", "reliability-event", "thresholds"):
        assert (folder / f"{stem}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (folder / f"{stem}.svg").read_bytes()
    assert len(list(csv.DictReader((folder / "thresholds.csv").read_text("utf-8").splitlines()))) == 101


def test_the_same_report_is_the_same_bytes(some, files):
    """No date and no random name gets into a file."""
    assert report_files(some[0]) == files


def test_captions_stay_text_on_the_page(files):
    """Markup of a caption neither opens nor closes an element, and the page asks the network for nothing."""
    page = files["report.html"].decode("utf-8")
    assert "alert(" in page
    assert page.count("<script") == 2
    assert page.count("</script") == 2
    assert "<b>the pad" not in page
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    assert NASTY in {c["text"] for c in data["captions"].values()}


def test_a_missing_class_is_shown_as_such(tagger, tmp_path):
    """A value without examples is said to have none, in the page's matrices and tables."""
    records = [r for r in corpus_records()[:60] if r["event"] != "landing"]
    report, _, _ = made(tagger, gold(tmp_path, records))
    page = report_files(report)["report.html"].decode("utf-8")
    assert page.count("no examples") > 2
    assert not any(c.total for c in report.matrices[0].cells[1])


def test_one_caption_makes_a_report(tagger, tmp_path):
    """One caption, with labels of one facet only, makes a report without intervals."""
    for record in ({"text": "Divers wait.", "event": "training"}, {"text": "x", "crew_role": []}):
        report, _, _ = made(tagger, gold(tmp_path, [record]))
        page = report_files(report)["report.html"].decode("utf-8")
        assert "no interval" in page
        assert "1 labelled caption." in page
        assert headlines(report.evaluation)


def test_shades_follow_the_share():
    """Nothing is drawn as nothing, and a larger share is never drawn weaker."""
    assert shade(0, 10) == 0
    assert shade(0, 0) == 0
    assert [shade(n, 100) for n in (1, 5, 20, 50, 80, 100)] == [1, 2, 3, 4, 5, 5]


def test_curves_are_read_and_drawn(some, tagger, tmp_path):
    """A learning curve of the documented shape is drawn; anything else is refused in one line."""
    path = tmp_path / "curve.json"
    path.write_text(json.dumps(CURVE), "utf-8")
    points = read_curve(path, tagger.facets)
    assert [(p.source, p.captions) for p in points] == [("a", 250), ("a", 500), ("b", 250), ("b", 500)]
    report, _, _ = made(tagger, gold(tmp_path, corpus_records()[:9]), curve=points)
    assert "curve.svg" in report_files(report)
    for text in (
        "",
        "[]",
        "{}",
        '{"points": [{"captions": -1, "metrics": {"event": 1}}]}',
        '{"points": [1]}',
        "[" * 9999,
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match="learning curve"):
            read_curve(path, tagger.facets)
    with pytest.raises(InputError, match="cannot be read"):
        read_curve(tmp_path / "none.json", tagger.facets)


def test_the_command_writes_a_report(small, tmp_path):
    """`evaluate --report` prints the metrics as ever and writes the folder, compared with the labels at hand."""
    path = gold(tmp_path, corpus_records()[:40])
    done = mlcap("evaluate", "--models", small / "models", path, "--report", tmp_path / "r", cwd=small, check=0)
    assert "report.html" in done.err
    assert "macro-F1" in done.out
    data = json.loads((tmp_path / "r" / "metrics.json").read_text("utf-8"))
    assert data["training_captions_compared"] > 0
    assert data["near_duplicates"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--report", "gold.jsonl"), "is a file"),
        (("--curve", "c.json"), "go with --report"),
        (("--desk", "d"), "go with --report"),
        (("--report", "r", "--desk", "nowhere"), "is no desk"),
        (("--report", "r", "--curve", "none.json"), "cannot be read"),
        (("--report", "r", "--labels", "nowhere"), "no folder of labels"),
    ],
)
def test_wrong_use_is_one_line(small, tmp_path, args, words):
    """What cannot be used is said in one line, before or without a half report."""
    gold(tmp_path, corpus_records()[:4])
    done = mlcap("evaluate", "--models", small / "models", "gold.jsonl", *args, cwd=tmp_path, check=2)
    assert words in done.err
    assert not (tmp_path / "r" / "report.html").exists()


def test_without_the_extra_one_line_says_what_to_install(small, tmp_path):
    """Where matplotlib is missing, the report is refused at once and evaluating goes on working."""
    path = gold(tmp_path, corpus_records()[:4])
    here = {"cwd": small, "env": without("matplotlib", tmp_path)}
    base = ("evaluate", "--models", small / "models", path)
    assert "mlcap[report]" in mlcap_process(*base, "--report", tmp_path / "r", **here, check=2).err
    mlcap_process(*base, **here, check=0)


def test_a_full_disk_leaves_no_page(some, tmp_path, monkeypatch):
    """Where writing fails no half file stays, and the earlier page is not touched."""
    (tmp_path / "report.html").write_text("earlier", "utf-8")
    real = Path.write_bytes

    def full(path, data):
        real(path, data[:10])
        if path.name.startswith(".report.html"):
            raise OSError(28, "No space left on device")
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_report(some[0], tmp_path)
    assert (tmp_path / "report.html").read_text("utf-8") == "earlier"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_thousands_of_captions_hold_up(small, tmp_path):
    """A gold file of thousands makes a page of bounded size; the archive's captions serve where they are at hand."""
    store = next((Path(s) for s in os.environ.get("MLCAP_STORES", "").split(":") if s.endswith(".jsonl.gz")), None)
    if store is not None:
        with gzip.open(store, "rt", encoding="utf-8") as lines:
            texts = [r.get("description") or r.get("text") or "" for r in map(json.loads, lines)]
        texts = [t for t in texts if t.strip()]
    else:
        texts = [f"{r['text']} Picture {n}." for n in range(2) for r in corpus_records()]
    path = tmp_path / "captions.jsonl"
    write_jsonl(path, [{"id": str(i), "text": t} for i, t in enumerate(texts)])
    tagged = mlcap("tag", "--models", small / "models", path, cwd=tmp_path).out.split("\n")[:-1]
    read = [json.loads(line) for line in tagged]
    rows = [
        {"id": r["id"], "text": r["text"], "event": r["event"], "crew_role": r["crew_role"]}
        for r in read
        if r.get("event")
    ]
    done = mlcap(
        "evaluate",
        "--models",
        small / "models",
        write_jsonl(tmp_path / "gold.jsonl", rows),
        "--report",
        tmp_path / "r",
        cwd=tmp_path,
        check=0,
    )
    assert f"{len(rows)} captions" in done.out
    assert len(rows) > 3000
    assert (tmp_path / "r" / "report.html").stat().st_size < 12 << 20
