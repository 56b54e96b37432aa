"""Files that are whole or not there, and held by one process at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from conftest import mlcap, without

from mlcap.errors import OutputError
from mlcap.files import lock_of, locked, open_plain

#: Where locks by the system are not, filelock locks by a file's name.
KINDS = ("fcntl", "no fcntl")
_HOLD = "import sys, time; from pathlib import Path; from mlcap.files import locked\nwith locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def environment(kind, folder):
    """The environment of a process, with or without fcntl."""
    return {**os.environ, **(without("fcntl", folder) if kind == "no fcntl" else {})}


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    """A file that does not exist, and the environment in which to hold it."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "x.jsonl", environment(request.param, tmp_path / "modules")


def holder(place):
    """A process that holds the file."""
    path, env = place
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def ask(place):
    """What a process that wants the file says: nothing, or the error."""
    path, env = place
    code = "import sys; from pathlib import Path; from mlcap.errors import MlcapError; from mlcap.files import locked\ntry:\n  with locked(Path(sys.argv[1])): pass\nexcept MlcapError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=env, capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout


def test_a_file_is_held_by_one_process(place):
    """A second process is refused in one line; after the first, also after it was killed, the file is free and nothing lies beside it."""
    process = holder(place)
    assert "another mlcap is writing it" in ask(place)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert ask(place) == ""
    assert list(place[0].parent.iterdir()) == []


def test_a_missing_folder_is_not_made(tmp_path):
    """Holding a file in a folder that is not there is an error, and the folder stays away."""
    with pytest.raises(OutputError, match="cannot be written"), locked(tmp_path / "no" / "x"):
        pass
    assert not (tmp_path / "no").exists()


def test_a_folder_is_held_by_a_file_within(tmp_path):
    """A folder's lock lies in the folder, as registries have had it."""
    assert lock_of(tmp_path) == tmp_path / ".lock"
    with locked(tmp_path):
        assert (tmp_path / ".lock").exists()
    assert not (tmp_path / ".lock").exists()


def _count(path, times):
    for _ in range(times):
        with locked(path, wait=True):
            path.write_text(str(int(path.read_text() or "0") + 1))


def test_those_who_wait_come_one_after_another(tmp_path):
    """Four processes that each add one, a hundred times, lose no addition to each other."""
    path = tmp_path / "number"
    path.write_text("")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, args=(path, 100)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0] * 4
    assert path.read_text() == "400"


def test_only_plain_files_are_opened(tmp_path):
    """A link, a folder on the way that became a link, and a pipe that nobody writes to are errors, at once."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.txt").write_text("outside")
    inside = tmp_path / "in"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.txt").write_text("inside")
    with open_plain(inside / "sub" / "a.txt", inside) as stream:
        assert stream.read() == b"inside"
    (inside / "link.txt").symlink_to(secret / "a.txt")
    (inside / "folder").symlink_to(secret)
    os.mkfifo(inside / "pipe")
    for name in ("link.txt", "folder/a.txt", "pipe", "sub", "gone"):
        with pytest.raises(OSError, match=r"."):
            open_plain(inside / name, inside)
    with open_plain(inside / "folder" / "a.txt") as stream:
        assert stream.read() == b"outside"


@pytest.mark.parametrize(
    "args",
    [
        ("tag", "a.txt", "-o", "a.txt/x.csv"),
        ("watch", "in", "--out", "a.txt", "--once"),
        ("train", "--labels", "labels", "--models", "a.txt"),
        ("review", "open", "a.txt", "a.txt", "--terminal"),
    ],
)
def test_a_file_in_a_folders_place_is_told(small, tmp_path, args):
    """Where a folder would have to be made and a file is, the line says so."""
    (tmp_path / "a.txt").write_text("A crane waits.\n", "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "labels").symlink_to(small / "labels")
    done = mlcap(*args, cwd=tmp_path, env={"MLCAP_MODELS": str(small / "models")}, check=None)
    assert done.returncode in (2, 4, 6)
    assert "a file is where the folder would be" in done.err
