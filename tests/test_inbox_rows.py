"""Rows of the inbox: each row of each file gets its own result, whatever other rows say, and gets it once."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import mlcap, write_jsonl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inbox_folder import Inbox, captions
from test_inbox import newer

from mlcap.inbox.ledger import Ledger
from mlcap.inbox.names import old_stem_of, parts_of_result, result_name, shortened, stem_of
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.retag import preview, retag
from mlcap.inbox.status import status_of

TEXT = "Divers carry the capsule's parachute ashore."


@pytest.fixture
def box(tmp_path, tagger):
    """An empty inbox."""
    return Inbox(tmp_path, tagger)


def test_equal_captions_are_rows_of_their_own(box):
    """Rows with one caption and ids that nobody knows, in one file and in several, are tagged one and all."""
    (box.inbox / "a.csv").write_text(f'Shelf,Description\nN1,"{TEXT}"\nN2,"{TEXT}"\nN2,"{TEXT}"\n')
    (box.inbox / "b.csv").write_text(f'Slide,Caption\nN1,"{TEXT}"\n')
    (box.inbox / "c.txt").write_text(f"{TEXT}\n\n{TEXT}\n")
    (box.inbox / "d.txt").write_text(f"{TEXT}\n\n{TEXT}\n")
    write_jsonl(box.inbox / "e.jsonl", [{"album": "x", "text": TEXT}, {"album": "x", "frame": 2, "text": TEXT}])
    write_jsonl(box.inbox / "f.jsonl", [{"id": "A1", "frame": n, "text": TEXT} for n in range(3)])
    box.watch()
    found = Counter(r.get("Shelf") or r.get("Slide") or r.get("id") or r.get("album") or "text" for r in box.results())
    assert found == {"N1": 2, "N2": 2, "text": 4, "x": 2, "A1": 3}
    assert all(" 0 known already, 0 could not" in line for line in box.said)


def test_rows_put_in_before_equal_ones_are_new(box):
    """A file that comes again gives as many new results as it has new rows, wherever they stand."""
    path = box.inbox / "a.csv"
    path.write_text(f'Shelf,Description\nN1,"{TEXT}"\nN2,"{TEXT}"\n')
    box.watch()
    path.write_text(f'Shelf,Description\nN0,"{TEXT}"\nN1,"{TEXT}"\nN2,"{TEXT}"\nN2,"{TEXT}"\n')
    box.watch()
    assert Counter(r["Shelf"] for r in box.results()) == {"N0": 1, "N1": 1, "N2": 2}
    assert box.said == ["a.csv: 2 tagged, 2 known already, 0 could not be read"]


def test_a_lost_unfinished_result_costs_what_it_held_alone(box, monkeypatch):
    """Where somebody removed it, its new rows are tagged again, and the rows that were passed over are so again."""
    path = write_jsonl(box.inbox / "a.jsonl", captions(200))
    box.watch()
    write_jsonl(path, [*captions(10, 900), *captions(200)])
    note = Ledger.note

    def stop(*args):
        note(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "note", stop)
    with pytest.raises(KeyboardInterrupt):
        box.watch()
    monkeypatch.undo()
    (part,) = box.out.glob("unfinished/*")
    part.unlink()
    box.watch()
    assert box.said == ["a.jsonl: 10 tagged, 200 known already, 0 could not be read"]
    assert set(box.ids().values()) == {1}


def test_an_error_is_written_once(box):
    """A row that cannot be read stays one error record when its file grows."""
    path = box.inbox / "a.jsonl"
    path.write_text('{"id": "a", "text": "A crane waits."}\n{broken\n')
    box.watch()
    path.write_text('{"id": "a", "text": "A crane waits."}\n{broken\n{"id": "b", "text": "Two men wave."}\n')
    box.watch()
    lines = [line for p in box.out.glob("results/*") for line in p.read_text("utf-8").splitlines()]
    assert Counter("error" in json.loads(line) for line in lines) == {False: 2, True: 1}


row = st.fixed_dictionaries(
    {"text": st.sampled_from([TEXT, "A crane waits.", ""])},
    optional={"id": st.sampled_from(["1", "2"]), "event": st.sampled_from(["mine", ""]), "n": st.integers(0, 2)},
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(st.lists(row, max_size=6), min_size=1, max_size=3))
def test_the_results_hold_every_row_that_ever_stood_there(tmp_path_factory, tagger, states):
    """However a file changes, its results are what stood in it: as often as it stood there at once, and no more."""
    box = Inbox(tmp_path_factory.mktemp("rows"), tagger)
    expected: Counter = Counter()
    for number, rows in enumerate(states):
        # A line of its own, as a file without any caption is moved aside.
        rows = [{"id": f"n{number}", "text": "Divers wave."}, *rows]
        write_jsonl(box.inbox / "a.jsonl", rows)
        box.watch()
        expected |= Counter(json.dumps(r, sort_keys=True) for r in rows if r["text"])
    found: Counter = Counter()
    for record in box.results():
        fields = {k: v for k, v in record.items() if k in ("text", "id", "n")} | record.get("input", {})
        found[json.dumps(fields, sort_keys=True)] += 1
    assert found == expected


_CELL = st.sampled_from(["", TEXT, "A crane waits.", '"Go," he said.', "=1+1", "x;y", "Ünder"])


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(["Neg", "id", "event", "Roll"]), max_size=2, unique=True),
    cells=st.lists(st.lists(_CELL, min_size=3, max_size=3), max_size=7),
    form=st.sampled_from(["csv", "tsv", "jsonl", "json", "parquet"]),
    jobs=st.sampled_from([None, None, None, 2]),
)
def test_every_row_of_any_table_comes_back(tmp_path_factory, tagger, names, cells, form, jobs):
    """Rows in are results and error records out, in their order, with all their cells; rows of nothing are counted."""
    box = Inbox(tmp_path_factory.mktemp("table"), tagger)
    columns = [*names, "caption"]
    rows = [dict(zip(columns, c, strict=False)) for c in [["n", "o", TEXT], *cells]]
    path = box.inbox / f"a.{form}"
    if form in ("csv", "tsv"):
        with open(path, "w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, delimiter="," if form == "csv" else "\t")
            writer.writeheader()
            writer.writerows(rows)
    elif form == "jsonl":
        write_jsonl(path, rows)
    elif form == "json":
        path.write_text(json.dumps(rows), "utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    box.watch(jobs=jobs)
    if form in ("csv", "tsv") and (blank := [r for r in rows if not any(r.values())]):
        # Spreadsheets end in rows of nothing; a table of one column has blank lines there.
        assert len(columns) == 1 or f"{len(blank)} row" in " ".join(box.said)
        rows = [r for r in rows if r not in blank]
    (result,) = box.out.glob("results/*")
    written = list(map(json.loads, result.read_text("utf-8").splitlines()))
    assert [
        {n: (w.get("input", {}) | w)[n] if n != "event" else w["input"][n] for n in r}
        for w, r in zip(written, rows, strict=True)
    ] == rows
    assert ["error" in w for w in written] == [not r["caption"] for r in rows]


def test_equal_rows_are_tagged_again_each(box, tagger):
    """A newer model version tags as many of them again as there are, once, and what it tagged is not tagged anew."""
    path = write_jsonl(
        box.inbox / "a.jsonl", [{"n": 1, "text": TEXT}, {"n": 1, "text": TEXT}, {"id": 7, "text": "Old."}]
    )
    (box.inbox / "b.txt").write_text(f"{TEXT}\n\n{TEXT}\n")
    box.watch()
    write_jsonl(path, [{"n": 1, "text": TEXT}, {"n": 1, "text": TEXT}, {"id": 7, "text": "New."}])
    box.watch()
    box.tagger = newer(tagger, "other")
    outbox = Outbox.open(box.out, box.tagger)
    with outbox.ledger:
        assert preview(outbox).captions == 5
        assert retag(outbox) == 5
        assert retag(outbox) == preview(outbox).captions == 0
    assert [r["text"] for r in box.results() if r["model"] == "2"].count("Old.") == 0
    write_jsonl(path, [*({"n": 1, "text": TEXT} for _ in range(3)), {"id": 7, "text": "New."}])
    box.watch()
    assert box.said == ["a.jsonl: 1 tagged, 3 known already, 0 could not be read"]


#: The second format of the ledger, which knew a record by its id and text.
_FORMAT_2 = """
CREATE TABLE sources (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, stamp TEXT NOT NULL, sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('working', 'placing', 'done', 'failed')), reason TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0, unreadable INTEGER NOT NULL DEFAULT 0, model TEXT NOT NULL, since TEXT NOT NULL,
  changed TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'retag'))
);
CREATE INDEX sources_by_path ON sources (path);
CREATE TABLE records (
  id TEXT NOT NULL, digest TEXT NOT NULL, model_digest TEXT NOT NULL, model TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (number), outcome TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (id, digest, model_digest)
);
CREATE INDEX records_by_source ON records (source);
PRAGMA user_version = 2;
"""


def made_old(box):
    """Turn the ledger of a box into one of the second format, with the rows that it would have kept."""
    path = box.out / "ledger.sqlite"
    with Ledger(path) as ledger:
        sources = ledger.rows("SELECT * FROM sources")
        records = ledger.rows(
            "SELECT r.id, r.digest, m.digest, m.version, source, outcome, at FROM records r JOIN models m ON m.number = r.model"
        )
    path.unlink()
    db = sqlite3.connect(path)
    db.executescript(_FORMAT_2)
    db.executemany("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", sources)
    db.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", records)
    db.execute("UPDATE sources SET tagged = (SELECT count(*) FROM records r WHERE r.source = sources.number)")
    db.commit()
    db.close()


def test_a_ledger_of_the_second_format_is_read(box, tagger):
    """What it knew stays known; rows that it passed over by their text get their results; retagging goes on from it."""
    path = write_jsonl(box.inbox / "a.jsonl", captions(70))
    (box.inbox / "b.csv").write_text(f'Shelf,Description\nN1,"{TEXT}"\nN2,"{TEXT}"\n')
    (box.inbox / "c.txt").write_text("One crane.\n\nTwo cranes.\n")
    box.watch()
    # What the second format would have left out.
    (result,) = box.out.glob("results/b.csv.*")
    result.write_text(result.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    made_old(box)
    before = len(box.results())
    write_jsonl(path, captions(72))
    (box.inbox / "c.txt").write_text("One crane.\n\nTwo cranes.\n\nThree cranes.\n")
    box.watch()
    assert {s.partition(",")[0] for s in box.said} == {"a.jsonl: 2 tagged", "b.csv: 2 tagged", "c.txt: 1 tagged"}
    assert len(box.results()) == before + 5
    assert {r["Shelf"] for r in box.results() if "Shelf" in r} == {"N1", "N2"}
    outbox = Outbox.open(box.out, newer(tagger, "other"))
    with outbox.ledger:
        assert preview(outbox).captions == retag(outbox) == 77
        assert retag(outbox) == 0
    box.watch()
    assert box.said == []


def test_result_names_are_different_and_short():
    """No two paths have one result's name, however long; the number and stem can be found in it again."""
    paths = ["a.txt", "a_b.txt", "a b.txt", "a/b.txt", "é" * 100 + ".txt", "é" * 101 + ".txt", "x" * 251 + ".csv"]
    names = [result_name(p).format(7) for p in paths]
    assert len(set(names)) == len(paths)
    assert all(len(n.encode()) <= 200 for n in names)
    assert [parts_of_result(n) for n in names] == [(stem_of(p), 7) for p in paths]
    assert names[0] == "a.txt.7.jsonl"
    assert old_stem_of("a/b.txt") == "a_b.txt"
    assert parts_of_result("notes.jsonl") is None
    assert shortened("y" * 300 + ".jsonl.gz", 200).endswith(".jsonl.gz")
    assert len(shortened("é" * 300 + ".txt", 200).encode()) <= 200


def test_fields_and_lines_are_chosen_as_for_tag(small, tmp_path):
    """What the readers advise for tables and texts can be said to `watch` and `retag` as well."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("Nr,Notes,Said\nN1,x,A crane waits.\nN2,Divers wave.,\n")
    (tmp_path / "in" / "b.txt").write_text("A crane waits near the pad.\nDivers wave from the pool.\n")
    here = {"cwd": tmp_path, "env": {"MLCAP_MODELS": str(small / "models")}}
    fields = ["--column", "Said", "--column", "Notes", "--id", "Nr"]
    quick = ["--every", "0.05", "--settle", "0"]
    done = mlcap("watch", "in", "--out", "out", "--once", *quick, *fields, "--lines", **here, check=0)
    assert "a.csv: 2 tagged" in done.err
    assert "b.txt: 2 tagged" in done.err
    assert "0 of 0" in mlcap("retag", "--out", "out", *fields, **here, check=0).out


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_a_line_without_its_end_waits_for_it(box, name):
    """An upload that pauses within a line is not read there; what came at last is read, and no error is left."""
    whole = {
        "a.jsonl": '{"id": "r0", "text": "Divers wave."}\n{"id": "r1", "text": "A crane waits."}\n',
        "a.csv": "id,text\nr0,Divers wave.\nr1,A crane waits.\n",
        "a.txt": "Divers wave.\n\nA crane waits.\n",
    }[name]
    path = box.inbox / name
    path.write_text(whole[:-9])

    def goes_on(line):
        box.said.append(line)
        if "its last line has no end yet" in line:
            path.write_text(whole)

    box._say = goes_on
    box.watch(patience=30.0)
    assert sorted(r["text"] for r in box.results()) == ["A crane waits.", "Divers wave."]
    assert not [line for p in box.out.glob("results/*") for line in p.read_text().splitlines() if '"error"' in line]
    assert any("its last line has no end yet" in line for line in box.said)


def test_a_row_that_was_read_half_written_is_named_as_superseded(box):
    """An upload that pauses for longer than anybody waits leaves half a row in the results, and the ledger knows it."""
    path = box.inbox / "a.csv"
    path.write_text("id,text\nr0,Divers wave.\nr1,A crane wai")
    box.watch(patience=0.0)
    assert status_of(box.inbox, box.out).superseded == 0
    path.write_text("id,text\nr0,Divers wave.\nr1,A crane waits.\n")
    box.watch(patience=0.0)
    assert box.said == [
        "a.csv: 1 tagged, 1 known already, 0 could not be read",
        "a.csv: 1 row of its earlier results no longer in it (superseded): r1",
    ]
    assert status_of(box.inbox, box.out).superseded == 1
    path.write_text("id,text\nr0,Divers wave.\nr1,A crane waits.\nr2,Two men wave.\n")
    box.watch(patience=0.0)
    assert box.said == ["a.csv: 1 tagged, 2 known already, 0 could not be read"]


def test_a_last_line_may_stay_without_an_end(box):
    """A file that has stayed so for long is read as it is, and whole JSON at once."""
    (box.inbox / "a.txt").write_text("Divers wave.")
    (box.inbox / "b.jsonl").write_text('{"id": "r1", "text": "A crane waits."}')
    box.watch(patience=0.2)
    assert len(box.results()) == 2
