"""Runs over photographs as archives have them: shared sidecars, corrections, decisions of people, kills, two at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import time
from dataclasses import replace

import pytest
from conftest import mlcap
from photo_files import JPEG, SIDECAR, embed, exiftool, needs_exiftool, png, tags_of, tiff
from photo_plans import Folders, by_words, digest, own, set_status, tagged, words

from mlcap.errors import PhotoError
from mlcap.photos import apply as apply_module
from mlcap.photos import edits as edits_module
from mlcap.photos.edits import aside_of
from mlcap.photos.plan_file import plan_bytes, read_plan
from mlcap.records.photo import read_photos
from mlcap.types import NamedPerson

pytestmark = needs_exiftool


@pytest.fixture
def folders(tmp_path):
    """Two empty folders."""
    return Folders(tmp_path)


def caption(path, text):
    """Correct the caption of a sidecar or photograph."""
    exiftool("-q", "-overwrite_original", f"-XMP-dc:Description={text}", path)


def test_a_shared_sidecar_gets_each_value_once(folders):
    """Two pictures of one stem: the plan counts one change, and the sidecar holds every value once."""
    (folders.photos / "a.jpg").write_bytes(JPEG)
    (folders.photos / "a.png").write_bytes(png())
    (folders.photos / "a.xmp").write_text(SIDECAR.format("A launch."), "utf-8")
    plan = folders.plan()
    assert [p.changes for p in plan.photos] == [True, False]
    assert folders.apply(plan) == ["written", "unchanged"]
    sidecar = folders.photos / "a.xmp"
    assert words(sidecar) == ["launch", "commander"]
    assert own(sidecar) == [("launch", "machine"), ("commander", "machine")]
    assert folders.undo(plan) == ["undone"]
    assert "XMP-mlcap:Tags" not in tags_of(sidecar)


def test_a_shared_sidecar_cannot_hold_tags_of_two_captions(folders):
    """Pictures that share a sidecar without a caption and have captions of their own are left, with what to do."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    embed(folders.photos / "a.png", png(), "-XMP-dc:Description=A landing.")
    (folders.photos / "a.xmp").write_text(SIDECAR.format("").replace("Ein Kran.", ""), "utf-8")
    plan = folders.plan(by_words)
    assert [p.skipped for p in plan.photos] == [
        f"a.xmp is shared with a.{other}, whose caption differs; give each its own sidecar, as a.{this}.xmp"
        for this, other in (("jpg", "png"), ("png", "jpg"))
    ]
    assert folders.apply(plan) == ["skipped", "skipped"]
    assert folders.apply(folders.plan(by_words, embed=True)) == ["written", "written"]


@pytest.mark.parametrize("name", ["Q7.XMP", "q7.jpg.xmp", "Q7_01.JPG.xmp"])
def test_no_second_sidecar_is_made(folders, name):
    """A sidecar in another case, or of a version, is the one that is written to."""
    (folders.photos / "Q7.JPG").write_bytes(JPEG)
    (folders.photos / name).write_text(SIDECAR.format("A launch."), "utf-8")
    assert folders.apply(folders.plan()) == ["written"]
    assert folders.names() == sorted(["Q7.JPG", name])
    assert words(folders.photos / name) == ["launch", "commander"]


def test_a_name_too_long_for_a_longer_one_gets_the_shorter_sidecar(folders):
    """Where `photo.jpg.xmp` would be too long for a file's name, `photo.xmp` is made."""
    name = "x" * 251
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.").rename(folders.photos / f"{name}.jpg")
    plan = folders.plan()
    assert folders.apply(plan) == ["written"]
    assert folders.names() == [f"{name}.jpg", f"{name}.xmp"]
    assert folders.undo(plan) == ["undone"]
    assert folders.names() == [f"{name}.jpg"]


def put_refused(folders):
    """A photograph with a sidecar that can be read, and that exiftool does not write."""
    (folders.photos / "a.jpg").write_bytes(JPEG)
    text = (
        SIDECAR.format("A launch.").replace("x:xmpmeta", "x:other").replace("/rdf:Description>", "/rdf:Description> ")
    )
    text = text.replace("xmlns:dc", "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3' xmlns:dc")
    (folders.photos / "a.jpg.xmp").write_text(text)


def test_what_exiftool_would_refuse_is_said_in_the_plan(folders):
    """A sidecar that exiftool does not write is skipped by the plan, and there is nothing to undo."""
    put_refused(folders)
    plan = folders.plan()
    (photo,) = plan.photos
    assert "exiftool refuses to write it: Error" in photo.skipped
    assert not photo.changes
    assert folders.apply(plan) == ["skipped"]
    assert folders.undo(plan) == []


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_a_sidecar_whose_letters_exiftool_would_spoil_is_left(folders, encoding):
    """One that says that it is in another encoding than UTF-8 is skipped, and is written to where all letters are ASCII."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    text = SIDECAR.partition("?>")[2].format("Caf\u00e9 crew by the launch pad.")
    spoiled, sound = folders.photos / "a.xmp", folders.photos / "b.xmp"
    spoiled.write_bytes((head + text).encode("latin-1"))
    sound.write_bytes((head + text.replace("\u00e9", "e")).encode("latin-1"))
    before = spoiled.read_bytes()
    plan = folders.plan()
    assert [p.skipped for p in plan.photos] == [
        f"a.xmp: is in the encoding {encoding}, which exiftool takes for UTF-8; save it as UTF-8",
        "",
    ]
    assert folders.apply(plan) == ["skipped", "written"]
    assert spoiled.read_bytes() == before


def test_apply_tells_refusals_by_its_exit_code_and_of_undo_where_there_is_something(folders, tmp_path):
    """A photograph that cannot be written is told by the code; one that waits for review is not."""
    put_refused(folders)
    plan = folders.plan()
    assert [p.refused for p in plan.photos] == [True]
    (tmp_path / "plan.json").write_bytes(plan_bytes(plan))
    done = mlcap("apply", "plan.json", "--runs", "runs", cwd=tmp_path)
    assert (done.returncode, done.err) == (3, "")
    assert "1 skipped" in done.out
    photos = tuple(replace(p, skipped="needs review: it is too short", tags=()) for p in plan.photos)
    (tmp_path / "plan.json").write_bytes(plan_bytes(replace(plan, photos=photos)))
    done = mlcap("apply", "plan.json", "--runs", "runs", cwd=tmp_path)
    assert (done.returncode, done.err) == (0, "")


def test_a_link_in_the_place_of_a_sidecar_is_said_in_the_plan(folders):
    """What a link leads to is never written; the plan says so, whether it leads anywhere or not."""
    outside = folders.runs.parent / "outside.xmp"
    outside.write_text(SIDECAR.format("A landing."), "utf-8")
    before = digest(outside)
    for name, target in (("a", outside), ("b", "nowhere.xmp")):
        embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
        (folders.photos / f"{name}.xmp").symlink_to(target)
    plan = folders.plan()
    assert [p.skipped for p in plan.photos] == [f"{n}.xmp: is a link; name the folder that it leads to" for n in "ab"]
    assert folders.apply(plan) == ["skipped", "skipped"]
    assert digest(outside) == before


def test_what_could_not_be_written_is_not_undone(folders, monkeypatch):
    """A write that fails leaves the file as it was, and the run knows that it has nothing to take back."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan()

    def refuse(*_args, **_kwargs):
        raise PhotoError("no")

    monkeypatch.setattr(apply_module, "write_file", refuse)
    assert folders.apply(plan) == ["failed"]
    monkeypatch.undo()
    assert folders.undo(plan) == []
    assert folders.names() == ["a.jpg"]


def test_what_was_never_written_takes_nothing_back(folders, monkeypatch):
    """Stopped between journal and file, a run has no claim on what another program writes there afterwards."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.", "-XMP-dc:Subject=pad")
    plan = folders.plan()

    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(apply_module, "write_file", stop)
    with pytest.raises(KeyboardInterrupt):
        folders.apply(plan)
    monkeypatch.undo()
    sidecar = folders.photos / "a.jpg.xmp"
    exiftool("-q", "-XMP-dc:Subject=pad", "-XMP-dc:Subject=launch", sidecar)
    before = digest(sidecar)
    assert folders.undo(plan) == ["undone"]
    assert digest(sidecar) == before


def test_keywords_are_copied_as_what_they_mean_or_not_at_all(folders):
    """A new sidecar starts with keywords in their right letters; those of an unknown encoding are left out and counted."""
    for name, charset, keywords in (
        ("a", "iptc=utf8", ("Союз", " São José ")),
        ("b", "iptc=latin", ("São José", "pad")),
        ("c", "iptc=cyrillic", ("Союз", "pad")),
    ):
        path = embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
        exiftool("-q", "-overwrite_original", "-charset", charset, *(f"-IPTC:Keywords={k}" for k in keywords), path)
    wrong = "Союз".encode().decode("latin-1")
    embed(folders.photos / "d.jpg", JPEG, "-XMP-dc:Description=A launch.", f"-XMP-dc:Subject={wrong}")
    plan = folders.plan()
    assert folders.apply(plan) == ["written"] * 4
    found = [words(folders.photos / f"{n}.jpg.xmp")[:-2] for n in "abcd"]
    assert found == [["Союз", "São José"], ["pad"], ["pad"], []]
    assert [p.notes != () for p in plan.photos] == [False, True, True, True]
    inside = folders.plan(by_words, embed=True).photos[0]
    assert inside.fields["IPTC:Keywords"]["old"] == ("Союз", " São José ")


def test_a_photograph_s_own_keywords_stay_in_sight_wherever_tags_go(folders):
    """Keywords of IPTC alone are in every field that is begun, in a new sidecar and in the photograph; undo takes them."""
    photo = folders.photos / "a.jpg"
    iptc = ("-IPTC:Keywords=Soyuz", "-IPTC:Keywords=Café", "-IPTC:Keywords=own key")
    for subject, theirs in (
        ((), ["Soyuz", "Café", "own key"]),
        (("-XMP-dc:Subject=Own Key",), ["Own Key", "Soyuz", "Café"]),
    ):
        embed(photo, JPEG, "-XMP-dc:Description=A launch with a pilot.", *iptc, *subject)
        before = {k: v for k, v in tags_of(photo).items() if k.startswith(("XMP-", "IPTC:"))}
        for settings in ({}, {"embed": True}):
            plan = folders.plan(by_words, **settings)
            assert folders.apply(plan) == ["written"]
            target = photo if settings else folders.photos / "a.jpg.xmp"
            assert words(target) == [*theirs, "launch", "pilot"]
            assert tags_of(target)["XMP-digiKam:TagsList"] == [*theirs, "event/launch", "crew_role/pilot"]
            assert folders.apply(folders.plan(by_words, **settings)) == ["unchanged"]
            assert folders.undo(plan) == ["undone"]
            assert not (folders.photos / "a.jpg.xmp").exists()
        after = {k: v for k, v in tags_of(photo).items() if k.startswith(("XMP-", "IPTC:"))}
        assert after | {"XMP-x:XMPToolkit": ""} == before | {"XMP-x:XMPToolkit": ""}


def test_keywords_that_went_since_do_not_come_back(folders):
    """IPTC's keywords start the other fields once; what a person or a corrected caption took away stays away."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.", "-IPTC:Keywords=Soyuz")
    folders.apply(folders.plan(by_words, embed=True))
    caption(photo, "A landing.")
    exiftool("-q", "-overwrite_original", "-XMP-dc:Subject-=Soyuz", photo)
    folders.apply(folders.plan(by_words, embed=True))
    assert words(photo) == ["landing"]


def test_a_corrected_caption_changes_the_tags(folders):
    """The plan shows what comes and goes; undo brings back what stood there, and undoing both leaves the picture alone."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch with a commander.")
    before = digest(photo)
    first = folders.plan(by_words)
    folders.apply(first)
    sidecar = folders.photos / "a.jpg.xmp"
    caption(sidecar, "A landing with a pilot.")
    second = folders.plan(by_words)
    (shown,) = second.photos
    assert shown.fields["dc:subject"] == {
        "old": ("launch", "commander"),
        "add": ["landing", "pilot"],
        "remove": ["launch", "commander"],
    }
    assert (shown.new, shown.gone) == (
        ("event landing 0.98", "crew_role pilot 0.9"),
        ("event launch 0.98", "crew_role commander 0.9"),
    )
    assert folders.apply(second) == ["written"]
    assert words(sidecar) == ["landing", "pilot"]
    assert words(sidecar, "XMP-digiKam:TagsList") == ["event/landing", "crew_role/pilot"]
    assert folders.apply(second) == ["unchanged"]
    assert folders.undo(second) == ["undone"]
    assert words(sidecar) == ["launch", "commander"]
    assert own(sidecar) == [("launch", "machine"), ("commander", "machine")]
    exiftool("-q", "-overwrite_original", "-XMP-dc:Description=", sidecar)
    assert folders.undo(first) == ["undone"]
    assert folders.names() == ["a.jpg"]
    assert digest(photo) == before


def test_runs_are_undone_in_any_order(folders):
    """What a later run replaced does not come back when its own run was undone before."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    first = folders.plan(by_words)
    folders.apply(first)
    sidecar = folders.photos / "a.jpg.xmp"
    caption(sidecar, "A landing.")
    second = folders.plan(by_words)
    folders.apply(second)
    exiftool("-q", "-overwrite_original", "-XMP-dc:Description=", sidecar)
    assert folders.undo(first) == ["undone"]
    assert words(sidecar) == ["landing"]
    assert folders.undo(second) == ["undone"]
    assert folders.names() == ["a.jpg"]


def test_a_rejected_value_leaves_the_keywords(folders):
    """Set to rejected, a value goes from every field by the next plan, is not planned again, and is still remembered."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.", "-XMP-dc:Subject=pad")
    first = folders.plan()
    folders.apply(first)
    sidecar = folders.photos / "a.jpg.xmp"
    set_status(sidecar, "launch", "rejected")
    plan = folders.plan()
    assert plan.photos[0].fields["dc:subject"]["remove"] == ["launch"]
    assert folders.apply(plan) == ["written"]
    for name in ("XMP-dc:Subject", "XMP-lr:HierarchicalSubject", "XMP-digiKam:TagsList"):
        assert not any("launch" in w for w in words(sidecar, name))
    assert sorted(own(sidecar)) == [("commander", "machine"), ("launch", "rejected")]
    again = folders.plan()
    assert [p.changes for p in again.photos] == [False]
    assert folders.apply(again) == ["unchanged"]
    assert folders.undo(plan) == ["undone"]
    assert folders.undo(first) == ["undone"]
    assert own(sidecar) == [("launch", "rejected")]
    assert words(sidecar) == []


def test_people_are_added_on_request_and_undone(folders):
    """Names go to PersonInImage when asked for, each once; those that were there stay, also after undo."""
    people = (NamedPerson("Mia T. Voss", ("commander",), 0, 5, 0.9),) * 2
    someone = NamedPerson(None, ("pilot",), 9, 12, 0.8)
    named = tagged("launch", "commander", people=(*people, someone, NamedPerson("Bo Ek", (), 14, 19, 0.7)))
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.", "-XMP-iptcExt:PersonInImage=Bo Ek")
    assert not folders.plan(named).photos[0].people
    plan = folders.plan(named, people=True, embed=True)
    assert plan.photos[0].fields["Iptc4xmpExt:PersonInImage"] == {"old": ("Bo Ek",), "add": ["Mia T. Voss"]}
    assert folders.apply(plan) == ["written"]
    assert words(photo, "XMP-iptcExt:PersonInImage") == ["Bo Ek", "Mia T. Voss"]
    assert folders.apply(plan) == ["unchanged"]
    assert folders.undo(plan) == ["undone"]
    assert words(photo, "XMP-iptcExt:PersonInImage") == ["Bo Ek"]


def test_metadata_cannot_end_exiftool_s_answer(folders):
    """Values that look like the mark at the end of an answer are values, wherever pieces of the answer end."""
    for name, count in (("a", 1), ("b", 9_000), ("c", 20_001)):
        text = "x" * count + "".join(f"{{ready{n}}}\n" for n in range(50)) + "{ready}"
        path = folders.photos / f"{name}.jpg"
        path.write_bytes(JPEG)
        (folders.photos / "value").write_text(text)
        exiftool("-q", "-overwrite_original", f"-XMP-dc:Description<={folders.photos / 'value'}", path)
        (folders.photos / "value").unlink()
    assert all(r.text.endswith("{ready}") for r in read_photos(str(folders.photos)))
    assert folders.apply(folders.plan(embed=True)) == ["written"] * 3


def test_files_that_a_kill_left_are_removed(folders):
    """Neither exiftool's unfinished file nor ours keeps a photograph from being written or undone; both go."""
    photo = embed(folders.photos / "50%d off.jpg", JPEG, "-XMP-dc:Description=A launch.")
    sidecar = folders.photos / "50%d off.jpg.xmp"
    for embedded, target in ((True, photo), (False, sidecar)):
        plan = folders.plan(embed=embedded)
        left = [target.with_name(f"{target.name}_exiftool_tmp"), aside_of(target), folders.photos / ".lock"]
        for path in left:
            path.write_bytes(b"half")
        os.utime(left[0], (time.time() - 60, time.time() - 60))
        assert folders.apply(plan) == ["written"]
        assert not any(p.exists() for p in left)
        for path in left:
            path.write_bytes(b"half")
        os.utime(left[0], (time.time() - 60, time.time() - 60))
        assert folders.undo(plan) == ["undone"]
        assert folders.names() == ["50%d off.jpg"]


def test_an_unfinished_file_that_still_grows_is_waited_for(folders, monkeypatch):
    """What another program is writing now is not taken for a leftover before it has been still for a while."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan(embed=True)
    left = photo.with_name("a.jpg_exiftool_tmp")
    left.write_bytes(b"half")
    waited = []

    def sleep(seconds):
        if seconds > 0.5:  # A lock is waited for in smaller pieces.
            waited.append(seconds)
        os.utime(left, (time.time() - 3, time.time() - 3))

    monkeypatch.setattr(edits_module.time, "sleep", sleep)
    assert folders.apply(plan) == ["written"]
    assert len(waited) == 1
    assert not left.exists()


def test_a_photograph_keeps_its_rights_and_times(folders):
    """Writing into a photograph keeps its mode and time of change; a sidecar's time shows that it changed."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    sidecar = folders.photos / "b.xmp"
    sidecar.write_text(SIDECAR.format("A launch."), "utf-8")
    for path in (photo, sidecar):
        path.chmod(0o640)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert folders.apply(folders.plan(embed=True)) == ["written", "written"]
    assert [stat.S_IMODE(p.stat().st_mode) for p in (photo, sidecar)] == [0o640, 0o640]
    assert photo.stat().st_mtime == 1_000_000_000
    assert sidecar.stat().st_mtime > 1_000_000_000


def test_a_file_that_somebody_changes_meanwhile_is_not_replaced(folders, monkeypatch):
    """What an editor saves while exiftool works is kept, and the photograph fails with one line."""
    photo = embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    plan = folders.plan(embed=True)
    make = edits_module.made_by

    def slow(*args):
        make(*args)
        photo.write_bytes(photo.read_bytes() + b"edited")

    monkeypatch.setattr(edits_module, "made_by", slow)
    (outcome,) = folders.outcomes(plan)
    assert (outcome.what, "changed meanwhile" in outcome.why) == ("failed", True)
    assert photo.read_bytes().endswith(b"edited")
    assert folders.names() == ["a.jpg"]


def apply_in_process(path, runs):
    """Apply a plan as another process does."""
    from mlcap.photos.apply import apply_plan
    from mlcap.photos.journal import Journal

    plan = read_plan(path)
    assert {o.what for o in apply_plan(plan, Journal(runs, plan.run))} <= {"written", "unchanged"}


def test_two_plans_at_once_write_each_value_once(folders):
    """Two processes that apply plans of the same photographs give each tag once, and both can be undone."""
    first = embed(folders.photos / "00.jpg", JPEG, "-XMP-dc:Description=A launch.")
    for n in range(1, 12):
        (folders.photos / f"{n:02d}.jpg").write_bytes(first.read_bytes())
    plans = [folders.plan(model="1"), folders.plan(model="1")]
    processes = []
    for number, plan in enumerate(plans):
        path = folders.runs.parent / f"{number}.json"
        path.write_bytes(plan_bytes(plan))
        processes.append(
            multiprocessing.get_context("spawn").Process(target=apply_in_process, args=(path, folders.runs))
        )
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0, 0]
    for sidecar in folders.photos.glob("*.xmp"):
        assert words(sidecar) == ["launch", "commander"]
        assert own(sidecar) == [("launch", "machine"), ("commander", "machine")]
    for plan in plans:
        folders.undo(plan)
    assert folders.names() == [f"{n:02d}.jpg" for n in range(12)]


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda p, out: p.update(file=str(out / "o.jpg")), "lies outside"),
        (lambda p, _: p.update(file=f"{p['file'].rpartition('/')[0]}/../outside/o.jpg"), "lies outside"),
        (lambda p, _: p.update(file=""), "names no photograph"),
        (lambda p, _: p.update(file="a.jpg"), "names no photograph"),
        (lambda p, out: p.update(file=str(out)), "names no photograph"),
        (lambda p, out: p.update(target=str(out / "o.jpg.xmp")), "its sidecar is another now"),
        (lambda p, _: p.update(file=p["file"].replace("a.jpg", "gone.jpg")), "is no plain file"),
    ],
)
def test_a_plan_changed_by_hand_writes_nowhere_else(folders, edit, what):
    """A photograph outside of the plan's folders, or none at all, is one line; its neighbours are written."""
    outside = folders.runs.parent / "outside"
    outside.mkdir()
    embed(outside / "o.jpg", JPEG, "-XMP-dc:Description=A launch.")
    for name in ("a", "b"):
        embed(folders.photos / f"{name}.jpg", JPEG, "-XMP-dc:Description=A launch.")
    data = json.loads(plan_bytes(folders.plan()))
    edit(data["photos"][0], outside)
    path = folders.runs.parent / "plan.json"
    path.write_text(json.dumps(data))
    done = mlcap("apply", path, "--runs", folders.runs, cwd=folders.runs.parent, check=3)
    assert what in done.err
    assert done.out == "1 failed, 1 written\n"
    assert [p.name for p in outside.iterdir()] == ["o.jpg"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d["photos"][0]["tags"][0].update(value="a,Status=confirmed"),
        lambda d: d["photos"][0]["tags"][0].update(value=""),
        lambda d: d["photos"][0]["tags"][0].update(score="2"),
        lambda d: d["photos"][0]["tags"][0].update(score=""),
        lambda d: d["photos"][0]["tags"][0].update(status="approved"),
        lambda d: d["photos"][0].update(file="a\n-execute.jpg"),
        lambda d: d["photos"][0].update(fields=None),
        lambda d: d["photos"][0].update(people="Bo"),
        lambda d: d.update(folders="/"),
        lambda d: d.update(facets=[]),
        lambda d: d.update(photos=5),
        lambda d: d.update(terms=[{"facet": "event", "value": "x", "term": 5, "iri": "", "vocabulary": ""}]),
    ],
)
def test_a_plan_that_is_none_is_refused_in_one_line(folders, edit):
    """What no plan can hold is refused whole, before anything is written."""
    embed(folders.photos / "a.jpg", JPEG, "-XMP-dc:Description=A launch.")
    data = json.loads(plan_bytes(folders.plan()))
    edit(data)
    path = folders.runs.parent / "plan.json"
    path.write_text(json.dumps(data))
    done = mlcap("apply", path, "--runs", folders.runs, cwd=folders.runs.parent, check=2)
    assert "is no plan" in done.err
    assert folders.names() == ["a.jpg"]


def test_formats_that_are_not_written_into_get_sidecars(folders):
    """With --embed a format that exiftool or a camera's owner would not have written goes to the sidecar, and is said."""
    for name in ("a.dng", "b.cr2"):
        embed(folders.photos / "x.tif", tiff(), "-XMP-dc:Description=A launch.").rename(folders.photos / name)
    plan = folders.plan(embed=True)
    assert [p.notes for p in plan.photos] == [
        (f".{end} files are not written into, so the tags go into a sidecar",) for end in ("dng", "cr2")
    ]
    assert folders.apply(plan) == ["written", "written"]
    assert folders.names() == ["a.dng", "a.dng.xmp", "b.cr2", "b.cr2.xmp"]
