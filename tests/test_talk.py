"""What `tag` says beside its results: how far it is, what came of it, and each warning once."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from io import BytesIO

import pytest
from conftest import mlcap, write_jsonl
from fixed import FACETS

from mlcap.cli.progress import InputBar
from mlcap.cli.warnings import Warnings
from mlcap.records.table_writing import TableWriter


@pytest.fixture
def here(small, tmp_path):
    """Runs `mlcap tag` in an empty folder with the small model."""

    def run(*args, **kwargs):
        return mlcap("tag", *args, cwd=tmp_path, env={"MLCAP_MODELS": str(small / "models")}, **kwargs)

    run.path = tmp_path
    run.models = small / "models"
    return run


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")])
@pytest.mark.parametrize("out", [(), ("-o", "out.csv")])
def test_the_last_line_counts(here, out, jobs):
    """Tagged, for review, errors: as many as the records say, onto stdout or into a file, also where a run went on."""
    rows = [{"text": f"Crane {n} waits."} for n in range(70)]
    path = write_jsonl(here.path / "in.jsonl", [*rows, {"id": 1}, {"id": 2}])
    done = here(path, *out, *jobs, check=3)
    assert done.err.splitlines()[-1] == "mlcap: 70 tagged, 70 for review, 2 errors: their records say why"


def test_counts_of_a_run_that_went_on(here, monkeypatch):
    """What was counted before a stop counts at the end."""
    from mlcap.runs import tag as tag_module

    monkeypatch.setattr(tag_module, "_NOTE_RECORDS", 64)
    path = write_jsonl(here.path / "in.jsonl", [{"text": f"Crane {n} waits."} for n in range(200)])
    add, calls = tag_module.Spool.add, []

    def stop(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        add(*args)

    monkeypatch.setattr(tag_module.Spool, "add", stop)
    here(path, "-o", "out.jsonl", check=130)
    monkeypatch.undo()
    done = here(path, "-o", "out.jsonl", "--resume", check=0)
    assert "going on after 128 records" in done.err
    assert done.err.splitlines()[-1] == "mlcap: 200 tagged, 200 for review, 0 errors"


def test_a_caption_on_the_command_line_is_not_counted(here):
    """Its tags are there to be seen."""
    assert "tagged" not in here("--text", "A crane waits.", check=0).err


def test_a_hundred_equal_warnings_are_one_with_its_count(here, capsys):
    """The first of a kind is said at once, how many more came at the end; other kinds are said as well."""
    for number in range(100):
        (here.path / f"{number:02}.txt").write_bytes(b"A cr\xe2ne waits. It is caf\xe9 number " + str(number).encode())
    names = [f"{number:02}.txt" for number in range(100)]
    said = here(*names, check=0).err.splitlines()
    assert sum("Windows-1252" in line for line in said) == 1
    assert "mlcap: 99 more like that of 00.txt, the last of 99.txt" in said
    warn = Warnings()
    for line in ("a: one thing", "b: another", "b: another"):
        warn(line)
    warn.finish()
    assert capsys.readouterr().err.splitlines() == [
        "mlcap: a: one thing",
        "mlcap: b: another",
        "mlcap: b: 1 more of that",
    ]


def record(**more):
    """An output record, for review unless it is said otherwise."""
    return {
        "id": "a", "text": "Dawn over the pad. " * 20, "scene": "dawn", "scene_confidence": 0.7, "crew": ["cook", "helm"],
        "crew_confidence": {"cook": 0.9, "helm": 0.6, "look-out": 0.1}, "needs_review": True,
        "review_reasons": ["scene uncertain: dawn 0.70, noon 0.20", "too short to be sure: 2 known words"], "model": "1",
    } | more  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_table_begins_with_what_needs_a_look(width):
    """Mark and all reasons come first, tags are whole, and what is cut shows it."""
    writer = TableWriter(FACETS, width)
    text = writer.line(record())
    lines = text.splitlines()
    assert lines[0].startswith("REVIEW  scene uncertain: dawn 0.70")
    assert max(map(len, lines)) <= width
    assert (
        "scene uncertain: dawn 0.70, noon 0.20; too short to be sure: 2 known words a dawn 0.70 | cook 0.90, helm 0.60"
        in (" ".join(text.split()))
    )
    assert text.endswith("...\n") == (width < 400)
    assert not writer.line(record(needs_review=False)).startswith("REVIEW")
    broken = writer.line({"error": "is no JSON " * 20, "position": "f: line 3"})
    assert broken.startswith("ERROR   f: line 3: is no JSON")
    assert " ".join(broken.split()).count("is no JSON") == 20


def test_a_long_name_is_cut_in_its_middle_with_a_sign():
    """The end of a path tells more than its middle; nothing steers the terminal."""
    text = TableWriter(FACETS, 80).line(record(id="archive/" * 20 + "a\x1b[31m.jpg", needs_review=False))
    assert "..." in text.splitlines()[0]
    assert "[31m.jpg" in text
    assert "\x1b" not in text


def test_progress_counts_the_bytes_of_all_inputs(tmp_path, monkeypatch):
    """A bar is as long as the inputs together and is full at their end; a pipe has no length."""
    (tmp_path / "a").write_bytes(b"x" * 100)
    (tmp_path / "b").write_bytes(b"x" * 50)
    names = [str(tmp_path / n) for n in "ab"]
    bar = InputBar(names, shown=True)
    seen = []

    def records():
        for name in names:
            with open(name, "rb") as stream:
                bar.opened(stream)
                while stream.read(25):
                    yield seen.append(bar._position())

    assert len(list(bar.watched(records()))) == 6
    assert seen[-1] == 150
    assert bar._total == 150
    assert InputBar(["-"], shown=True)._total is None
    assert InputBar([str(tmp_path)], shown=True)._total is None
    piped = InputBar(["-"], shown=True)
    piped.opened(BytesIO(b""))
    assert list(piped.watched(iter([1, 2]))) == [1, 2]


def test_progress_is_shown_on_a_terminal_alone(here):
    """With the time left where results go into a file; nothing of it where stderr is no terminal."""
    write_jsonl(here.path / "in.jsonl", [{"text": f"Crane {n} waits near the pad."} for n in range(6000)])
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 100))
    env = {**os.environ, "MLCAP_MODELS": str(here.models), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "mlcap", "tag", "in.jsonl", "-o", "out.jsonl"]
    with subprocess.Popen(command, cwd=here.path, env=env, stderr=theirs, stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        assert process.wait() == 0
    os.close(ours)
    assert b"records" in shown
    assert b"<00:" in shown
    assert b"6000 tagged" in shown
    assert "B/s" not in here("in.jsonl", "-o", "again.jsonl", check=0).err
