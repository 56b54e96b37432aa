"""What lies in the way of an inbox: damaged ledgers, links and pipes, names of every kind, files that are still written."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections import Counter

import pytest
from conftest import mlcap, write_jsonl
from inbox_folder import Inbox, captions
from photo_files import JPEG, SIDECAR, embed, needs_exiftool
from test_inbox import newer

from mlcap.errors import DamagedLedgerError
from mlcap.inbox import watcher as watcher_module
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.retag import preview, retag
from mlcap.inbox.scan import files_in
from mlcap.inbox.status import status_of
from mlcap.inbox.unfinished import is_unfinished
from mlcap.records.photo import NO_EXIFTOOL


@pytest.fixture
def box(tmp_path, tagger):
    """An empty inbox."""
    return Inbox(tmp_path, tagger)


def ledger_bytes(box):
    """The whole ledger as one file."""
    path = box.out / "ledger.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path.read_bytes()


def put_ledger(box, data):
    """Put bytes in the place of the ledger."""
    for path in box.out.glob("ledger.sqlite*"):
        path.unlink()
    if data is not None:
        (box.out / "ledger.sqlite").write_bytes(data)


def filled(box):
    """Fill an inbox with two files of which one was changed, and one that is retagged; gives the ids."""
    write_jsonl(box.inbox / "a.jsonl", captions(70))
    (box.inbox / "sub").mkdir()
    (box.inbox / "sub" / "b.csv").write_text('Neg No,Description\nN1,"A crane."\nN2,"A crane."\n')
    (box.inbox / "c.jsonl").write_text('{"id": "c", "text": "Divers wave.", "event": "mine"}\n{broken\n')
    box.watch()
    write_jsonl(box.inbox / "a.jsonl", captions(75))
    box.watch()


DAMAGES = {
    "missing": lambda _data, _draw: None,
    "empty": lambda _data, _draw: b"",
    "no ledger": lambda _data, _draw: b"no ledger at all" * 300,
    # SQLite quotes such a definition in its message, which is no UTF-8 then.
    "a definition that is no text": lambda data, _draw: data.replace(b"CREATE TABLE", b"CREATE \xf9ABLE"),
    "cut": lambda data, draw: data[: draw.randrange(100, len(data))],
    "page": lambda data, draw: data[: 4096 * 3] + draw.randbytes(4096) + data[4096 * 4 :],
    "bytes": lambda data, draw: bytes(draw.choice([b, b, b, b ^ 64]) for b in data),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_made_anew_from_the_results(box, damage):
    """It is set aside with one line; no record is lost or doubled, what is new is tagged, retagging knows the rows."""
    filled(box)
    before = box.results()
    put_ledger(box, DAMAGES[damage](ledger_bytes(box), random.Random(3)))
    if damage != "missing":
        with (
            pytest.raises(DamagedLedgerError, match="makes it anew"),
            Ledger(box.out / "ledger.sqlite", True) as ledger,
        ):
            ledger.check()
    write_jsonl(box.inbox / "new.jsonl", captions(3, 500))
    box.watch()
    said = [s for s in box.said if "made anew from the results, which hold 79 records" in s]
    assert len(said) == 1
    assert said == box.said[:1]
    assert len(box.results()) == len(before) + 3
    assert "sub/b.csv: 0 tagged, 2 known already, 0 could not be read" in box.said
    assert "c.jsonl: 0 tagged, 2 known already, 0 could not be read" in box.said
    assert len(list(box.out.glob("ledger.damaged-*"))) == (damage != "missing")
    box.watch()
    assert box.said == []
    outbox = Outbox.open(box.out, newer(box.tagger, "other"))
    with outbox.ledger as ledger:
        ledger.check()
        assert preview(outbox).captions == retag(outbox) == len(before) + 3
    put_ledger(box, b"")
    box.watch()
    with Outbox.open(box.out, newer(box.tagger, "other")).ledger as ledger:
        assert retag(Outbox(box.out, ledger, newer(box.tagger, "other"), "newer")) == 0


def test_a_kill_while_the_ledger_is_made_anew_costs_nothing(box, monkeypatch):
    """Stopped before or after the new ledger is in its place, the next start goes on from the results."""
    filled(box)
    before = len(box.results())
    for name in ("_rebuild", "_set_aside", "move_into_place"):
        put_ledger(box, b"")
        monkeypatch.setattr(f"mlcap.inbox.rebuild.{name}", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            box.watch()
        monkeypatch.undo()
        box.watch()
        assert len(box.results()) == before
    assert Counter(r["id"] for r in box.results() if "id" in r).most_common(1)[0][1] == 1


def test_damage_that_is_met_while_watching_is_mended(box, monkeypatch):
    """A ledger that breaks under the watcher is made anew, and the watch goes on."""
    filled(box)
    write_jsonl(box.inbox / "new.jsonl", captions(200, 500))
    note, calls = Ledger.note, []

    def breaks(self, *args):
        calls.append(1)
        if len(calls) == 2:
            raise DamagedLedgerError("it: is damaged")
        return note(self, *args)

    monkeypatch.setattr(Ledger, "note", breaks)
    check = Ledger.check

    def checked(self):
        if len(calls) == 2:
            calls.append(1)
            raise DamagedLedgerError("it: is damaged")
        check(self)

    monkeypatch.setattr(Ledger, "check", checked)
    box.watch()
    assert [s for s in box.said if "made anew" in s]
    assert len([r for r in box.results() if r.get("id", "").startswith("r")]) == 75 + 200


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "link to a folder"])
def test_what_takes_the_place_of_a_waiting_file_is_not_read(box, monkeypatch, what):
    """Between a look and the opening a file becomes something else: nothing from outside is read, nothing waits."""
    secret = box.inbox.parent / "secret"
    secret.mkdir()
    write_jsonl(secret / "z.jsonl", [{"id": "secret", "text": "From elsewhere."}])
    (box.inbox / "sub").mkdir()
    path = write_jsonl(box.inbox / "sub" / "z.jsonl", [{"id": "z", "text": "A crane."}])
    opened = watcher_module.open_plain

    def swap(*args):
        if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
            path.unlink()
            if what == "link":
                path.symlink_to(secret / "z.jsonl")
            elif what == "pipe":
                os.mkfifo(path)
            elif what == "folder":
                path.mkdir()
            else:
                path.parent.rename(box.inbox.parent / "away")
                path.parent.symlink_to(secret)
        return opened(*args)

    monkeypatch.setattr(watcher_module, "open_plain", swap)
    box.watch()
    assert box.results() == []
    assert len(box.said) == (what != "folder")


def test_another_file_that_takes_the_place_of_a_waiting_one_waits_as_well(box, monkeypatch):
    """Between a look and the opening somebody begins to write a file of the same name: it is left until it is whole."""
    path = box.inbox / "a.json"
    path.write_text('[{"id": "old", "text": "A crane."}]')
    opened, times = watcher_module.open_plain, []

    def swap(*args):
        times.append(1)
        if len(times) == 1:
            path.write_text('[{"id": "new", "text": "Divers')
        stream = opened(*args)
        if len(times) == 1:
            path.write_text('[{"id": "new", "text": "Divers wave."}]')
        return stream

    monkeypatch.setattr(watcher_module, "open_plain", swap)
    box.watch(patience=5.0)
    assert box.ids() == {"new": 1}
    assert box.said == ["a.json: 1 tagged, 0 known already, 0 could not be read"]


@needs_exiftool
def test_a_photograph_that_is_swapped_while_it_is_read_does_not_count(box, monkeypatch):
    """What exiftool read by name counts only if the name still leads to the file that was opened."""
    from mlcap.inbox import file_task

    path = box.inbox / "a.jpg"
    other = box.inbox.parent / "other.jpg"
    embed(path, JPEG, "-XMP-dc:Description=A crane waits.")
    embed(other, JPEG, "-XMP-dc:Description=Divers wave!!.")
    read, seen = file_task.read_records, []

    def swap(*args):
        records = list(read(*args))
        seen.extend(r.text for r in records)
        if other.exists():
            # Of the same size and time, which a look would not tell apart.
            os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
            other.replace(path)
        return iter(records)

    monkeypatch.setattr(file_task, "read_records", swap)
    box.watch()
    assert seen == ["A crane waits.", "Divers wave!!."]
    assert [r["caption"] for r in box.results()] == ["Divers wave!!."]


def test_a_ledger_made_anew_does_not_tag_again_by_a_newer_version(box):
    """Files are read once more for the ledger's sake alone; `retag` is what tags them by another version."""
    filled(box)
    before = len(box.results())
    put_ledger(box, b"")
    box.tagger = newer(box.tagger, "other")
    box.watch()
    assert len(box.results()) == before
    write_jsonl(box.inbox / "a.jsonl", captions(76))
    box.watch()
    assert len(box.results()) == before + 76


def test_names_that_are_long_odd_or_clash(box):
    """Names of 252 bytes are tagged or moved aside; a name and its escaped twin are two files; so are two cases."""
    long = "y" * 248 + ".txt"
    (box.inbox / long).write_text("A crane waits.")
    (box.inbox / ("z" * 248 + ".txt")).write_text("")
    (box.inbox / ("x" * 251 + ".jpg")).write_bytes(b"no photograph")
    (box.inbox / "a\\nb.txt").write_text("Divers wave.")
    (box.inbox / "a\nb.txt").write_text("Another picture.")
    (box.inbox / "Case.txt").write_text("Upper.")
    (box.inbox / "case.txt").write_text("Lower.")
    (box.inbox / "retag d1.txt").write_text("No retagging.")
    box.watch()
    texts = {r["text"] for r in box.results()}
    assert texts == {"A crane waits.", "Divers wave.", "Upper.", "Lower.", "No retagging."}
    assert sorted(p.name for p in box.inbox.iterdir() if p.is_file()) == sorted(
        [long, "a\\nb.txt", "Case.txt", "case.txt", "retag d1.txt"]
    )
    assert len(list(box.inbox.glob("mlcap-failed/*.reason.txt"))) == 3
    box.watch()
    assert box.said == []


def test_a_file_moved_aside_replaces_no_other(box):
    """Files that failed under two ledgers lie beside each other."""
    for number in range(2):
        (box.inbox / "a.xyz").write_text(str(number))
        box.watch()
        for path in box.out.glob("ledger*"):
            path.unlink()
    assert sorted(p.read_text() for p in box.inbox.glob("mlcap-failed/*a.xyz")) == ["0", "1"]


@pytest.mark.parametrize(
    "name",
    [
        *("p.csv.crdownload", "p.csv.part", "p.PART", "p.tmp", "p.csv.!sync", "p.csv.download", "p.csv.opdownload"),
        *(
            "p.csv.aria2",
            "p.csv.swp",
            "p.jsonl.gz.sb-12ab-Xy",
            "~$p.xlsx",
            "p.csv~",
            "#p.csv#",
            ".~lock.p.csv#",
            "p.part3",
        ),
        *("p.csv.incomplete", "p.csv.inprogress", "p.csv.upload", "p.csv.icloud", "p.csv.fuse_hidden00a1", "p.csv.bak"),
        *("p.csv.ok", "p.DONE", "batch.ready", "p.jpg.md5", "p.csv.sha256", "SHA256SUMS", "md5sums.txt", "p.jpg.asc"),
        *("bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-md5.txt", "checksums.txt", "p.par2"),
        *("Picasa.ini", "p.csv:Zone.Identifier", "p.csv@SynoResource", "p.jpg_original"),
        *("Thumbs.db", "desktop.ini", ".DS_Store", "ehthumbs.db", "._p.jpg", "p.jpg_exiftool_tmp", "p.csv.tmp9x_2"),
    ],
)
def test_unfinished_and_system_files_are_passed_over(tmp_path, name):
    """Files that programs and systems make for themselves are neither read nor failures."""
    (tmp_path / name).write_text("x")
    assert not list(files_in(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "#12 launch.csv",
        "part.csv",
        "manifest.csv",
        "ok.txt",
        "sums.txt",
        "bagit-2031.txt",
        "p.partly.csv",
        "tmp.txt",
        "a~b.txt",
        "download.jsonl",
    ],
)
def test_names_that_only_look_unfinished_are_read(name):
    """A word within the name does not make a file unfinished."""
    assert not is_unfinished(name)


def test_a_file_that_fails_is_tried_again_while_it_changes(box):
    """A slow upload is tagged when it is whole; only what stays as it is gets moved, and is told once before that."""
    path = box.inbox / "a.json"
    whole = json.dumps([{"id": f"r{n}", "text": f"Crane {n} waits."} for n in range(20)])
    path.write_text(whole[:300])
    (box.inbox / "bad.json").write_text("[")
    said = box.said = Talk(lambda: path.write_text(whole))
    box.watch(settle=0.02, patience=0.4)
    assert box.ids() == {f"r{n}": 1 for n in range(20)}
    assert box.aside() == ["bad.json"]
    assert sum("it is moved aside if it stays so for" in s for s in said) == 2
    assert "bad.json: is moved aside" in said
    status = status_of(box.inbox, box.out)
    assert [name for name, _, _ in status.failures] == ["bad.json"]


class Talk(list):
    """Takes what is said, and does something once at the first failure."""

    def __init__(self, then):
        super().__init__()
        self._then = then

    def append(self, line):
        """Take one line."""
        super().append(line)
        if line.startswith("a.json") and self._then:
            then, self._then = self._then, None
            then()


def test_a_file_that_grows_after_it_was_moved_is_brought_back(box):
    """Whoever still has it open writes on where it lies now; then it is read again."""
    stream = open(box.inbox / "a.json", "w")  # noqa: SIM115
    stream.write('[{"id": "a", "text": ')
    stream.flush()
    box.watch()
    assert box.aside() == ["a.json"]
    box.watch()
    assert box.aside() == ["a.json"]
    stream.write('"A crane waits."}]')
    stream.close()
    box.watch()
    assert box.said[0] == "a.json: changed after it was moved aside; it is read again"
    assert box.ids() == {"a": 1}
    assert (box.inbox / "a.json").exists()
    assert not list(box.inbox.glob("mlcap-failed/*"))


def test_photographs_wait_for_exiftool(box, monkeypatch):
    """Where it is missing, photographs stay and are told once, and what their sidecars hold is read."""
    (box.inbox / "a.jpg").write_bytes(JPEG)
    (box.inbox / "b.jpg").write_bytes(JPEG)
    (box.inbox / "b.xmp").write_text(SIDECAR.format("A crane waits."), "utf-8")
    for module in ("exiftool", "photo"):
        monkeypatch.setattr(f"mlcap.records.{module}.exiftool_path", lambda: None)
    said = box.said = []
    box.watch(settle=0.01, patience=0.05)
    assert box.aside() == []
    assert [line for line in said if "exiftool" in line] == [f"1 photograph waits, the first a.jpg: {NO_EXIFTOOL}"]
    assert (status_of(box.inbox, box.out).backlog, len(box.results())) == (1, 1)
    done = mlcap("watch", box.inbox, "--out", box.out, "--once", "--settle", "0.01", cwd=box.inbox.parent, check=3)
    assert "1 file waits" in done.err


@needs_exiftool
def test_an_empty_photograph_is_a_file_that_fails(box):
    """A file without a byte holds no caption for another reason than a photograph without one, which is said."""
    (box.inbox / "a.png").write_bytes(b"")
    said = box.said = []
    box.watch(settle=0.01, patience=0.05)
    assert box.aside() == ["a.png"]
    assert said[0].startswith("a.png: is an empty file, without a single byte; copy it again")


@needs_exiftool
def test_a_photograph_without_a_caption_is_no_failure(box):
    """It stays where it is, is named and counted, and is tagged when a caption comes."""
    (box.inbox / "a.jpg").write_bytes(JPEG)
    (box.inbox / "b.jpg").write_bytes(b"no photograph")
    box.watch()
    assert "a.jpg: has no caption; it is read again when it or its sidecar changes" in box.said
    status = status_of(box.inbox, box.out)
    assert (status.files, status.unreadable) == ({"empty": 1, "failed": 1}, 1)
    assert box.aside() == ["b.jpg"]
    (box.inbox / "a.jpg.xmp").write_text(SIDECAR.format("Divers wave."), "utf-8")
    box.watch()
    assert [r["caption"] for r in box.results()] == ["Divers wave."]


def test_reasons_name_no_option_that_watch_has_not(box, small, tmp_path):
    """What to try is something that can be done with an inbox."""
    (box.inbox / "odd.xyz").write_text("x")
    (box.inbox / "lines.json").write_text('{"id": 1}\n{"id": 2}\n')
    (box.inbox / "table.csv").write_text("a,b\n1,2\n")
    (box.inbox / "zip.jsonl").write_bytes(b"\x1f\x8b" + os.urandom(40))
    box.watch()
    said = " ".join(box.said)
    shown = mlcap("watch", "--help", cwd=tmp_path, check=0).out
    options = {word.strip("`.,;:()") for word in said.split() if word.startswith("--")}
    assert options
    assert all(option in shown for option in options)
    assert "name it after what it holds" in box.reasons()


def test_an_ordinary_start_does_not_touch_a_sound_ledger(box):
    """Nothing is set aside, and nothing said, where nothing is wrong."""
    filled(box)
    before = ledger_bytes(box)
    box.watch()
    assert box.said == []
    assert ledger_bytes(box) == before
