"""Tagging in several processes: the same output in the same order, and a clear end whatever happens to one of them."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import mlcap, write_jsonl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlcap.cli.main import main
from mlcap.errors import InputError, WorkerError
from mlcap.model.tagging import BATCH
from mlcap.records.types import Record
from mlcap.records.writing import json_line, output_record
from mlcap.runs import tag as tag_module
from mlcap.runs import workers as workers_module
from mlcap.runs.batches import tagged_lines
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.tag import tag_into
from mlcap.runs.workers import AHEAD, Workers


def as_records(count):
    """Readable records with ids in order."""
    texts = [f"Crane number {n} waits near the pad." for n in range(count)]
    return [Record(f"f: line {n + 1}", {"id": n, "text": t}, t) for n, t in enumerate(texts)]


def ids(lines):
    """The ids of lines, in order."""
    return [json.loads(line)["id"] for line in lines]


def gather(batches, seen):
    """Note the ids of the lines as they come."""
    for lines, _ in batches:
        seen += ids(lines)


class Odd:
    """Stands for a tagger to which something happens at one caption."""

    def __init__(self, tagger, happens):
        self.facets, self._tagger, self._happens = tagger.facets, tagger, happens

    def tag(self, texts, catalogues=None):
        """Tag captions, unless it happens."""
        if any("number 200 " in t for t in texts):
            self._happens()
        return self._tagger.tag(texts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
field_names = st.sampled_from(["id", "text", "event", "error", "input", "more", "caption"]) | st.text(max_size=3)
line = st.one_of(
    st.dictionaries(field_names, json_values, max_size=4).map(json.dumps),
    st.text("A crane waits, Marta Lind\ud800\u2028é", max_size=30).map(lambda t: json.dumps({"text": t})),
    st.sampled_from(["", "{broken", "[1]", '{"text": NaN}', '{"text": "Divers wave."}']),
)


def run(*args):
    """What the command line in this process gives: exit code, stdout, stderr."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    try:
        code = main(list(map(str, args)))
        outputs = [stream.flush() or stream.buffer.getvalue() for stream in (sys.stdout, sys.stderr)]
    finally:
        sys.stdout, sys.stderr = before
    return code, *outputs


@pytest.mark.parametrize("form", ["jsonl", "csv", "table"])
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(line, max_size=12), jobs=st.integers(1, 3))
def test_processes_change_nothing_of_the_output(small, tmp_path, form, lines, jobs):
    """Whatever the records, errors among them: the same bytes on stdout and in a file, lines on stderr and exit code."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(one.replace("\n", " ") + "\n" for one in lines), "utf-8")
    command = ["tag", path, "--to", form, "--models", small / "models"]
    with pytest.MonkeyPatch.context() as patch:
        # Several batches even of a few records.
        patch.setattr(workers_module, "BATCH", 3)
        assert run(*command) == run(*command, "--jobs", jobs)
        alone, together = tmp_path / "alone", tmp_path / "together"
        for out in (alone, together):
            out.unlink(missing_ok=True)
        code, _, said = run(*command, "-o", alone)
        again, _, said_again = run(*command, "-o", together, "--jobs", jobs)
    assert (code, said) == (again, said_again)
    assert alone.exists() == together.exists() == (code != 2)
    if alone.exists():
        assert alone.read_bytes() == together.read_bytes()


def test_parquet_is_the_same_and_photographs_are_refused(small, tmp_path):
    """The other forms as well; a plan is made in one process."""
    rows = [{"id": n, "text": f"Crane {n} waits."} for n in range(150)]
    path = write_jsonl(
        tmp_path / "in.jsonl", [*rows, {"id": 7}, "odd", {"id": "x", "text": "Divers wave.", "late": [1]}]
    )
    here = {"cwd": tmp_path, "env": {"MLCAP_MODELS": str(small / "models")}}
    first = mlcap("tag", path, "-o", "a.parquet", **here, check=3)
    second = mlcap("tag", path, "-o", "b.parquet", "--jobs", "2", **here, check=3)
    assert first.err == second.err
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert "without --text, --to, -o and --jobs" in mlcap("tag", "--jobs", "2", "--write", "p", **here, check=2).err
    assert "--jobs" in mlcap("tag", "--jobs", "0", **here, check=2).err


def test_records_are_read_no_further_than_the_workers_need(tagger):
    """What is held is bounded by their number: in batches, and a batch in records and in bytes."""
    read = [0]

    def counted(records):
        for record in records:
            read[0] += 1
            yield record

    with tagged_lines(tagger, counted(as_records(3000)), 2) as batches:
        given = 0
        for lines, counts in batches:
            given += len(lines)
            assert counts.read == len(lines) <= BATCH
            assert read[0] <= given + (2 * AHEAD + 1) * BATCH
    assert given == 3000
    large = [Record("f", {"text": "x", "more": str(n) * 300_000}, "x") for n in range(1, 9)]
    packed = list(workers_module._packed(large))
    assert [len([*workers_module._unpacked(batch)]) for batch in packed] == [4, 4]
    assert [r for batch in packed for r in workers_module._unpacked(batch)] == large


def test_the_order_is_kept_where_one_worker_is_slow(tagger):
    """Batches that are done early wait for those before them."""

    class Slow(Odd):
        def tag(self, texts, catalogues=None):
            if "number 0 " in texts[0]:
                time.sleep(0.5)
            return super().tag(texts, catalogues)

    with tagged_lines(Slow(tagger, None), as_records(190), 3) as batches:
        assert [n for lines, _ in batches for n in ids(lines)] == list(range(190))


def test_a_spawned_worker_tags_the_same(tagger, monkeypatch):
    """Where a process cannot be forked, it gets the model handed over, once."""
    monkeypatch.setattr(workers_module, "_START", "spawn")
    records = as_records(70)
    expected = [json_line(output_record(r, tagger.tag_one(r.text), tagger.facets)) for r in records]
    with tagged_lines(tagger, records, 1) as batches:
        assert [line for lines, _ in batches for line in lines] == expected


def test_errors_come_after_what_was_before_them(tagger):
    """An error of reading or of tagging is raised once the lines before it are given; workers end in any case."""

    def reading():
        yield from as_records(100)
        raise InputError("stopped")

    def tagging():
        raise ZeroDivisionError("a defect")

    def unknown():
        class LocalError(Exception):
            """Cannot be handed from one process to another."""

        raise LocalError("odd")

    def ends():
        os.kill(os.getpid(), signal.SIGKILL)

    cases = [
        (tagger, reading(), InputError, 100),
        (Odd(tagger, tagging), as_records(700), ZeroDivisionError, 192),
        (Odd(tagger, unknown), as_records(700), RuntimeError, 192),
        (Odd(tagger, ends), as_records(700), WorkerError, 192),
    ]
    for which, records, error, count in cases:
        seen = []
        with Workers(which, 2) as workers:
            pids = [p.pid for p in workers._processes.values()]
            with pytest.raises(error) as caught:
                gather(workers.tag(records), seen)
        assert seen == list(range(count))
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        if error is ZeroDivisionError:
            assert "in tagging" in caught.value.__notes__[0]
        if error is WorkerError:
            assert "by signal 9" in str(caught.value)


def test_a_record_nested_too_deeply_ends_the_batch_before_it(tagger):
    """What cannot be handed over is an error after the records before it."""
    deep = value = []
    for _ in range(100_000):
        value.append([])
        value = value[0]
    records = [*as_records(5), Record("f", {"text": "x", "deep": deep}, "x")]
    seen = []
    with tagged_lines(tagger, records, 1) as batches, pytest.raises(RecursionError):
        gather(batches, seen)
    assert seen == list(range(5))
    while deep:
        deep = deep.pop()


@pytest.mark.parametrize("jobs", [None, 1, 2])
def test_a_stopped_run_goes_on_with_any_number_of_processes(tagger, tmp_path, monkeypatch, jobs):
    """Stopped while several processes tag, a run goes on with one, with several, or without."""
    monkeypatch.setattr(tag_module, "_NOTE_RECORDS", 64)
    source = write_jsonl(tmp_path / "in.jsonl", [])
    taken = fingerprint([str(source)], {}, tagger)
    out = tmp_path / "out.jsonl"

    def stopped():
        yield from as_records(400)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag_into(out, "jsonl", stopped(), tagger, taken, jobs=2)
    assert not out.exists()
    resumed = []
    tag_into(out, "jsonl", as_records(500), tagger, taken, True, jobs, resumed.append)
    assert ids(out.read_text("utf-8").splitlines()) == list(range(500))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]
    assert resumed


def test_the_model_is_loaded_once(small, tmp_path, monkeypatch):
    """Workers tag with the model of the main process; none loads it from the disk again."""
    from mlcap.model.registry import Registry

    loaded = tmp_path / "loaded"
    load = Registry.load

    def noted(*args):
        with open(loaded, "a") as stream:
            stream.write("x")
        return load(*args)

    monkeypatch.setattr(Registry, "load", noted)
    path = write_jsonl(tmp_path / "in.jsonl", [r.fields for r in as_records(200)])
    assert run("tag", path, "--jobs", 3, "--models", small / "models")[0] == 0
    assert loaded.read_text() == "x"


def children(pid):
    """The processes that a process has started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def left_of(pids):
    """Which processes are still there after a while."""
    deadline = time.monotonic() + 30
    while (
        left := [p for p in pids if Path(f"/proc/{p}/cmdline").exists() and Path(f"/proc/{p}/cmdline").read_bytes()]
    ) and (time.monotonic() < deadline):
        time.sleep(0.05)
    return left


@pytest.fixture
def started(small, tmp_path):
    """Starts tagging in two processes into a file, and waits until some lines are written."""
    source = write_jsonl(tmp_path / "in.jsonl", [r.fields for r in as_records(6_000)])
    command = [sys.executable, "-m", "mlcap", "tag", str(source), "-o", "out.jsonl", "--resume", "--jobs", "2"]
    env = {**os.environ, "MLCAP_MODELS": str(small / "models")}
    running = []

    def start():
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, start_new_session=True)
        running.append(process)
        part = tmp_path / "out.jsonl.part"
        before = part.stat().st_size if part.exists() else 0
        while process.poll() is None and (not part.exists() or part.stat().st_size <= before):
            time.sleep(0.01)
        workers = children(process.pid)
        assert len(workers) == 2
        return process, workers

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stderr.close()


def said(process):
    """Wait for the end and give the lines on stderr but the one that names the model version.

    Click sets a blank one before that of an interrupt.
    """
    lines = process.communicate()[1].decode().splitlines()
    return [line for line in lines if line and not line.startswith("mlcap: model version ")]


def test_an_interrupt_or_a_dead_worker_ends_it_in_our_words(started, tmp_path):
    """Ctrl-C for all, a killed worker, a killed main process: one line each, no process left, and nothing lost."""
    process, workers = started()
    os.killpg(process.pid, signal.SIGINT)
    err = said(process)
    assert process.returncode == 130
    assert err == ["mlcap: what is done is kept beside out.jsonl; go on with --resume", "mlcap: stopped"]
    assert not left_of(workers)

    process, workers = started()
    process.terminate()
    err = said(process)
    assert process.returncode == 130
    assert err[-2:] == ["mlcap: what is done is kept beside out.jsonl; go on with --resume", "mlcap: stopped"]
    assert not left_of(workers)

    process, workers = started()
    os.kill(workers[1], signal.SIGKILL)
    err = said(process)
    assert process.returncode == 70
    assert err[0].startswith("mlcap: going on after ")
    assert err[1].startswith("mlcap: a worker process ended by signal 9")
    assert len(err) == 2
    assert not left_of(workers)

    process, workers = started()
    process.kill()
    process.communicate()
    assert not left_of(workers)

    process, workers = started()
    process.communicate()
    assert process.returncode == 0
    assert ids((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == list(range(6_000))
    assert not left_of(workers)


def test_a_closed_pipe_ends_the_workers(small, tmp_path):
    """When the reader of our output has enough, nothing is said and nobody stays."""
    path = write_jsonl(tmp_path / "in.jsonl", [r.fields for r in as_records(5000)])
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", "tag", str(path), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MLCAP_MODELS": str(small / "models")},
    )
    process.stdout.readline()
    workers = children(process.pid)
    process.stdout.close()
    assert re.fullmatch(rb"mlcap: model version .*\n", process.stderr.read())
    process.stderr.close()
    assert process.wait() == 0
    assert len(workers) == 2
    assert not left_of(workers)


def test_a_record_can_be_handed_over():
    """Records are the same on the other side, surrogates and large numbers among them."""
    record = Record("f: line 1", {"a": "\ud800", "b": 1 << 90, "c": [None, {"d": 0.1}]}, None, "no", ("cut",))
    (batch,) = workers_module._packed([record, record])
    assert list(workers_module._unpacked(batch)) == [record, record]
