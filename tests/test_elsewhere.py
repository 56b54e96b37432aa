"""Systems that are not POSIX: without fcntl, resource and masks of signals, what archives need works."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from conftest import few_records, mlcap_process, write_jsonl

#: Run by every Python process that finds it, the workers' too.
_WITHOUT = """
import signal, sys
for name in ("fcntl", "resource", "grp", "pwd", "termios"):
    sys.modules[name] = None
for name in ("pthread_sigmask", "SIGALRM", "SIGHUP"):
    delattr(signal, name)
"""


@pytest.fixture
def bare(tmp_path):
    """The environment of processes that find nothing of POSIX."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_WITHOUT, "utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def test_the_processes_are_without(bare, tmp_path):
    """The modules are really gone."""
    for statement in ("import fcntl", "import resource", "import signal; signal.pthread_sigmask"):
        done = subprocess.run(
            [sys.executable, "-c", statement], env={**os.environ, **bare}, capture_output=True, check=False
        )
        assert done.returncode == 1, statement


def test_loading_and_tagging_need_nothing_of_posix(bare, small, tmp_path):
    """Onto stdout, into a file, by two processes, and gone on with."""
    records = [{"id": n, "text": f"Crane number {n} waits near the pad."} for n in range(70)]
    write_jsonl(tmp_path / "in.jsonl", records)
    env = {**bare, "MLCAP_MODELS": str(small / "models")}
    outputs = []
    for more in ((), ("--jobs", "2"), ("-o", "out.jsonl"), ("-o", "out2.jsonl", "--jobs", "2", "--resume")):
        done = mlcap_process("tag", "in.jsonl", *more, cwd=tmp_path, env=env, check=0)
        assert "Warning" not in done.err
        outputs.append((tmp_path / more[1]).read_text("utf-8") if "-o" in more else done.out)
    assert len(set(outputs)) == 1
    assert [json.loads(line)["id"] for line in outputs[0].splitlines()] == list(range(70))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bare", "in.jsonl", "out.jsonl", "out2.jsonl"]


def test_training_needs_nothing_of_posix(bare, tmp_path):
    """A version is trained by two processes, published and made current, and no lock stays behind."""
    (tmp_path / "labels").mkdir()
    write_jsonl(tmp_path / "labels" / "captions.jsonl", few_records(5))
    args = ("train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "2")
    done = mlcap_process(*args, cwd=tmp_path, env=bare, check=0)
    assert "is current" in done.err
    assert "Warning" not in done.err
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["1", "registry.json"]
    mlcap_process("models", "verify", "--models", "models", cwd=tmp_path, env=bare, check=0)


def test_a_desk_needs_nothing_of_posix(bare, small, tmp_path):
    """Captions are put on a desk and decided in the terminal by somebody whose account has no name."""
    write_jsonl(tmp_path / "in.jsonl", [{"id": n, "text": f"Crane number {n} waits near the pad."} for n in range(3)])
    env = {**bare, **dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), ""), "MLCAP_MODELS": str(small / "models")}
    done = mlcap_process(
        "review", "open", "desk", "in.jsonl", "--terminal", cwd=tmp_path, env=env, stdin=b"q\n", check=0
    )
    assert "internal error" not in done.err
    assert "3 captions" in mlcap_process("review", "status", "desk", cwd=tmp_path, env=env, check=0).out
