"""The inbox: what arrives is tagged once, whatever stops the watcher; failures are kept with their reason."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import mlcap, write_jsonl
from inbox_folder import Inbox, captions
from photo_files import JPEG, SIDECAR, embed, needs_exiftool

from mlcap.errors import InputError, LedgerError, OutputError
from mlcap.inbox import outbox as outbox_module
from mlcap.inbox import task as task_module
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.retag import preview, retag
from mlcap.inbox.rows import Row
from mlcap.inbox.scan import Steadiness, files_in
from mlcap.inbox.status import status_of
from mlcap.inbox.watch import sole_watcher, watch
from mlcap.inbox.watcher import WatchSettings
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger
from mlcap.records.exiftool import ExifTool
from mlcap.types import TaggedFacet


def rows(count):
    """Rows without ids, as the ledger takes them."""
    return [(Row(b"%16d" % n, b"", "", f"{n}"), None) for n in range(count)]


@pytest.fixture
def box(tmp_path, tagger):
    """An empty inbox."""
    return Inbox(tmp_path, tagger)


def test_files_of_every_form_are_tagged(box):
    """Text, tables, JSON, Parquet and sidecars, also below folders; a second look finds nothing to do."""
    write_jsonl(box.inbox / "a.jsonl", captions(70))
    (box.inbox / "sub").mkdir()
    (box.inbox / "sub" / "b.csv").write_text("id,text\nb1,A crane waits.\n")
    (box.inbox / "c.jsonl.gz").write_bytes(gzip.compress(b'{"id": "c1", "text": "Divers wave."}\n'))
    (box.inbox / "d.json").write_text('[{"id": "d1", "text": "A crane waits."}]')
    pq.write_table(pa.table({"id": ["e1"], "text": ["A crane waits."]}), box.inbox / "e.parquet")
    (box.inbox / "f.xmp").write_text(SIDECAR.format("Two men wave."), "utf-8")
    (box.inbox / ".hidden.txt").write_text("no")
    (box.inbox / "g.txt.part").write_text("no")
    box.watch()
    found = box.results()
    assert Counter(str(r.get("id", "file"))[0] for r in found) == {"r": 70, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}
    assert not list((box.out / "unfinished").iterdir())
    before = sorted((p.name, p.stat().st_mtime_ns) for p in box.out.glob("results/*"))
    box.watch()
    assert sorted((p.name, p.stat().st_mtime_ns) for p in box.out.glob("results/*")) == before
    assert box.said == []


def test_only_new_and_changed_captions_are_tagged(box):
    """A file that comes again, larger and with one text changed, gives only what is new; a row that comes twice is new."""
    path = write_jsonl(box.inbox / "a.jsonl", captions(10))
    box.watch()
    changed = [*captions(12)[:-1], {"id": "r11", "text": "New."}, {"id": "r3", "text": "Another text."}, captions(1)[0]]
    write_jsonl(path, changed)
    box.watch()
    assert box.ids() == Counter({f"r{n}": 1 for n in range(12)}) + Counter(["r3", "r0"])
    os.utime(path, (1, 1))
    box.watch()
    assert box.said == []


def test_a_file_that_failed_and_was_tagged_then_counts_as_tagged(box):
    """The status counts files by what they hold now; what one held before it changed is no failure of it."""
    path = box.inbox / "a.json"
    path.write_text('[{"id": "r0", "text": "Divers')
    box.watch(patience=0.3)
    path.write_text('[{"id": "r0", "text": "Divers wave."}]')
    os.utime(path, ns=(1, 1))
    box.watch()
    write_jsonl(box.inbox / "b.jsonl", captions(2))
    box.watch()
    path.write_text('[{"id": "r0", "text": "Divers wave."}, {"id": "r1", "text": "A crane."}]')
    box.watch()
    status = status_of(box.inbox, box.out)
    assert (status.files, status.failures) == ({"done": 2}, ())
    assert status.tagged == len(box.results()) == 4


def test_failed_files_are_kept_aside_with_the_reason(box):
    """What cannot be read is moved, never deleted; the rest goes on; the reason stands beside it and in the status."""
    write_jsonl(box.inbox / "good.jsonl", captions(3))
    (box.inbox / "broken.jsonl.gz").write_bytes(gzip.compress(b'{"id": "x", "text": "A crane."}\n' * 900)[:-30])
    (box.inbox / "odd.xyz").write_bytes(b"123")
    (box.inbox / "binary.txt").write_bytes(b"\0\1")
    (box.inbox / "none.jsonl").write_text("{}\n")
    (box.inbox / "bomb.txt.gz").write_bytes(gzip.compress(b"x" * (80 << 20)))
    (box.inbox / "line\nend.txt").write_text("A crane.")
    (box.inbox / "link.txt").symlink_to("/etc/hostname")
    (box.inbox / "folder").symlink_to("/etc")
    box.watch()
    assert box.ids().keys() >= {"r0", "r1", "r2"}
    expected = [
        "binary.txt",
        "bomb.txt.gz",
        "broken.jsonl.gz",
        "folder",
        "line\nend.txt",
        "link.txt",
        "none.jsonl",
        "odd.xyz",
    ]
    assert box.aside() == expected
    assert (box.inbox / "mlcap-failed").joinpath(
        *[p.name for p in box.inbox.glob("mlcap-failed/*-odd.xyz")]
    ).read_bytes() == b"123"
    for reason in ("binary", "unpacks to more", "cut off", "is a link", "line end", "no caption", "tells no form"):
        assert reason in box.reasons(), reason
    status = status_of(box.inbox, box.out)
    assert status.files == {"done": 1, "failed": 8}
    assert (status.backlog, status.oldest) == (0, None)
    assert len(status.failures) == 8
    assert len(box.said) == 9
    assert all(s.isprintable() for s in box.said)


def test_a_file_is_read_when_it_has_stopped_growing(tmp_path):
    """Two looks without a change, as far apart as asked, make a file steady; a change starts anew."""
    path = tmp_path / "a.txt"
    path.write_text("one")
    steadiness = Steadiness(0.05)
    assert not steadiness.steady(list(files_in(tmp_path)))
    assert not steadiness.steady(list(files_in(tmp_path)))
    time.sleep(0.06)
    assert steadiness.steady(list(files_in(tmp_path)))
    path.write_text("more")
    assert not steadiness.steady(list(files_in(tmp_path)))


def test_a_file_that_changes_while_it_is_read_is_read_again(box, monkeypatch):
    """Its captions are tagged once each, and the new ones as well."""
    path = write_jsonl(box.inbox / "a.jsonl", captions(200))
    lines = Outbox.lines
    calls = []

    def grow(outbox, batch):
        calls.append(1)
        if len(calls) == 2:
            write_jsonl(path, captions(260))
        return lines(outbox, batch)

    monkeypatch.setattr(Outbox, "lines", grow)
    box.watch()
    assert any("changed while it was read" in s for s in box.said)
    assert box.ids() == {f"r{n}": 1 for n in range(260)}


@pytest.mark.parametrize("at", ["write", "note", "place", "rename"])
def test_stopped_at_each_step_nothing_is_lost_or_doubled(box, monkeypatch, at):
    """Stopped after a batch is written, before and after it is noted, or around the rename: each caption once."""
    write_jsonl(box.inbox / "a.jsonl", captions(200))

    class Killed(BaseException):
        """Stands for a kill."""

    def after(function, times):
        calls = []

        def call(*args, **kwargs):
            calls.append(1)
            out = function(*args, **kwargs)
            if len(calls) == times:
                raise Killed
            return out

        return call

    if at == "write":
        monkeypatch.setattr(task_module, "write_all", after(task_module.write_all, 2))
    elif at == "note":
        monkeypatch.setattr(Ledger, "note", after(Ledger.note, 3))
    elif at == "place":
        monkeypatch.setattr(Outbox, "place", lambda *_: after(lambda: None, 1)())
    else:
        monkeypatch.setattr(outbox_module, "move_into_place", after(outbox_module.move_into_place, 1))
    with pytest.raises(Killed):
        box.watch()
    monkeypatch.undo()
    box.watch()
    assert box.ids() == {f"r{n}": 1 for n in range(200)}
    with Ledger(box.out / "ledger.sqlite") as ledger:
        ledger.check()
        assert ledger.counts() == {"done": 1, "tagged": 200, "unreadable": 0}


def test_an_unfinished_result_that_is_gone_is_made_again(box, monkeypatch):
    """Where somebody removed the unfinished result, its captions are tagged again."""
    write_jsonl(box.inbox / "a.jsonl", captions(200))
    monkeypatch.setattr(task_module, "write_all", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        box.watch()
    monkeypatch.undo()
    with Ledger(box.out / "ledger.sqlite") as ledger:
        (source,) = ledger.sources("working")
        ledger.note(source, 5000, 64, rows(64), [], ledger.model_number("1", "0"))
    box.watch()
    assert box.ids() == {f"r{n}": 1 for n in range(200)}


def test_a_file_that_went_away_counts_as_new_when_it_comes_back(box, monkeypatch):
    """An unmounted share loses nothing: what was tagged is placed, the rest follows when the file is back."""
    path = write_jsonl(box.inbox / "a.jsonl", captions(200))
    calls = []
    note = Ledger.note

    def stop(*args):
        note(*args)
        calls.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "note", stop)
    with pytest.raises(KeyboardInterrupt):
        box.watch()
    monkeypatch.undo()
    path.rename(box.inbox.parent / "a.jsonl")
    box.watch()
    assert len(box.results()) == 64
    (box.inbox.parent / "a.jsonl").rename(path)
    box.watch()
    assert box.ids() == {f"r{n}": 1 for n in range(200)}


def test_a_full_disk_is_waited_out(box, monkeypatch):
    """While results or ledger cannot be written the watcher says so and waits; then each caption is there once."""
    write_jsonl(box.inbox / "a.jsonl", captions(300))
    write = task_module.write_all
    left = [3, 2]

    def full(stream, data):
        if left[0] == 0 and left[1] > 0:
            left[1] -= 1
            stream.write(data[:100])
            raise OSError(28, "No space left on device")
        left[0] = max(0, left[0] - 1)
        write(stream, data)

    monkeypatch.setattr(task_module, "write_all", full)
    box.watch()
    assert sum("No space left" in s for s in box.said) == 2
    assert box.ids() == {f"r{n}": 1 for n in range(300)}


def test_an_output_folder_that_is_gone_is_not_made_anew(box, monkeypatch):
    """An unmounted output is waited for; nothing is written in its place, and nothing is tagged twice."""
    write_jsonl(box.inbox / "a.jsonl", captions(200))
    elsewhere = box.out.with_name("elsewhere")
    write = task_module.write_all
    calls = []

    def gone(stream, data):
        calls.append(1)
        if len(calls) == 2:
            box.out.rename(elsewhere)
            raise OSError(5, "Input/output error")
        write(stream, data)

    class Said(list):
        def append(self, line):
            super().append(line)
            if sum("not there" in s for s in self) == 2 and elsewhere.exists():
                assert not box.out.exists()
                elsewhere.rename(box.out)

    monkeypatch.setattr(task_module, "write_all", gone)
    box.said = Said()
    box.watch()
    assert box.ids() == {f"r{n}": 1 for n in range(200)}


def test_several_files_take_turns_within_the_memory(box, monkeypatch):
    """A small file is done before a large one ends; a tight bound reads one at a time."""
    write_jsonl(box.inbox / "a-large.jsonl", captions(400))
    write_jsonl(box.inbox / "b-small.jsonl", captions(3, 1000))
    box.watch()
    assert [s.partition(":")[0] for s in box.said] == ["b-small.jsonl", "a-large.jsonl"]
    write_jsonl(box.inbox / "c-large.jsonl", captions(400, 2000))
    write_jsonl(box.inbox / "d-small.jsonl", captions(3, 5000))
    box.watch(memory=1)
    assert [s.partition(":")[0] for s in box.said] == ["c-large.jsonl", "d-small.jsonl"]


def test_an_error_of_ours_fails_one_file(box, monkeypatch):
    """A file that meets a defect is moved aside, so that it does not stop the watcher at every start."""
    write_jsonl(box.inbox / "bad.jsonl", [{"id": "bad", "text": "A crane waits."}])
    write_jsonl(box.inbox / "good.jsonl", captions(3))
    lines = Outbox.lines

    def defect(outbox, batch):
        if any(r.fields.get("id") == "bad" for r in batch):
            raise ZeroDivisionError("a defect")
        return lines(outbox, batch)

    monkeypatch.setattr(Outbox, "lines", defect)
    box.watch()
    assert box.aside() == ["bad.jsonl"]
    assert "internal error (ZeroDivisionError: a defect)" in box.reasons()
    assert len(box.results()) == 3


@needs_exiftool
def test_photographs_in_the_inbox_share_one_exiftool(box, monkeypatch):
    """Each photograph is a file of its own; a caption that changes in its sidecar is tagged anew."""
    started = []
    start = ExifTool._start
    monkeypatch.setattr(ExifTool, "_start", lambda self: started.append(1) or start(self))
    for n in range(5):
        embed(box.inbox / f"{n}.jpg", JPEG, f"-XMP-dc:Description=Crane {n} waits.")
    box.watch()
    assert started == [1]
    assert len(box.results()) == 5
    (box.inbox / "0.jpg.xmp").write_text(SIDECAR.format("Divers wave."), "utf-8")
    box.watch()
    assert [r["caption"] for r in box.results() if r["caption_source"].startswith("sidecar")] == ["Divers wave."]
    assert len(box.results()) == 6


def test_folders_are_checked_at_the_start(box):
    """A missing inbox, an output within it, and a second watcher are refused."""
    with pytest.raises(InputError, match="is no folder"):
        watch(box.inbox / "no", box.out, box.tagger, WatchSettings(), Event(), print)
    with pytest.raises(InputError, match="lies in the inbox"):
        watch(box.inbox, box.inbox / "out", box.tagger, WatchSettings(), Event(), print)
    with sole_watcher(box.out), pytest.raises(OutputError, match="another mlcap"):
        box.watch()
    for inside in (box.out / "results", box.out / "results" / "deep"):
        inside.mkdir(exist_ok=True, parents=True)
        with pytest.raises(InputError, match="is where the results go"):
            watch(inside, box.out, box.tagger, WatchSettings(), Event(), print)
    (box.out / "ledger.sqlite").unlink(missing_ok=True)
    with Ledger(box.out / "ledger.sqlite") as ledger:
        ledger._db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="of another mlcap"):
        box.watch()


def newer(tagger, event):
    """A tagger that passes for a newer version and finds one event everywhere."""
    artifact = tagger.artifact

    class Newer(Tagger):
        def tag_features(self, features):
            out = super().tag_features(features)
            found = TaggedFacet(False, (event,), {event: 0.9})
            return [replace(t, facets={**t.facets, "event": found}, reasons=(), model="2") for t in out]

    return Newer(replace(artifact, manifest=replace(artifact.manifest, digest="newer")), "2")


def test_retag_shows_first_and_reruns_once(box, tagger):
    """What an older version tagged is compared, then run again into a result of its own, columns and all."""
    records = [{**r, "event": "mine", "extra": 7} for r in captions(80)]
    write_jsonl(box.inbox / "a.jsonl", records)
    box.watch()
    write_jsonl(box.inbox / "a.jsonl", [{**records[0], "text": "Another text."}, *records[1:]])
    box.watch()
    event = "landing" if box.results()[0]["event"] != "landing" else "launch"
    with sole_watcher(box.out):
        outbox = Outbox.open(box.out, newer(tagger, event))
        with outbox.ledger:
            found = preview(outbox)
            assert (found.captions, found.lost) == (80, [])
            assert found.differences[0].after == {"event": event}
            assert not outbox.ledger.sources("working")
            assert retag(outbox) == 80
            assert preview(outbox).captions == 0
            assert retag(outbox) == 0
    (path,) = (p for p in box.out.glob("results/retag-*") if p.stat().st_size)
    rerun = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(rerun) == 80
    assert rerun[0]["input"] == {"event": "mine"}
    assert (rerun[0]["extra"], rerun[0]["model"], rerun[0]["event"]) == (7, "2", event)
    assert {r["text"] for r in rerun} == {"Another text.", *(r["text"] for r in records[1:])}


def test_a_vanished_file_with_the_name_of_a_retagging_is_placed(box, tagger, monkeypatch):
    """A file is told from a retagging by a mark of its own, whatever it is called; a stopped retagging goes on."""
    write_jsonl(box.inbox / "a.jsonl", captions(80))
    box.watch()
    note = Ledger.note

    def stop(*args):
        note(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "note", stop)
    with Outbox.open(box.out, newer(tagger, "other")).ledger as ledger, pytest.raises(KeyboardInterrupt):
        retag(Outbox(box.out, ledger, newer(tagger, "other"), "0"))
    path = write_jsonl(box.inbox / "retag x.jsonl", captions(80, 200))
    with pytest.raises(KeyboardInterrupt):
        box.watch()
    monkeypatch.undo()
    path.unlink()
    box.watch()
    assert box.said == ["retag x.jsonl: went away before it was read to its end"]
    with Ledger(box.out / "ledger.sqlite") as ledger:
        (stopped,) = ledger.sources("working")
        assert (stopped.kind, stopped.records) == ("retag", 64)
        assert retag(Outbox(box.out, ledger, newer(tagger, "other"), "0")) == 144
        assert ledger.source(stopped.number).state == "done"


#: The first format of the ledger, with a file and a retagging that were stopped.
_FORMAT_1 = """
CREATE TABLE sources (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, stamp TEXT NOT NULL, sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('working', 'placing', 'done', 'failed')), reason TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0, unreadable INTEGER NOT NULL DEFAULT 0, model TEXT NOT NULL, since TEXT NOT NULL,
  changed TEXT NOT NULL
);
CREATE INDEX sources_by_path ON sources (path);
CREATE TABLE records (
  id TEXT NOT NULL, digest TEXT NOT NULL, model_digest TEXT NOT NULL, model TEXT NOT NULL,
  source INTEGER NOT NULL REFERENCES sources (number), outcome TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (id, digest, model_digest)
);
CREATE INDEX records_by_source ON records (source);
INSERT INTO sources VALUES (1, 'retag d1', '', 'd1', 'working', '', 'retag-model-2.1.jsonl', 0, 0, 0, 0, '2', 't', 't');
INSERT INTO sources VALUES (2, 'retag d2', '9-1', 'd2', 'working', '', 'retag_d2.2.jsonl', 0, 0, 0, 0, '1', 't', 't');
INSERT INTO sources VALUES (3, 'b.txt', '9-1', 'd3', 'failed', 'no', 'b.txt.3.jsonl', 0, 0, 0, 0, '1', 't', 't');
PRAGMA user_version = 1;
"""


def test_a_ledger_of_the_first_format_is_read(box):
    """Its sources get their kinds; looking at the status does not change the file, watching does, and goes on."""
    box.out.mkdir()
    path = box.out / "ledger.sqlite"
    db = sqlite3.connect(path)
    db.executescript(_FORMAT_1)
    db.close()
    before = path.read_bytes()
    (box.inbox / "mlcap-failed").mkdir()
    moved = box.inbox / "mlcap-failed" / "3-b.txt"
    moved.write_text("123456789")
    os.utime(moved, ns=(1, 1))
    assert status_of(box.inbox, box.out).files == {"failed": 1, "working": 1}
    assert path.read_bytes() == before
    for _ in range(2):
        with Ledger(path) as ledger:
            assert [s.kind for s in ledger.sources("working", "failed")] == ["retag", "file", "file"]
            assert ledger.stopped_retag("d1").number == 1
            assert ledger.latest("retag d1") is None
            assert ledger.latest("retag d2").number == 2
    box.watch()
    assert box.said == ["retag d2: went away before it was read to its end"]


def test_captions_without_ids_are_looked_up_in_constant_time(tmp_path):
    """How much SQLite does for a caption without an id does not grow with their number."""
    steps = {}
    for count in (100, 3000):
        with Ledger(tmp_path / f"{count}.sqlite") as ledger:
            source = ledger.add("a.txt", "", "", "1", "a")
            old, new = (ledger.model_number(v, v) for v in "12")
            ledger.note(source, 0, count, rows(count), [], old)
            done = []
            ledger._db.set_progress_handler(lambda done=done: done.append(1), 1)
            (row, _) = rows(count)[7]
            assert ledger.to_retag(row, new, ())
            assert ledger.known(row, source.number + 1, source.number, old, ())
            assert not ledger.known(row, source.number + 1, source.number, new, ())
            steps[count] = len(done)
    assert steps[3000] < 2 * steps[100]


def test_retag_says_which_results_are_gone(box, tagger):
    """Captions of results that were taken away cannot be run again, and that is said."""
    write_jsonl(box.inbox / "a.jsonl", captions(2))
    box.watch()
    for path in box.out.glob("results/*"):
        path.unlink()
    outbox = Outbox.open(box.out, newer(tagger, "other"))
    with outbox.ledger:
        found = preview(outbox)
    assert (found.captions, len(found.lost)) == (0, 1)


def test_watch_from_the_command_line(small, tmp_path):
    """Watch --once, --status, retag: lines and exit codes; SIGTERM ends the watch cleanly."""
    env = {"MLCAP_MODELS": str(small / "models")}
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "a.jsonl", captions(3))
    quick = ["--every", "0.05", "--settle", "0"]
    assert "no ledger" in mlcap("watch", "in", "--out", "out", "--status", cwd=tmp_path, check=2).err
    done = mlcap("watch", "in", "--out", "out", "--once", *quick, cwd=tmp_path, env=env, check=0)
    assert "a.jsonl: 3 tagged" in done.err
    (tmp_path / "in" / "b.txt").write_text("Waiting.")
    text = mlcap("watch", "in", "--out", "out", "--status", cwd=tmp_path, check=0).out
    assert "files: 1 done" in text
    assert "records: 3 tagged" in text
    assert "backlog: 1 files, the oldest for" in text
    status = json.loads(mlcap("watch", "in", "--out", "out", "--status", "--json", cwd=tmp_path, check=0).out)
    assert status["models"] == {Registry(small / "models").load().identity: 3}
    shown = mlcap("retag", "--out", "out", cwd=tmp_path, env=env, check=0).out
    assert "0 of 0 captions of older versions change" in shown
    assert "holds no ledger" in mlcap("retag", "--out", "in", cwd=tmp_path, env=env, check=2).err
    assert "is no folder" in mlcap("watch", "gone", "--out", "out", cwd=tmp_path, env=env, check=2).err
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", "watch", "in", "--out", "out", *quick],
        cwd=tmp_path,
        env={**os.environ, **env},
        stderr=subprocess.PIPE,
    )
    while "b.txt" not in (line := process.stderr.readline().decode()):
        assert line
    process.terminate()
    assert process.stderr.read().decode().splitlines()[-1] == "mlcap: stopped"
    assert process.wait(timeout=20) == 0
    process.stderr.close()


def test_the_last_line_of_a_watch_says_what_is_not_tagged(small, tmp_path):
    """Files that failed, photographs without a caption and rows that are none: the exit code and the last line agree."""
    env = {"MLCAP_MODELS": str(small / "models")}
    (tmp_path / "in").mkdir()
    quick = ["watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0", "--patience", "0"]
    write_jsonl(tmp_path / "in" / "a.jsonl", captions(3))
    done = mlcap(*quick, cwd=tmp_path, env=env, check=0)
    assert done.err.splitlines()[-1] == "mlcap: everything is tagged"
    (tmp_path / "in" / "c.xmp").write_text("<x/>")
    done = mlcap(*quick, cwd=tmp_path, env=env, check=0)
    assert done.err.splitlines()[-1] == "mlcap: 1 photograph has no caption; all else is tagged"
    (tmp_path / "in" / "b.csv").write_text("a,b\n1,2\n")
    write_jsonl(tmp_path / "in" / "d.jsonl", [{"id": "k", "text": ""}, *captions(1)])
    done = mlcap(*quick, cwd=tmp_path, env=env, check=3)
    assert done.err.splitlines()[-1] == (
        "mlcap: 1 file failed, which --status names, 1 photograph has no caption, 1 record could not be read;"
        " all else is tagged"
    )
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["a.jsonl", "c.xmp", "d.jsonl", "mlcap-failed"]


def test_what_was_put_right_is_no_longer_wrong(small, tagger, tmp_path):
    """A row that was mended or taken out, or tagged by another version, and a file that was taken away: each stops counting."""
    env = {"MLCAP_MODELS": str(small / "models")}
    (tmp_path / "in").mkdir()
    quick = ["watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0", "--patience", "0"]
    run = lambda code: mlcap(*quick, cwd=tmp_path, env=env, check=code).err.splitlines()[-1]  # noqa: E731
    path = tmp_path / "in" / "a.csv"
    path.write_text("id,text\n1,A crane waits.\n2,\n3,\n")
    assert "2 records could not be read" in run(3)
    path.write_text("id,text\n1,A crane waits.\n2,Divers wave.\n3,\n")
    assert "1 record could not be read" in run(3)
    path.write_text("id,text\n1,A crane waits.\n2,Divers wave.\n")
    assert run(0) == "mlcap: everything is tagged"
    (tmp_path / "in" / "bad.json").write_text("{")
    assert "1 file failed" in run(3)
    assert status_of(tmp_path / "in", tmp_path / "out").files == {"done": 1, "failed": 1}
    (moved,) = (tmp_path / "in" / "mlcap-failed").glob("*bad.json")
    moved.unlink()
    assert run(0) == "mlcap: everything is tagged"
    assert status_of(tmp_path / "in", tmp_path / "out").files == {"done": 1}
    path.write_text("id,text\n1,A crane waits.\n2,\n")
    run(3)
    box = Inbox.__new__(Inbox)
    box.inbox, box.out, box.tagger, box.said = tmp_path / "in", tmp_path / "out", newer(tagger, "recovery"), []
    path.write_text("id,text\n1,A crane waits.\n2,\n4,Divers wait.\n")
    box.watch()
    assert status_of(tmp_path / "in", tmp_path / "out").unreadable == 1


def test_retag_from_the_command_line(small, tmp_path):
    """Without --yes nothing is written; with it the rerun becomes a result, once."""
    shutil.copytree(small / "models", tmp_path / "models")
    shutil.copytree(tmp_path / "models" / "1", tmp_path / "models" / "2")
    manifest = tmp_path / "models" / "2" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "note": "another"}))
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "a.jsonl", captions(3))
    here = {"cwd": tmp_path, "check": 0}
    mlcap("watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0", "--model", "1", **here)
    done = mlcap("retag", "--out", "out", "--model", "2", **here)
    assert (
        done.out
        == f"0 of 3 captions of older versions change with version {Registry(tmp_path / 'models').load('2').identity}\n"
    )
    assert "nothing was written" in done.err
    assert len(list((tmp_path / "out" / "results").iterdir())) == 1
    assert "3 tagged again" in mlcap("retag", "--out", "out", "--model", "2", "--yes", **here).out
    assert "0 of 0" in mlcap("retag", "--out", "out", "--model", "2", "--yes", **here).out
    (path,) = (tmp_path / "out" / "results").glob("retag-model-2-*")
    identity = Registry(tmp_path / "models").load("2").identity
    assert [json.loads(line)["model"] for line in path.read_text().splitlines()] == [identity] * 3


def drop(inbox, draw, number):
    """Drop one file of a form drawn at random, as a program would that writes and renames; gives its ids."""
    records = captions(draw.randint(1, 200), number * 1000)
    form = draw.choice(["jsonl", "csv", "json", "gz", "parquet", "slow"])
    path = inbox / f"{number}.{ {'gz': 'jsonl.gz', 'slow': 'jsonl'}.get(form, form) }"
    lines = "".join(json.dumps(r) + "\n" for r in records).encode()
    if form == "csv":
        path.write_text("id,text\n" + "".join(f"{r['id']},{r['text']}\n" for r in records))
    elif form == "json":
        path.write_text(json.dumps({"collection": {"items": [{"data": [r]} for r in records]}}))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path.with_suffix(".tmp"))
        path.with_suffix(".tmp").rename(path)
    elif form == "gz":
        path.with_suffix(".tmp").write_bytes(gzip.compress(lines))
        path.with_suffix(".tmp").rename(path)
    elif form == "slow":
        with open(path, "wb") as stream:
            for start in range(0, len(lines), 4000):
                stream.write(lines[start : start + 4000])
                stream.flush()
                time.sleep(0.01)
    else:
        path.write_bytes(lines)
    return [r["id"] for r in records]


def check(out, expected):
    """Each id stands once in the results and once in the ledger, which is sound."""
    lines = [line for p in out.glob("results/*") for line in p.read_text("utf-8").splitlines()]
    counts = Counter(r.get("id") for r in map(json.loads, lines) if "error" not in r)
    assert counts == dict.fromkeys(expected, 1)
    with Ledger(out / "ledger.sqlite") as ledger:
        ledger.check()
        assert ledger.counts()["tagged"] == len(expected)
        assert not ledger.sources("working", "placing")
    assert not list((out / "unfinished").iterdir())


@pytest.mark.slow
def test_fifty_kills(small, tmp_path):
    """Files of every form dropped while the watcher is killed fifty times: each record tagged once, the ledger sound."""
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    command = [
        sys.executable,
        "-m",
        "mlcap",
        "watch",
        str(inbox),
        "--out",
        str(out),
        "--every",
        "0.02",
        "--settle",
        "0.2",
    ]
    draw = random.Random(11)
    expected = []
    for number in range(52):
        process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        expected += drop(inbox, draw, number)
        time.sleep(draw.uniform(0.3, 1.6))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    subprocess.run([*command, "--once"], env=env, check=True, stderr=subprocess.DEVNULL)
    assert not list(inbox.glob("mlcap-failed/*"))
    check(out, expected)


@contextmanager
def ended(process):
    """A process that is gone after the block, whatever happens in it."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here: " + done.stderr.decode())
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_small_disk_runs_full_and_is_cleared(small, tmp_path, small_disk):
    """On a disk that is really full the watcher waits; when there is room each record is there once."""
    inbox, out = tmp_path / "in", small_disk / "out"
    inbox.mkdir()
    write_jsonl(inbox / "a.jsonl", captions(1500))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (5 << 20))
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    command = [sys.executable, "-m", "mlcap", "watch", str(inbox), "--out", str(out), "--every", "0.1", "--settle", "0"]
    with ended(subprocess.Popen([*command, "--once"], env=env, stderr=subprocess.PIPE, text=True)) as process:
        while "waiting" not in (line := process.stderr.readline()):
            assert line
        ballast.unlink()
        assert process.wait(timeout=120) == 0
    check(out, [r["id"] for r in captions(1500)])


_AS_NOBODY = """
import os, sys
from threading import Event
import mlcap
from mlcap.inbox.watch import watch
from mlcap.inbox.watcher import WatchSettings
import filelock, mlcap.inbox.retag, mlcap.records.photo
inbox, out, models = sys.argv[1:4]
tagger = mlcap.load(models=models)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
from pathlib import Path
watch(Path(inbox), Path(out), tagger, WatchSettings(0.05, 0.0, once=True), Event(), lambda line: print(line, flush=True))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to drop to another user")
def test_the_output_folder_is_taken_away_for_a_while(small, for_everybody):
    """An unprivileged watcher that loses its output folder waits, and tags each record once when it is back."""
    inbox, out = for_everybody / "in", for_everybody / "out"
    inbox.mkdir()
    out.mkdir()
    os.chown(out, 65534, 65534)
    write_jsonl(inbox / "a.jsonl", captions(3000))
    args = [sys.executable, "-c", _AS_NOBODY, str(inbox), str(out), str(small / "models")]
    with ended(subprocess.Popen(args, stdout=subprocess.PIPE, text=True)) as process:
        deadline = time.monotonic() + 60
        while not any(p.stat().st_size for p in out.glob("unfinished/*")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for folder in (out / "unfinished", out / "results", out):
            folder.chmod(0o000)
        while "waiting" not in (line := process.stdout.readline()):
            assert line
        for folder in (out, out / "results", out / "unfinished"):
            folder.chmod(0o755)
        assert process.wait(timeout=120) == 0
    check(out, [r["id"] for r in captions(3000)])
    assert not (inbox / "mlcap-failed").exists()


def test_the_ledger_knows_what_and_when(box):
    """Every record's source, content hash, model version, outcome and time stand in plain columns."""
    (box.inbox / "a.jsonl").write_text('{"id": "a", "text": "A crane waits."}\n{broken\n')
    box.watch()
    db = sqlite3.connect(box.out / "ledger.sqlite")
    rows = db.execute(
        "SELECT r.id, m.version, r.outcome, s.path, length(s.sha256), length(r.digest) FROM records r JOIN sources s ON s.number = r.source JOIN models m ON m.number = r.model ORDER BY r.outcome DESC"
    ).fetchall()
    db.close()
    assert rows[0] == ("a", box.tagger.version, "tagged", "a.jsonl", 64, 64)
    assert rows[1][2].startswith("is no JSON")
    assert Path(rows[1][0].partition(": line")[0]).name == "a.jsonl"


def opened_by(process):
    """The files that a process has open."""
    found = set()
    for handle in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            found.add(os.readlink(handle))  # noqa: PTH115
    return found


def test_a_watcher_stops_at_once_whatever_it_reads(small, tmp_path):
    """SIGTERM is obeyed at once also while a file of many gigabytes is looked at, which takes minutes."""
    inbox = tmp_path / "in"
    inbox.mkdir()
    with open(inbox / "huge.jsonl", "wb") as stream:
        stream.truncate(200 << 30)
    command = [sys.executable, "-m", "mlcap", "watch", "in", "--out", "out", "--every", "0.05", "--settle", "0"]
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    with ended(subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)) as process:
        assert "watching" in process.stderr.readline()
        huge = str(inbox / "huge.jsonl")
        deadline = time.monotonic() + 30
        while huge not in opened_by(process):
            assert time.monotonic() < deadline
        process.terminate()
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == "mlcap: stopped\n"
