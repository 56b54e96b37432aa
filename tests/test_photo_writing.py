"""Tags in photographs: planned, added, left alone the second time, and taken back exactly."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from conftest import mlcap
from photo_files import JPEG, SIDECAR, embed, exiftool, needs_exiftool, png, tags_of, tiff
from photo_plans import LAUNCH, Folders, digest

from mlcap.errors import OutputError, PlanError
from mlcap.photos import apply as apply_module
from mlcap.photos.changes import PlannedTag
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.metadata import read_metadata
from mlcap.photos.plan import Plan, PlannedPhoto
from mlcap.photos.plan_file import plan_bytes, read_plan
from mlcap.records.exiftool import ExifTool, session
from mlcap.types import ReasonKind, ReviewReason


@pytest.fixture
def folders(tmp_path):
    """Two empty folders."""
    return Folders(tmp_path)


@needs_exiftool
def test_sidecars_are_made_and_taken_away(folders):
    """A new sidecar holds the tags and the photograph's own keywords; the photograph is not touched; undo removes it."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.", "-IPTC:Keywords=Гагарин")
    before = digest(photo)
    plan = folders.plan()
    assert plan.photos[0].fields["dc:subject"] == {"old": (), "add": ["Гагарин", "launch", "commander"]}
    assert sorted(p.name for p in folders.photos.iterdir()) == ["a.jpg"]
    assert folders.apply(plan) == ["written"]
    found = tags_of(folders.photos / "a.jpg.xmp")
    assert found["XMP-dc:Subject"] == ["Гагарин", "launch", "commander"]
    assert found["XMP-lr:HierarchicalSubject"] == ["event|launch", "crew_role|commander"]
    first = found["XMP-mlcap:Tags"][0]
    expected = {"Facet": "event", "Value": "launch", "Score": 0.98, "Model": 1, "Run": plan.run, "Status": "machine"}
    assert first == expected
    made = digest(folders.photos / "a.jpg.xmp")
    assert folders.apply(plan) == folders.apply(folders.plan()) == ["unchanged"]
    assert digest(folders.photos / "a.jpg.xmp") == made
    assert folders.undo(plan) == ["undone"]
    assert sorted(p.name for p in folders.photos.iterdir()) == ["a.jpg"]
    assert digest(photo) == before
    assert folders.undo(plan) == []


@needs_exiftool
@pytest.mark.parametrize("name", ["a.jpg.xmp", "a.xmp"])
def test_a_sidecar_that_is_there_is_added_to(folders, name):
    """An existing sidecar keeps what it holds, before and after."""
    (folders.photos / "a.jpg").write_bytes(JPEG)
    sidecar = folders.photos / name
    sidecar.write_text(SIDECAR.format("A launch."), "utf-8")
    exiftool("-q", "-overwrite_original", "-XMP-dc:Subject=launch", "-XMP-dc:Creator=Ольга", "-XMP:Rating=3", sidecar)
    before = tags_of(sidecar)
    plan = folders.plan()
    assert plan.photos[0].fields["dc:subject"] == {"old": ("launch",), "add": ["commander"]}
    assert folders.apply(plan) == ["written"]
    assert tags_of(sidecar)["XMP-dc:Subject"] == ["launch", "commander"]
    assert folders.undo(plan) == ["undone"]
    after = tags_of(sidecar)
    changing = ("System:", "ExifTool:", "XMP-x:", "File:")
    keep = {k: v for k, v in before.items() if not k.startswith(changing)}
    assert {k: v for k, v in after.items() if not k.startswith(changing)} == keep


@needs_exiftool
def test_embedded_tags_keep_times_and_picture(folders):
    """With --embed JPEG and TIFF get IPTC marked as UTF-8, PNG XMP alone; times, caption and credit stay."""
    caption = "-XMP-dc:Description=Старт: a launch."
    for name, data in (("a.jpg", JPEG), ("b.tif", tiff()), ("c.png", png())):
        path = embed(folders.photos / name, data, caption, "-XMP-photoshop:Credit=Ольга", "-XMP-dc:Subject=старт")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    before = {p.name: tags_of(p) for p in folders.photos.iterdir()}
    plan = folders.plan(embed=True)
    assert folders.apply(plan) == ["written"] * 3
    for path in sorted(folders.photos.iterdir()):
        found = tags_of(path)
        assert path.stat().st_mtime == 1_000_000_000
        assert found["XMP-dc:Subject"] == ["старт", "launch", "commander"]
        if path.suffix != ".png":
            assert found["IPTC:Keywords"] == ["launch", "commander"]
            assert found["IPTC:CodedCharacterSet"] == "UTF8"
        else:
            assert not any(k.startswith("IPTC") for k in found)
        assert JPEG[JPEG.index(b"\xff\xda") :] in path.read_bytes() or path.suffix != ".jpg"
    assert folders.apply(plan) == ["unchanged"] * 3
    assert folders.undo(plan) == ["undone"] * 3
    for path in folders.photos.iterdir():
        found = {
            k: v for k, v in tags_of(path).items() if k.startswith(("XMP-dc", "XMP-ph", "IPTC", "XMP-ml", "XMP-lr"))
        }
        old = {k: v for k, v in before[path.name].items() if k.startswith(("XMP-dc", "XMP-ph", "IPTC"))}
        assert found == old, path.name


@needs_exiftool
def test_iptc_of_an_unknown_encoding_is_not_marked(folders):
    """IPTC that is not marked as UTF-8 gets plain words, and its own letters stay as they are."""
    path = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    exiftool("-q", "-overwrite_original", "-charset", "iptc=latin", "-IPTC:Keywords=Orléans", path)
    assert folders.apply(folders.plan(embed=True)) == ["written"]
    found = tags_of(path)
    assert found["IPTC:Keywords"] == ["Orléans", "launch", "commander"]
    assert "IPTC:CodedCharacterSet" not in found


@needs_exiftool
def test_what_a_person_did_since_stays(folders):
    """Undo keeps a confirmed tag with its keyword and a person's own keyword, and takes the rest."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan()
    folders.apply(plan)
    sidecar = folders.photos / "a.jpg.xmp"
    machine = f"{{Facet=event,Value=launch,Score=0.98,Model=1,Run={plan.run},Status=machine}}"
    exiftool(
        "-q",
        "-overwrite_original",
        f"-XMP-mlcap:Tags-={machine}",
        f"-XMP-mlcap:Tags+={machine.replace('machine', 'confirmed')}",
        "-XMP-dc:Subject+=night",
        sidecar,
    )
    assert folders.undo(plan) == ["kept"]
    found = tags_of(sidecar)
    assert found["XMP-dc:Subject"] == ["launch", "night"]
    assert found["XMP-lr:HierarchicalSubject"] == ["event|launch"]
    assert [t["Status"] for t in found["XMP-mlcap:Tags"]] == ["confirmed"]


@needs_exiftool
def test_a_rejected_tag_does_not_come_back(folders):
    """What a person rejected is not written by a later plan, and undo takes its keyword."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    first = folders.plan()
    folders.apply(first)
    sidecar = folders.photos / "a.jpg.xmp"
    machine = f"{{Facet=event,Value=launch,Score=0.98,Model=1,Run={first.run},Status=machine}}"
    rejected = machine.replace("machine", "rejected")
    exiftool("-q", "-overwrite_original", f"-XMP-mlcap:Tags-={machine}", f"-XMP-mlcap:Tags+={rejected}", sidecar)
    exiftool(
        "-q", "-overwrite_original", "-XMP-dc:Subject-=launch", "-XMP-lr:HierarchicalSubject-=event|launch", sidecar
    )
    folders.apply(folders.plan())
    found = tags_of(sidecar)
    assert found["XMP-dc:Subject"] == ["commander"]
    assert [t["Status"] for t in found["XMP-mlcap:Tags"] if t["Facet"] == "event"] == ["rejected"]


@needs_exiftool
def test_two_runs_share_a_keyword(folders):
    """Undoing the first run leaves the keyword that a later run's tag stands for as well."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    first = folders.plan()
    folders.apply(first)
    second = folders.plan(model="2")
    assert folders.apply(second) == ["written"]
    assert folders.undo(first) == ["kept"]
    found = tags_of(folders.photos / "a.jpg.xmp")
    assert found["XMP-dc:Subject"] == ["launch", "commander"]
    assert {str(t["Run"]) for t in found["XMP-mlcap:Tags"]} == {second.run}


@needs_exiftool
def test_uncertain_tags_are_not_written(folders):
    """A caption that needs review is in the plan with the reason, and written only when asked for."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    why = ReviewReason(ReasonKind.BELOW_THRESHOLD, "event", "event uncertain")
    doubtful = replace(LAUNCH, reasons=(why,))
    plan = folders.plan(doubtful)
    assert plan.photos[0].skipped == "needs review: event uncertain"
    assert folders.apply(plan) == ["skipped"]
    assert len(list(folders.photos.iterdir())) == 1
    assert folders.apply(folders.plan(doubtful, uncertain=True)) == ["written"]


@needs_exiftool
def test_photographs_that_changed_are_refused_one_by_one(folders):
    """A changed caption, a vanished file, a link in the place of the sidecar: one line each, the rest is written."""
    for name in "abcd":
        embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan()
    exiftool("-q", "-overwrite_original", "-XMP-dc:Description=A landing.", folders.photos / "a.jpg")
    (folders.photos / "b.jpg").unlink()
    elsewhere = folders.runs.parent / "elsewhere.xmp"
    elsewhere.write_text(SIDECAR.format("A launch."))
    before = digest(elsewhere)
    (folders.photos / "c.jpg.xmp").symlink_to(elsewhere)
    assert folders.apply(plan) == ["failed", "failed", "failed", "written"]
    assert digest(elsewhere) == before


@needs_exiftool
@pytest.mark.parametrize("when", ["before", "after"])
def test_stopped_between_journal_and_file(folders, monkeypatch, when):
    """Stopped before or after the file is written, undo finds what was added, and applying again completes it."""
    for name in "ab":
        embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan()
    write = apply_module.write_file

    def stopped(*args, **kwargs):
        if when == "after":
            write(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(apply_module, "write_file", stopped)
    with pytest.raises(KeyboardInterrupt):
        folders.apply(plan)
    monkeypatch.undo()
    with open(folders.runs / f"{plan.run}.jsonl", "ab") as stream:
        stream.write(b'{"what": "beg')
    if when == "after":
        assert folders.undo(plan) == ["undone"]
        assert not (folders.photos / "a.jpg.xmp").exists()
    assert folders.apply(plan) == ["written", "written"]
    assert folders.undo(plan) == ["undone", "undone"]
    assert sorted(p.name for p in folders.photos.iterdir()) == ["a.jpg", "b.jpg"]


def test_plans_are_read_with_care(tmp_path):
    """A plan comes back as written; what is none is refused."""
    photo = PlannedPhoto("/a.jpg", "/a.jpg.xmp", "0", (PlannedTag("event", "launch", "0.9"),), {}, "")
    plan = Plan("20310101T000000-abc123", "1", False, (photo,))
    path = tmp_path / "plan.json"
    path.write_bytes(plan_bytes(plan))
    assert read_plan(path) == plan
    good = path.read_text()
    for bad in ("", "[]", "{}", good.replace("launch", "a\\nb"), good.replace('"format": 3', '"format": 4')):
        path.write_text(bad)
        with pytest.raises(PlanError):
            read_plan(path)
    path.write_text(good.replace("20310101T000000-abc123", "../../x"))
    with pytest.raises(PlanError, match="names no run"):
        read_plan(path)
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "gone.json")


def test_a_plan_of_before_the_desk_holds_tags_of_the_machine_alone(tmp_path):
    """A plan of the second form is read as one whose tags nobody has decided; without tags no facet is touched."""
    photos = [PlannedPhoto("/a.jpg", "/a.jpg.xmp", "0", (PlannedTag("event", "launch", "0.9"),), {}, "")]
    photos.append(PlannedPhoto("/b.jpg", "/b.jpg.xmp", "0", (), {}, "needs review", untouched=("event",)))
    plan = Plan("20310101T000000-abc123", "1", False, tuple(photos), facets={"event": False})
    data = json.loads(plan_bytes(plan)) | {"format": 2}
    for photo in data["photos"]:
        del photo["untouched"]
        for tag in photo["tags"]:
            for name in ("status", "model", "reconsidered"):
                del tag[name]
    (tmp_path / "plan.json").write_text(json.dumps(data))
    assert read_plan(tmp_path / "plan.json") == plan


def test_journals_join_changes_of_one_file(tmp_path):
    """Two changes of a file are undone together, and then only by value, since a person may have come between."""
    journal = Journal(tmp_path, "r")
    first = Entry("/a.xmp", True, {"dc:subject": ["x"]}, (PlannedTag("event", "x", "1"),))
    with journal.writing():
        journal.begin(first)
        journal.done("/a.xmp", "1" * 64)
        assert journal.entries()[0].sha256 == "1" * 64
        journal.begin(Entry("/a.xmp", False, {"dc:subject": ["y"]}, ()))
        journal.done("/a.xmp", "2" * 64)
        with pytest.raises(OutputError, match="another mlcap"), Journal(tmp_path, "r").writing():
            pass
    (entry,) = journal.entries()
    assert entry == Entry("/a.xmp", True, {"dc:subject": ["x", "y"]}, first.tags)
    with journal.writing():
        journal.undone("/a.xmp")
    assert journal.entries() == []
    with pytest.raises(PlanError, match="no such run; the latest are r"):
        Journal(tmp_path, "other").entries()


@needs_exiftool
def test_plan_apply_undo_from_the_command_line(small, tmp_path):
    """The three commands, with their lines and exit codes."""
    (tmp_path / "photos").mkdir()
    embed(tmp_path / "photos" / "a.jpg", JPEG, "-XMP-dc:Description=A crane waits near the pad.")
    embed(tmp_path / "photos" / "b.jpg", JPEG)
    env = {"MLCAP_MODELS": str(small / "models"), "MLCAP_RUNS": str(tmp_path / "runs")}
    done = mlcap("tag", "photos", "--write", "p.json", "--uncertain", cwd=tmp_path, env=env, check=3)
    assert "dc:subject: has nothing; add" in done.out
    assert "1 of 1 photographs would be written; `mlcap apply p.json` does it" in done.err
    assert not (tmp_path / "photos" / "a.jpg.xmp").exists()
    run = json.loads((tmp_path / "p.json").read_text())["run"]
    assert mlcap("apply", "p.json", cwd=tmp_path, env=env, check=0).out == "1 written\n"
    assert mlcap("apply", "p.json", cwd=tmp_path, env=env, check=0).out == "1 unchanged\n"
    # Where nothing would be written, nothing is offered.
    done = mlcap("tag", "photos", "--write", "q.json", "--uncertain", cwd=tmp_path, env=env, check=3)
    assert "0 of 1 photographs would be written, 1 as planned already; there is nothing to apply" in done.err
    assert "mlcap apply" not in done.err
    assert mlcap("undo", run, cwd=tmp_path, env=env, check=0).out == "1 undone\n"
    assert mlcap("undo", run, cwd=tmp_path, env=env, check=0).out == "nothing to do\n"
    assert "no such run" in mlcap("undo", "nonsense", cwd=tmp_path, env=env, check=2).err
    assert "names no run" in mlcap("undo", "../x", cwd=tmp_path, env=env, check=2).err
    assert "cannot be read" in mlcap("apply", "gone.json", cwd=tmp_path, env=env, check=2).err
    assert "--write goes" in mlcap("tag", "photos", "--write", "p", "-o", "x.csv", cwd=tmp_path, env=env, check=2).err


@pytest.mark.slow
@needs_exiftool
@pytest.mark.parametrize("inside", [False, True])
def test_two_hundred_photographs_there_and_back(folders, monkeypatch, inside):
    """200 photographs written, undone and written again by one process a run: pictures, foreign keywords and Cyrillic intact."""
    kinds = [("jpg", JPEG), ("tif", tiff()), ("png", png())]
    for n in range(200):
        end, data = kinds[n % 3]
        words = ["-XMP-dc:Subject=Гагарин", "-XMP-dc:Subject=pad"] + (
            ["-IPTC:Keywords=Терешкова"] if end != "png" else []
        )
        (folders.photos / f"{n:03d}.{end}").write_bytes(data)
        if n < 3:
            embed(folders.photos / f"{n:03d}.{end}", data, f"-XMP-dc:Description=Юрий at launch {n}.", *words)
        else:
            (folders.photos / f"{n:03d}.{end}").write_bytes((folders.photos / f"{n % 3:03d}.{end}").read_bytes())
    pictures = image_data(folders.photos)
    assert len(pictures) == 200
    before = {p.name: digest(p) for p in folders.photos.iterdir()}
    starts = []
    start = ExifTool._start
    monkeypatch.setattr(ExifTool, "_start", lambda self: starts.append(1) or start(self))
    with session():
        plan = folders.plan(embed=inside)
    assert starts == [1]
    for _ in range(2):
        starts.clear()
        assert folders.apply(plan) == ["written"] * 200
        assert folders.apply(plan) == ["unchanged"] * 200
        assert starts == [1, 1]
        for path in folders.photos.iterdir() if inside else folders.photos.glob("*.xmp"):
            if path.name[:3] in ("000", "001", "002", "100", "199"):
                found = tags_of(path)
                assert {"Гагарин", "pad", "launch", "commander"} <= set(found["XMP-dc:Subject"])
                assert inside is False or path.suffix == ".png" or "Терешкова" in found["IPTC:Keywords"]
        assert image_data(folders.photos) == pictures
        assert folders.undo(plan) == ["undone"] * 200
    assert image_data(folders.photos) == pictures
    if not inside:
        assert {p.name: digest(p) for p in folders.photos.iterdir()} == before
    for path in sorted(folders.photos.iterdir())[:3]:
        assert tags_of(path)["XMP-dc:Subject"] == ["Гагарин", "pad"]


def image_data(folder):
    """The bytes of each picture without its metadata: from JPEG's scan on, PNG's data, TIFF's strip."""
    out = {}
    for path in folder.iterdir():
        data = path.read_bytes()
        if path.suffix == ".jpg":
            out[path.name] = data[data.index(b"\xff\xda") :]
        elif path.suffix == ".png":
            place = data.index(b"IDAT")
            out[path.name] = data[place - 4 : place + 4 + int.from_bytes(data[place - 4 : place], "big")]
        elif path.suffix == ".tif":
            found = tags_of(path)
            out[path.name] = data[int(found["IFD0:StripOffsets"]) :][: int(found["IFD0:StripByteCounts"])]
    return out


@pytest.mark.slow
@needs_exiftool
@pytest.mark.parametrize("embed_tags", [False, True])
def test_runs_that_are_killed_can_be_completed_and_undone(folders, embed_tags):
    """Killed at random moments, apply and undo leave no half-written file and nothing in the way; undo takes all back."""
    first = embed(folders.photos / "00.jpg", JPEG, "-XMP-dc:Description=A launch.", "-IPTC:Keywords=pad")
    for n in range(1, 40):
        (folders.photos / f"{n:02d}.jpg").write_bytes(first.read_bytes())
    before = {p.name: digest(p) for p in folders.photos.iterdir()}
    draw = random.Random(3)
    for _ in range(6):
        plan = folders.plan(embed=embed_tags)
        path = folders.runs.parent / "plan.json"
        path.write_bytes(plan_bytes(plan))
        for command in (("apply", str(path)), ("undo", plan.run)):
            killed(folders, command, draw)
            with session() as tool:
                found = read_metadata(tool, list(folders.photos.glob("[!.]*.jpg" if embed_tags else "[!.]*.xmp")))
            assert {m.values("dc:subject") for m in found.values()} <= {(), ("pad", "launch", "commander")}
        folders.undo(plan)
        assert {p.name: digest(p) for p in folders.photos.iterdir()} == before
    assert folders.apply(plan) == ["written"] * 40


def killed(folders, command, draw):
    """Start a command and kill it after it has written some lines of the journal, or while it does."""
    lines = lambda: sum(p.read_bytes().count(b"\n") for p in folders.runs.glob("*.jsonl"))  # noqa: E731
    enough, deadline = lines() + draw.randint(1, 40), time.monotonic() + 60
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", *command, "--runs", str(folders.runs)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and time.monotonic() < deadline and lines() < enough:
        time.sleep(0.001)
    time.sleep(draw.random() * 0.02)
    process.kill()
    process.wait()


@needs_exiftool
def test_exiftool_ends_with_a_killed_mlcap():
    """No exiftool waits for ever after a kill -9."""
    code = (
        "import time; from mlcap.records.exiftool import ExifTool; t = ExifTool(); t.execute('-ver');"
        "print(t._process.pid, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while state_of(child) not in ("", "Z"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def state_of(pid):
    """The state of a process, "" where there is none."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return done.stdout.decode().strip()[:1]
