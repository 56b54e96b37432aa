"""Dask: its data frames, and a cluster of several processes of which one is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice

import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import corpus_records, mlcap, mlcap_process

import mlcap as package
from mlcap import dask as tags_in_dask
from mlcap import frames
from mlcap.errors import InputError

TEXTS = ["Pilot Jan Roe tries his seat liner in the capsule.", None, "A crane lifts the capsule onto the ship."]


def test_a_data_frame_of_dask_is_planned_and_then_tagged(small):
    """The plan knows its columns and its version; partitions come back as pandas' frames do."""
    df = pd.DataFrame({"id": range(9), "Description": TEXTS * 3}, index=range(10, 19))
    ddf = dd.from_pandas(df, npartitions=4)
    planned = tags_in_dask.tag(ddf, text="Description", models=small / "models")
    version = package.load(models=small / "models").version
    assert planned.npartitions == ddf.npartitions
    with dask.config.set(scheduler="synchronous"):
        out = planned.compute()
    assert dict(planned.dtypes) == dict(out.dtypes)
    expected = frames.tag(df, text="Description", models=small / "models")
    assert out.drop(columns="Description").equals(expected.drop(columns="Description"))
    assert set(out["model"].dropna()) == {version}


def test_what_dask_cannot_plan_is_said():
    """When the plan is made, not on a worker."""
    with pytest.raises(InputError, match=r"DataFrame is no data frame of Dask; mlcap.frames.tag takes"):
        tags_in_dask.tag(pd.DataFrame({"text": TEXTS}))
    ddf = dd.from_pandas(pd.DataFrame({"note": TEXTS}), npartitions=1)
    with pytest.raises(InputError, match="give one of note as text"):
        tags_in_dask.tag(ddf)
    with pytest.raises(InputError, match=r"DataFrame of dask is no frame in memory; use mlcap\.dask\.tag"):
        frames.tag(ddf)


def test_a_cluster_that_does_not_answer_is_said(tmp_path, monkeypatch):
    """In one line, and no folder is made."""
    monkeypatch.setattr(tags_in_dask, "_ANSWERS", 0.2)
    pq.write_table(pa.table({"text": ["A crane."]}), tmp_path / "in.parquet")
    done = mlcap("tag", "--on", "dask://127.0.0.1:9", "in.parquet", "-o", "out", cwd=tmp_path, check=2)
    assert "dask://127.0.0.1:9: no scheduler of Dask answers" in done.err
    assert not (tmp_path / "out").exists()


class Nodes:
    """A client whose cluster has workers, or none, look by look; then its scheduler is gone."""

    def __init__(self, looks):
        self.looks = iter(looks)

    def nthreads(self):
        """What the scheduler says next."""
        found = next(self.looks, None)
        if found is None:
            raise OSError("gone")
        return found


def test_that_no_worker_is_left_is_said_once(monkeypatch):
    """And that there are some again; a scheduler that goes ends the looking, and so does the work."""
    monkeypatch.setattr(tags_in_dask, "_LOOKS", 0.01)
    said = []
    with tags_in_dask._workers_watched(Nodes([{"a": 1}, {}, {}, {"a": 1}, {"a": 1}, {}]), said.append):
        end = time.monotonic() + 20
        while len(said) < 3:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert [line.partition(";")[0] for line in said] == [
        "no worker of the cluster is left",
        "the cluster has workers again",
        "no worker of the cluster is left",
    ]
    before = threading.active_count()
    with tags_in_dask._workers_watched(Nodes(cycle([{"a": 1}])), said.append):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


@contextmanager
def cluster(workers=2):
    """A scheduler and worker processes of one thread each."""
    from distributed import LocalCluster

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=port
    ) as running:
        yield running, f"dask://127.0.0.1:{port}"


def archive(path, count):
    """The composed captions again and again, with ids of their own, and some that are none."""
    texts = (r["text"] for r in cycle(corpus_records()))
    rows = [{"id": n, "Description": t if n % 101 else None} for n, t in enumerate(islice(texts, count))]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1500)


def kill_one_when(running, ready):
    """Kill a worker process once something is so."""
    end = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)
    pids = [worker.process.pid for worker in running.workers.values()]
    os.kill(pids[0], signal.SIGKILL)


def without_place(records):
    """Records as a table of Parquet has them: every field there, without the position."""
    names = dict.fromkeys(n for r in records for n in r if n != "position")
    return [{n: r.get(n) if r.get(n) != {} else None for n in names} for r in records]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_loses_and_doubles_nothing(tmp_path):
    """By the command, and by a data frame: every row once, in order, with the tags of `mlcap tag`."""
    archive(tmp_path / "in.parquet", 6000)
    done = mlcap_process("tag", "in.parquet", cwd=tmp_path, check=3)
    given = [json.loads(line) for line in done.out.splitlines()]
    (tmp_path / "out").mkdir()
    out = tmp_path / "out"
    with cluster() as (running, address):
        killer = threading.Thread(target=kill_one_when, args=(running, lambda: any(out.glob(".part-*.new"))))
        killer.start()
        found = mlcap("tag", "--on", address, "in.parquet", "-o", "out", cwd=tmp_path, check=3)
        killer.join()
        assert f"{6000 - 60} tagged" in found.err
        table = pq.read_table(out)
        assert table["id"].to_pylist() == list(range(6000))
        assert without_place(table.to_pylist()) == without_place(given)
        assert sorted(p.name for p in out.iterdir())[:2] == ["_mlcap.json", "part-000000.parquet"]
        assert len(list(out.iterdir())) == 13

        from distributed import Client

        with Client(running.scheduler_address, set_as_default=False) as client:
            ddf = dd.read_parquet(tmp_path / "in.parquet", split_row_groups=1)
            future = client.compute(tags_in_dask.tag(ddf, text="Description"))
            kill_one_when(running, lambda: any(client.processing().values()))
            tagged = future.result(timeout=300)
    assert list(tagged["id"]) == list(range(6000))
    assert pa.Table.from_pandas(tagged, preserve_index=False).to_pylist() == table.to_pylist()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_cluster_that_goes_or_has_no_workers_is_said(tmp_path, monkeypatch):
    """In one line each; what was done is kept."""
    archive(tmp_path / "in.parquet", 4000)
    program = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--no-dashboard"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    words = ("tag", "--on", f"dask://{place}", "in.parquet", "-o", "out")
    with ExitStack() as stack:
        scheduler = subprocess.Popen([*program, "--port", place.partition(":")[2]], stderr=subprocess.DEVNULL)
        stack.callback(scheduler.wait)
        stack.callback(scheduler.kill)
        monkeypatch.setattr(tags_in_dask, "_ANSWERS", 3)
        end = time.monotonic() + 60
        while "no workers" not in (said := mlcap(*words, cwd=tmp_path, check=2).err):
            assert time.monotonic() < end, said
        assert not (tmp_path / "out").exists()
        monkeypatch.undo()
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dask",
                "worker",
                f"tcp://{place}",
                "--nthreads",
                "1",
                "--no-dashboard",
                "--no-nanny",
            ],
            stderr=subprocess.DEVNULL,
        )
        stack.callback(worker.wait)
        stack.callback(worker.kill)

        def end_it():
            while not list((tmp_path / "out").glob("part-*")):
                time.sleep(0.05)
            scheduler.kill()

        killer = threading.Thread(target=end_it)
        killer.start()
        done = mlcap_process(*words, cwd=tmp_path, check=70)
        killer.join()
    chosen, *said = done.err.splitlines()
    assert chosen == "mlcap: in.parquet: captions from Description; ids from id"
    assert len(said) == 1
    assert re.fullmatch(r"mlcap: part-\d+.parquet: was called off, .*; go on with --resume", said[0])
    assert list((tmp_path / "out").glob("part-*"))
