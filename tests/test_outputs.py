"""What a command writes never takes the place of an input or of something else: one guard before every output."""

from __future__ import annotations

import os
import re

import pytest
from commands import every_command
from conftest import mlcap
from desks import make_desk
from photo_files import JPEG, SIDECAR, embed, exiftool, needs_exiftool

#: What names a file to write: (command, parameter) -> the arguments that write into {}.
WRITERS = {
    ("tag", "plan"): ("tag", "a.jpg", "--write", "{}"),
    ("tag", "out"): ("tag", "captions.csv", "--to", "csv", "-o", "{}"),
    ("apply", "marc"): ("apply", "plan.json", "--runs", "runs", "--marc", "{}"),
    ("models export", "file"): ("models", "export", "current", "{}"),
    ("review export", "out"): ("review", "export", "desk", "--to", "csv", "-o", "{}"),
    ("review export", "plan"): ("review", "export", "desk", "--write", "{}"),
    ("pull", "out"): ("pull", "--ids", "ids.csv", "--api", "http://127.0.0.1:9", "-o", "{}"),
}
#: Parameters of these names lead to folders: of results, or of parts.
FOLDERS = {("watch", "out"), ("retag", "out")}


@pytest.fixture
def archive(small, tagger, tmp_path):
    """A folder with a photograph, a plan, captions, ids and a desk."""
    run = lambda *args, check=0: mlcap(  # noqa: E731
        *args, cwd=tmp_path, env={"MLCAP_MODELS": str(small / "models")}, check=check
    )
    embed(tmp_path / "a.jpg", JPEG, "-XMP-dc:Description=A rocket lifts off from the pad.")
    embed(tmp_path / "b.jpg", JPEG, "-XMP-dc:Description=Divers wait in the pool.")
    (tmp_path / "b.xmp").write_text(SIDECAR.format("Divers wait in the pool."), "utf-8")
    (tmp_path / "captions.csv").write_text("id,caption\n1,A rocket lifts off from the pad.\n", "utf-8")
    (tmp_path / "ids.csv").write_text("nasa_id\nx1\n", "utf-8")
    make_desk(tmp_path, tagger, [{"id": "1", "text": "A rocket lifts off."}], people=("Ada",)).store.close()
    run("tag", "a.jpg", "--write", "plan.json", "--uncertain")
    return tmp_path, run


def test_every_output_is_known_here():
    """An option that names a file to write stands in the table above."""
    named = {
        (" ".join(path), parameter.name)
        for path, command in every_command()
        for parameter in command.params
        if parameter.name in ("out", "plan", "marc", "file") and (*path, parameter.name) != ("apply", "plan")
    }
    reads = {("review import", "file"), ("explain", "file"), ("models diff", "file")}
    assert named - FOLDERS - reads == set(WRITERS)


@needs_exiftool
@pytest.mark.parametrize("writer", WRITERS.values(), ids=[" ".join(key) for key in WRITERS])
def test_what_is_there_and_of_another_kind_stays(archive, writer):
    """Photographs, sidecars, databases, pipes and devices outlive every command that is to write over them."""
    folder, run = archive
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "link.jpg").symlink_to("b.jpg")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for victim in ("a.jpg", "b.jpg", "b.xmp", "link.jpg", "desk/desk.sqlite", "pipe", "/dev/full", "folder"):
        done = run(*(arg.format(victim) for arg in writer), check=6)
        (line,) = done.err.splitlines()
        assert re.search("is a device or pipe|is a folder|is there and no |is an input", line), line
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert (folder / "pipe").is_fifo()
    assert (folder / "link.jpg").is_symlink()


@needs_exiftool
def test_no_output_is_named_as_a_photograph_or_sidecar(archive):
    """Nothing that a command writes may look like a photograph's sidecar, or like a photograph, from then on."""
    folder, run = archive
    (folder / "link.xmp").symlink_to("fresh.json")
    for writer in WRITERS.values():
        for name in ("a.jpg.xmp", "A.XMP", "new.tif", "link.xmp"):
            (line,) = run(*(arg.format(name) for arg in writer), check=6).err.splitlines()
            assert f"{name}: is the name of a photograph or of its sidecar; name a" in line
    assert sorted(p.name for p in folder.glob("*.xmp")) == ["b.xmp", "link.xmp"]
    assert not any((folder / name).exists() for name in ("A.XMP", "new.tif", "fresh.json"))


@needs_exiftool
def test_what_is_of_its_kind_is_written_again(archive):
    """A plan, MARCXML, a joblib file and tables make room for new ones, and a link to one stays a link."""
    folder, run = archive
    (folder / "again.json").symlink_to("plan.json")
    for target, *args in (
        ("again.json", "tag", "a.jpg", "--uncertain", "--write"),
        ("m.xml", "apply", "plan.json", "--runs", "runs", "--marc"),
        ("v.joblib", "models", "export", "current"),
        ("t.csv", "tag", "captions.csv", "-o"),
        ("t.parquet", "tag", "captions.csv", "-o"),
    ):
        run(*args, target)
        run(*args, target)
        (folder / target).write_bytes(b"")
        run(*args, target)
    assert (folder / "again.json").is_symlink()
    assert "a device or pipe" in run("tag", "captions.csv", "-o", "/dev/full", check=6).err


def test_texts_of_people_are_no_output(small, tmp_path):
    """Notes, settings and tables of labels outlive `pull` and `tag`; what these wrote themselves makes room, and `tag` says so."""
    (tmp_path / "captions.csv").write_text("id,caption\n1,A rocket lifts off from the pad.\n", "utf-8")
    theirs = {
        "labels.csv": b"id,text,event\n1,A rocket lifts off.,launch\n",
        "excel.csv": "id,text,event\n1,A rocket.,launch\n".encode("utf-16"),
        "settings.json": b'{"a": 1}\n',
        "notes.txt": b"Ask Ada.\n",
        "gold.jsonl": b'{"id": "1", "text": "A rocket.", "event": "launch"}\n',
    }
    for name, data in theirs.items():
        (tmp_path / name).write_bytes(data)
    run = lambda *args, check=6: mlcap(*args, cwd=tmp_path, env={"MLCAP_MODELS": str(small / "models")}, check=check)  # noqa: E731
    for name in theirs:
        done = run("pull", "--years", "2001", "--api", "http://127.0.0.1:9", "-o", name)
        assert f"{name}: is there and no caption store" in done.err
        for form in ("csv", "jsonl", "table", "parquet"):
            assert f"no {form} of `mlcap tag`" in run("tag", "captions.csv", "--to", form, "-o", name).err
    assert {name: (tmp_path / name).read_bytes() for name in theirs} == theirs
    for form in ("csv", "jsonl", "table", "parquet"):
        name = f"tagged.{form}"
        assert "is replaced" not in run("tag", "captions.csv", "--to", form, "-o", name, check=0).err
        assert f"{name}: is there and is replaced" in run("tag", "captions.csv", "--to", form, "-o", name, check=0).err
    assert "no caption store" in run("pull", "--years", "2001", "--api", "http://127.0.0.1:9", "-o", "tagged.jsonl").err


@needs_exiftool
def test_no_photograph_is_a_plan(archive):
    """With the plan's name forgotten the first photograph is taken for it: the others are not tagged, and all stay."""
    folder, run = archive
    done = run("tag", "--write", "a.jpg", "b.jpg", check=6)
    assert "a.jpg: is there and no plan" in done.err
    assert exiftool("-s3", "-XMP-dc:Description", folder / "a.jpg").strip() == "A rocket lifts off from the pad."


@needs_exiftool
def test_records_that_are_no_photographs_make_no_plan(archive):
    """Rows of a table are one warning however many they are; where nothing else is there, no plan is made or offered."""
    folder, run = archive
    rows = "".join(f"{n},A rocket lifts off from pad {n}.\n" for n in range(300))
    (folder / "big.csv").write_text("id,caption\n" + rows, "utf-8")
    done = run("tag", "big.csv", "--write", "q.json", check=2)
    assert len(done.err.splitlines()) <= 3
    assert "300 records, and none is a photograph, so no plan is made" in done.err
    assert "apply" not in done.err
    assert not (folder / "q.json").exists()
    done = run("tag", "a.jpg", "big.csv", "--write", "q.json", "--uncertain", check=0)
    assert done.err.count("is no photograph") == 1
    assert "big.csv: 299 more of that" in done.err
    assert "`mlcap apply q.json`" in done.err
    (folder / "none").mkdir()
    (folder / "none.jsonl").write_text("", "utf-8")
    done = run("tag", "none.jsonl", "--write", "none.json", check=2)
    assert "the input holds no captions" in done.err
    assert not (folder / "none.json").exists()
