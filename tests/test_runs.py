"""Runs into a file: stopped anywhere, they go on without loss or doubling, or say why they do not."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice

import pyarrow.parquet as pq
import pytest
from conftest import mlcap, write_jsonl

from mlcap.errors import InputError, OutputError
from mlcap.records.types import Record
from mlcap.runs import spool as spool_module
from mlcap.runs import tag as tag_module
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.tag import tag_into


def captions(count):
    """Short records with ids in order."""
    return [{"id": n, "text": f"Crane number {n} waits near the pad."} for n in range(count)]


def as_records(count):
    """The same as they are read."""
    return [Record(f"f: line {d['id'] + 1}", d, d["text"]) for d in captions(count)]


def ids(path):
    """The ids of an output, in order."""
    return [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def run(tmp_path, tagger, monkeypatch):
    """Tags 300 records in this process, noting after every batch."""
    monkeypatch.setattr(tag_module, "_NOTE_RECORDS", 64)
    source = write_jsonl(tmp_path / "in.jsonl", captions(300))

    def go(records=None, resume=False, form="jsonl", out="out.jsonl"):
        taken = fingerprint([str(source)], {"from": None}, tagger)
        return tag_into(tmp_path / out, form, records or as_records(300), tagger, taken, resume)

    go.folder, go.source = tmp_path, source
    return go


def stopping(count, error):
    """Records that end in an error."""
    yield from islice(as_records(300), count)
    raise error


@pytest.mark.parametrize("error", [InputError("stopped"), KeyboardInterrupt()])
def test_a_stopped_run_goes_on(run, error):
    """What was noted is kept, half a line is cut away, and every record is there once, in order."""
    with pytest.raises(type(error)):
        run(stopping(200, error))
    assert not (run.folder / "out.jsonl").exists()
    with open(run.folder / "out.jsonl.part", "ab") as stream:
        stream.write(b'{"id": 9')
    seen = []
    taken = iter(as_records(300))
    run((seen.append(r.fields["id"]) or r for r in taken), resume=True)
    assert ids(run.folder / "out.jsonl") == list(range(300))
    assert sorted(p.name for p in run.folder.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("form", ["csv", "parquet", "table"])
def test_other_forms_go_on_as_well(run, form):
    """The form of the output is made at the end, from all records."""
    with pytest.raises(InputError):
        run(stopping(150, InputError("stopped")), form=form, out="out")
    run(resume=True, form=form, out="out")
    out = run.folder / "out"
    if form == "csv":
        assert [int(r["id"]) for r in csv.DictReader(out.read_text("utf-8").splitlines())] == list(range(300))
    elif form == "parquet":
        assert pq.read_table(out)["id"].to_pylist() == list(range(300))
    else:
        lines = out.read_text("utf-8").splitlines()
        assert [int(line.split()[0]) for line in lines if " | " in line] == list(range(300))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "2-0f0f0f0f", "model_digest": "0"}, "used model version 1-"),
        ({"mlcap": "0.0.9"}, "one of mlcap "),
        ({"options": {"from": "csv"}}, r"other options \(--from\); give the same"),
        ({"options": {"text_only": "yes", "target": "0.9"}}, r"other options \(--text-only, --target\)"),
        ({"inputs": {"other.jsonl": "0"}}, "other inputs"),
    ],
)
def test_what_changed_is_said(run, tagger, change, message):
    """A run does not go on with another model version, other options or other inputs."""
    with pytest.raises(InputError):
        run(stopping(100, InputError("stopped")))
    taken = fingerprint([str(run.source)], {"from": None}, tagger)
    with pytest.raises(InputError, match=message):
        tag_into(run.folder / "out.jsonl", "jsonl", as_records(300), tagger, replace(taken, **change), True)
    assert (run.folder / "out.jsonl.part").stat().st_size > 0


def test_a_changed_input_is_said(run):
    """A run does not go on over an input that is not the same; without --resume it starts anew."""
    with pytest.raises(InputError):
        run(stopping(100, InputError("stopped")))
    write_jsonl(run.source, captions(10))
    with pytest.raises(InputError, match=r"in\.jsonl: changed"):
        run(resume=True)
    run(as_records(10))
    assert ids(run.folder / "out.jsonl") == list(range(10))


def test_a_finished_run_is_left_alone(run):
    """--resume after the end changes nothing, also where the end was cut short."""
    run()
    before = (run.folder / "out.jsonl").read_bytes()
    assert run(resume=True) is None
    with pytest.raises(InputError):
        run(stopping(300, InputError("stopped")), out="again.jsonl")
    progress, part = (run.folder / f"again.jsonl.{end}" for end in ("progress", "part"))
    note = json.loads(progress.read_text())
    progress.write_text(json.dumps({**note, "bytes": len(before), "read": 300}))
    part.unlink()
    (run.folder / "again.jsonl").write_bytes(before)
    assert run(resume=True, out="again.jsonl").all == 300
    assert (run.folder / "again.jsonl").read_bytes() == before
    assert not progress.exists()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"format": 1, "bytes": -1, "read": 0, "unreadable": 0}',
        '{"format": 1, "bytes": 1e0, "read": 0, "unreadable": 0}',
        '{"format": 1, "bytes": 0, "read": NaN, "unreadable": 0}',
        "[" * 100_000,
        "[" + "[]," * 500_000 + "1]",
    ],
    ids=range(7),
)
def test_a_damaged_note_is_said(run, text):
    """A note that cannot be understood is not guessed at."""
    (run.folder / "out.jsonl.progress").write_text(text)
    with pytest.raises(InputError, match="start anew"):
        run(resume=True)


def test_two_runs_do_not_write_one_output(run):
    """The second is refused while the first is at work."""
    first = spool_module.Spool(run.folder / "out.jsonl")
    with pytest.raises(OutputError, match="another mlcap"):
        run()
    first.close()
    assert run().all == 300


def test_an_output_of_the_longest_name(run):
    """A name that leaves no room for an end of ours works as any other, also over a stop."""
    for out in ("x" * 249 + ".jsonl", "é" * 125 + ".csv"):
        with pytest.raises(InputError):
            run(stopping(200, InputError("stopped")), out=out, form=out.rpartition(".")[2])
        run(resume=True, out=out, form=out.rpartition(".")[2])
        assert sorted(p.name for p in run.folder.iterdir()) == sorted(["in.jsonl", out])
        (run.folder / out).unlink()


def test_a_full_disk_keeps_what_was_noted(run, monkeypatch):
    """When no more can be written the run ends with one error, and goes on once there is room."""
    left = [40_000]

    def write(stream, data):
        if len(data) > left[0]:
            stream.write(data[: left[0]])
            raise OSError(28, "No space left on device")
        left[0] -= len(data)
        stream.write(data)

    monkeypatch.setattr(spool_module, "write_all", write)
    with pytest.raises(OutputError, match="go on with --resume"):
        run()
    monkeypatch.undo()
    run(resume=True)
    assert ids(run.folder / "out.jsonl") == list(range(300))


def test_tag_writes_into_a_file(small, tmp_path):
    """-o takes the form from the name, says nothing on stdout and refuses what it must not replace."""
    env = {"MLCAP_MODELS": str(small / "models")}
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1, "text": "A crane waits."}\n{"id": 2}\n'))
    done = mlcap("tag", "in.jsonl.gz", "-o", "out.parquet", cwd=tmp_path, env=env, check=3)
    assert done.out == ""
    assert [r["id"] for r in pq.read_table(tmp_path / "out.parquet").to_pylist()] == [1, 2]
    again = mlcap("tag", "in.jsonl.gz", "-o", "out.parquet", "--resume", cwd=tmp_path, env=env, check=0)
    assert "no run of it was stopped" in again.err
    assert "an input as well" in mlcap("tag", "out.parquet", "-o", "out.parquet", cwd=tmp_path, env=env, check=6).err
    assert (
        "a device or pipe"
        in mlcap("tag", "in.jsonl.gz", "-o", "/dev/null", "--to", "csv", cwd=tmp_path, env=env, check=6).err
    )
    assert "tells no form" in mlcap("tag", "in.jsonl.gz", "-o", "out", cwd=tmp_path, env=env, check=2).err
    assert "with -o" in mlcap("tag", "in.jsonl.gz", "--to", "parquet", cwd=tmp_path, env=env, check=2).err
    assert "--resume goes with" in mlcap("tag", "--resume", cwd=tmp_path, env=env, check=2).err
    assert "cannot be written" in mlcap("tag", "in.jsonl.gz", "-o", "no/out.csv", cwd=tmp_path, env=env, check=6).err
    mlcap("tag", "in.jsonl.gz", "missing.csv", "-o", "none.csv", cwd=tmp_path, env=env, check=3)
    (tmp_path / "empty.txt").write_text("")
    mlcap("tag", "empty.txt", "-o", "empty.csv", cwd=tmp_path, env=env, check=2)
    assert not list(tmp_path.glob("empty.csv*"))


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")])
def test_killed_at_any_moment_nothing_is_lost_or_doubled(small, tmp_path, jobs):
    """Fifteen SIGKILLs at random moments, then one run to the end: every record once, in order."""
    source = write_jsonl(tmp_path / "in.jsonl", captions(12_000))
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    command = [sys.executable, "-m", "mlcap", "tag", str(source), "-o", "out.jsonl", "--resume", *jobs]
    draw = random.Random(7)
    for _ in range(15):
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.DEVNULL)
        time.sleep(0.4 + draw.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, cwd=tmp_path, env=env, check=True, stderr=subprocess.DEVNULL)
    assert ids(tmp_path / "out.jsonl") == list(range(12_000))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(small, tmp_path):
    """From gzip JSON Lines to Parquet, 100,000 captions need no more memory than 20,000, give or take a tenth."""
    peaks = {}
    for count in (20_000, 100_000):
        path = tmp_path / f"{count}.jsonl.gz"
        with gzip.open(path, "wt", compresslevel=1) as stream:
            stream.writelines(json.dumps(c) + "\n" for c in captions(count))
        peaks[count] = peak_of(small, tmp_path, "tag", path, "-o", f"{count}.parquet")
        assert pq.ParquetFile(tmp_path / f"{count}.parquet").metadata.num_rows == count
    assert peaks[100_000] < 1.1 * peaks[20_000], peaks


def peak_of(small, folder, *args):
    """The most memory that a command held, as the operating system counted it, in KiB."""
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, '-m', 'mlcap', *sys.argv[1:]], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], cwd=folder, env=env, check=True, capture_output=True
    )
    return int(done.stdout)
