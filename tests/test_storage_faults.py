"""A full disk, a folder that may not be written, two at once: for each command that writes, one line and nothing in the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress

import pytest
from conftest import few_records, write_jsonl
from photo_files import JPEG, embed, needs_exiftool, tags_of
from photo_plans import digest

from mlcap.model.registry import Registry

pytestmark = pytest.mark.slow

IDS = [f"r{n}" for n in range(1500)]


class Command:
    """A command that writes, in a folder of its own.

    Args:
        folder: where it works, on the disk that is tried.
        small: the folder of the small labels and model.
    """

    #: The exit codes that say that something cannot be written: the output, the registry, some of the photographs.
    codes: tuple[int, ...] = (6,)

    def __init__(self, folder, small):
        self.folder, self.small = folder, small
        self.prepare()

    def prepare(self):
        """Lay out what the command works on."""

    def args(self):
        """What follows `mlcap`."""

    def check(self):
        """After it came to its end: everything is there, once, and nothing beside it."""

    def start(self):
        """Start it."""
        env = {**os.environ, "MLCAP_MODELS": str(self.small / "models"), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "mlcap", *map(str, self.args())]
        return subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def run(self):
        """Run it: its exit code and what it said."""
        with self.start() as process:
            _, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        assert process.returncode != 70, err
        return process.returncode, err


class Tag(Command):
    """`tag -o OUT --resume`."""

    def prepare(self):
        """Lay it out."""
        write_jsonl(self.folder / "in.jsonl", [{"id": i, "text": f"A crane waits near pad {i}."} for i in IDS])

    def args(self):
        """Its arguments."""
        return ["tag", "in.jsonl", "-o", "out.jsonl", "--resume"]

    def check(self):
        """Everything once, and nothing beside."""
        lines = (self.folder / "out.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line)["id"] for line in lines] == IDS
        assert sorted(p.name for p in self.folder.iterdir()) == ["in.jsonl", "out.jsonl"]


class Watch(Command):
    """`watch --once`."""

    def prepare(self):
        """Lay it out."""
        (self.folder / "in").mkdir()
        write_jsonl(self.folder / "in" / "a.jsonl", [{"id": i, "text": f"A crane waits near pad {i}."} for i in IDS])

    def args(self):
        """Its arguments."""
        return ["watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0.1"]

    def check(self):
        """Everything once, and nothing beside."""
        results = list((self.folder / "out" / "results").iterdir())
        lines = [line for p in results for line in p.read_text("utf-8").splitlines()]
        assert Counter(json.loads(line)["id"] for line in lines) == Counter(IDS)
        assert not list((self.folder / "out").glob("unfinished/*"))


class _Makes(Command):
    """A command that makes a version."""

    codes = (4,)

    def prepare(self):
        """Lay it out."""
        (self.folder / "labels").mkdir()
        write_jsonl(self.folder / "labels" / "captions.jsonl", few_records(5))
        shutil.copytree(self.small / "models", self.folder / "models")

    def check(self, versions=(1, 2)):
        registry = Registry(self.folder / "models")
        assert registry.versions() == list(versions)
        for number in versions:
            registry.load(str(number))
        assert registry.current() == versions[-1]
        names = {p.name for p in registry.folder.iterdir()}
        assert names == {"registry.json", *map(str, versions)}


class Train(_Makes):
    """`train`."""

    def args(self):
        """Its arguments."""
        return ["train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "1", "--force"]


class Adapt(_Makes):
    """`adapt`."""

    def args(self):
        """Its arguments."""
        return ["adapt", "--labels", "labels", "--models", "models", "--folds", "2", "--force"]


class Promote(_Makes):
    """`models promote`."""

    def prepare(self):
        """Lay it out."""
        super().prepare()
        shutil.copytree(self.folder / "models" / "1", self.folder / "models" / "2")

    def args(self):
        """Its arguments."""
        return ["models", "promote", "2", "--models", "models", "--labels", "labels"]


class Apply(Command):
    """`apply`, into photographs themselves."""

    codes = (3, 6)

    def prepare(self):
        """Lay it out."""
        photos = self.folder / "photos"
        photos.mkdir()
        for number in range(8):
            text = "The rocket lifts off from the pad with Commander Ida Moe and Pilot Jan Roe aboard."
            embed(photos / f"{number}.jpg", JPEG, f"-XMP-dc:Description={text}")
        self.before = {p.name: digest(p) for p in photos.iterdir()}
        self.plan("plan.json")

    def plan(self, name):
        """Plan the tags."""
        command = [sys.executable, "-m", "mlcap", "tag", "photos", "--write", name, "--uncertain", "--embed"]
        env = {**os.environ, "MLCAP_MODELS": str(self.small / "models")}
        subprocess.run(command, cwd=self.folder, env=env, check=True, capture_output=True)
        return json.loads((self.folder / name).read_text("utf-8"))["run"]

    def args(self):
        """Its arguments."""
        return ["apply", "plan.json", "--runs", "runs"]

    def check(self):
        """Everything once, and nothing beside."""
        photos = self.folder / "photos"
        assert sorted(p.name for p in photos.iterdir()) == sorted(self.before)
        for path in photos.iterdir():
            found = tags_of(path)
            for values in (found["XMP-dc:Subject"], [t["Value"] for t in found["XMP-mlcap:Tags"]]):
                assert len(values) == len(set(values)) > 1


class Undo(Apply):
    """`undo`, of the same."""

    def prepare(self):
        """Lay it out."""
        super().prepare()
        self.name = json.loads((self.folder / "plan.json").read_text("utf-8"))["run"]
        command = [sys.executable, "-m", "mlcap", "apply", "plan.json", "--runs", "runs"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def args(self):
        """Its arguments."""
        return ["undo", self.name, "--runs", "runs"]

    def check(self):
        """Everything once, and nothing beside."""
        assert {p.name: digest(p) for p in (self.folder / "photos").iterdir()} == self.before


COMMANDS = [
    Tag,
    Watch,
    Train,
    Promote,
    Adapt,
    pytest.param(Apply, marks=needs_exiftool),
    pytest.param(Undo, marks=needs_exiftool),
]


@pytest.fixture
def disk(tmp_path):
    """A file system of 48 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here: " + done.stderr.decode())
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place):
    """Take all the room that is left."""
    with suppress(OSError), open(place / "ballast", "wb", buffering=0) as stream:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while stream.write(bytes(size)) == size:
                    pass


@pytest.mark.parametrize("kind", [c for c in COMMANDS if c is not Watch])
def test_on_a_full_disk_a_command_says_so_and_goes_on_when_there_is_room(disk, small, kind):
    """It ends with its exit code and a line that says what to do; once there is room the same command ends well.

    The watcher waits instead: `test_inbox.py` has it do so.
    """
    (disk / "work").mkdir()
    command = kind(disk / "work", small)
    fill(disk)
    code, err = command.run()
    assert code in kind.codes, err
    assert "No space left" in err, err
    assert len(err.splitlines()) < 12, err
    (disk / "ballast").unlink()
    assert command.run()[0] == 0
    command.check()


@pytest.mark.parametrize("kind", COMMANDS)
def test_in_a_folder_that_may_not_be_written_a_command_says_so(disk, small, kind):
    """On a disk that may be read alone it ends with its exit code and one line, and has changed nothing."""
    (disk / "work").mkdir()
    command = kind(disk / "work", small)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    code, err = command.run()
    assert code in kind.codes, err
    assert "Read-only file system" in err, err
    assert len(err.splitlines()) < 12, err
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert command.run()[0] == 0
    command.check()


@pytest.mark.parametrize("kind", COMMANDS)
def test_two_at_once_do_the_work_once(tmp_path, small, kind):
    """One waits for the other or is told that another is at it; then everything is there once."""
    (tmp_path / "work").mkdir()
    command = kind(tmp_path / "work", small)
    both = [command.start() for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    codes = [process.returncode for process in both]
    assert 0 in codes, said
    for code, err in zip(codes, said, strict=True):
        assert "Traceback" not in err, err
        assert code in (0, *kind.codes), err
        assert code == 0 or "another" in err, err
    if kind in (Train, Adapt):
        # Either made a version of its own, one after the other.
        command.check((1, 2, 3) if codes == [0, 0] else (1, 2))
    else:
        command.check()
