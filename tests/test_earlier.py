"""What earlier mlcaps wrote, before versions had identities and digests: read, gone on with, or refused in one line.

The files in `tests/data/earlier` were written by the mlcap of those days, from captions of our own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from conftest import few_records, mlcap, write_jsonl
from photo_files import needs_exiftool

from mlcap.model.registry import Registry

EARLIER = Path(__file__).parent / "data" / "earlier"
RUN = "20261129T223941-62baba"


@pytest.fixture
def watched(tmp_path):
    """An inbox and its output folder, as an earlier mlcap left them."""
    out = tmp_path / "out"
    (out / "results").mkdir(parents=True)
    (tmp_path / "in").mkdir()
    shutil.copy(EARLIER / "morning.jsonl", tmp_path / "in")
    shutil.copy(EARLIER / "morning.jsonl.1.jsonl", out / "results")
    db = sqlite3.connect(out / "ledger.sqlite")
    db.executescript((EARLIER / "ledger.sql").read_text("utf-8"))
    db.close()
    return tmp_path


def test_a_ledger_is_gone_on_with(watched, small):
    """Its captions count as tagged by version 1 of those days, are not tagged again unasked, and are when asked."""
    here = {"cwd": watched, "env": {"MLCAP_MODELS": str(small / "models")}, "check": 0}
    once = ("watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0")
    status = json.loads(mlcap("watch", "in", "--out", "out", "--status", "--json", **here).out)
    assert status["models"] == {"1": 2}
    mlcap(*once, **{**here, "check": 3})
    assert [p.name for p in (watched / "out" / "results").iterdir()] == ["morning.jsonl.1.jsonl"]
    write_jsonl(watched / "in" / "noon.jsonl", [{"id": "n", "text": "A crane waits near the pad."}])
    mlcap(*once, **{**here, "check": 3})
    identity = Registry(small / "models").load().identity
    status = json.loads(mlcap("watch", "in", "--out", "out", "--status", "--json", **here).out)
    assert status["models"] == {"1": 2, identity: 1}
    assert (
        f"of 2 captions of older versions change with version {identity}" in mlcap("retag", "--out", "out", **here).out
    )
    assert "2 tagged again" in mlcap("retag", "--out", "out", "--yes", **here).out
    status = json.loads(mlcap("watch", "in", "--out", "out", "--status", "--json", **here).out)
    assert status["models"] == {"1": 2, identity: 3}


@needs_exiftool
def test_a_plan_is_applied_and_a_run_undone(tmp_path):
    """A plan writes the version as it names it; what an earlier run added is taken back by its journal."""
    for name in ("plan.json", f"{RUN}.jsonl"):
        (tmp_path / name).write_text((EARLIER / name).read_text("utf-8").replace("@FOLDER@", str(tmp_path)), "utf-8")
    shutil.copy(EARLIER / "pad.xmp", tmp_path)
    assert "1 written" in mlcap("apply", "plan.json", "--runs", "runs", cwd=tmp_path, check=0).out
    assert "<mlcap:Model>1</mlcap:Model>" in (tmp_path / "pad.xmp").read_text("utf-8")
    mlcap("undo", RUN, "--runs", "runs", cwd=tmp_path, check=0)
    assert "mlcap:" not in (tmp_path / "pad.xmp").read_text("utf-8")

    shutil.copy(EARLIER / "pad-written.xmp", tmp_path / "pad.xmp")
    shutil.rmtree(tmp_path / "runs")
    (tmp_path / "runs").mkdir()
    shutil.copy(tmp_path / f"{RUN}.jsonl", tmp_path / "runs")
    mlcap("undo", RUN, "--runs", "runs", cwd=tmp_path, check=0)
    left = (tmp_path / "pad.xmp").read_text("utf-8")
    assert "mlcap:" not in left
    assert "ground-personnel" not in left
    assert "before dawn." in left


def test_a_stopped_run_says_which_version_it_used(small, tmp_path):
    """A run of another version is not gone on with, and the line names both; one of the same version, noted by number, is."""
    registry = Registry(small / "models")
    identity = registry.load().identity
    write_jsonl(tmp_path / "in.jsonl", [{"id": n, "text": f"Crane number {n} waits."} for n in range(80)])
    env = {"MLCAP_MODELS": str(small / "models")}
    stopped = ("tag", "in.jsonl", "-o", "out.jsonl", "--resume")
    note = json.loads((EARLIER / "crane.progress.json").read_text("utf-8"))
    note["inputs"] = {"in.jsonl": hashlib.sha256((tmp_path / "in.jsonl").read_bytes()).hexdigest()}
    note.update(bytes=0, read=0)
    for name in ("out.jsonl.part", "out.jsonl.progress"):
        (tmp_path / name).write_text("" if name.endswith("part") else json.dumps(note), "utf-8")
    done = mlcap(*stopped, cwd=tmp_path, env=env, check=2)
    assert f"the stopped run used model version 1, this one is {identity}" in done.err
    note["model_digest"] = registry.load().artifact.manifest.digest
    (tmp_path / "out.jsonl.progress").write_text(json.dumps(note), "utf-8")
    mlcap(*stopped, cwd=tmp_path, env=env, check=0)
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 80


def test_a_registry_is_read_and_learns_the_digests(small, tmp_path):
    """Its version tags with a word about the missing digest; after a promotion that is gone, and the history stays."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    shutil.copy(EARLIER / "registry.json", models)
    here = {"cwd": tmp_path, "check": 0}
    caption = few_records(1)[0]["text"]
    word = "does not know the digest of version 1"
    assert word in mlcap("tag", "--text", caption, **here).err
    assert "does not know the digest" in mlcap("models", "verify", **here).out
    assert "2026-11-22T21:49:54Z  version 1 became current: trained" in mlcap("models", "list", **here).out
    registry = Registry(models)
    number = registry.publish({p.name: p.read_bytes() for p in (models / "1").iterdir()})
    mlcap("models", "promote", number, **here)
    mlcap("models", "rollback", **here)
    assert word not in mlcap("tag", "--text", caption, **here).err
    listed = json.loads(mlcap("models", "list", "--json", **here).out)
    identity = registry.load().identity
    assert listed["identities"] == {"1": identity, "2": identity.replace("1-", "2-", 1)}
    assert [(c["version"], c["identity"]) for c in listed["history"]] == [
        (1, ""),
        (2, listed["identities"]["2"]),
        (1, identity),
    ]


@pytest.fixture
def old_models(tmp_path):
    """A folder of versions in the layout of the first releases, whose features no mlcap of today computes."""
    return shutil.copytree(EARLIER / "models", tmp_path / "models")


def test_a_version_of_other_features_is_told(old_models, tmp_path):
    """It is listed, shown and held against its digests, whatever it was trained with; to tag with it is refused."""
    here = {"cwd": tmp_path}
    listed = json.loads(mlcap("models", "list", "--json", **here, check=0).out)
    identity = listed["identities"]["1"]
    assert (listed["current"], [h["when"] for h in listed["history"]]) == (1, ["2026-11-22T21:49:54Z"])
    shown = mlcap("models", "show", **here, check=0)
    assert shown.out.startswith(f"model version {identity}\n\n# Model card")
    assert "was trained with other features than this mlcap reads and cannot tag" in shown.err
    assert json.loads(mlcap("models", "show", "--json", **here, check=0).out)["format"] == 2
    done = mlcap("models", "verify", **here, check=4)
    assert f"version {identity} is as it was published, but was trained with other features" in done.err
    (line,) = mlcap("tag", "--text", "A crane waits.", "--models", "models", **here, check=4).err.splitlines()
    assert "mlcap train --models" in line
    for name in ("event.common.npy", "card.md"):
        data = bytearray((old_models / "1" / name).read_bytes())
        data[-1] ^= 1
        (old_models / "1" / name).write_bytes(data)
        assert f"{name}: differs from its digest" in mlcap("models", "verify", **here, check=4).err
        assert f"{name}: differs from its digest" in mlcap("models", "show", **here, check=4).err
        data[-1] ^= 1
        (old_models / "1" / name).write_bytes(data)
    (old_models / "1" / "more.npy").write_bytes(b"")
    assert "no part of a model version" in mlcap("models", "verify", **here, check=4).err


def test_training_goes_on_beside_a_version_of_other_features(old_models, tmp_path):
    """A new version becomes current beside it, the history stays, and going back to what cannot tag is refused."""
    (tmp_path / "labels").mkdir()
    records = [{**r, "mission": f"album-{n % 10}"} for n, r in enumerate(few_records(9)[:60])]
    write_jsonl(tmp_path / "labels" / "captions.jsonl", records)
    before = {p.name: p.read_bytes() for p in (old_models / "1").iterdir()}
    train = ("train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "1")
    done = mlcap(*train, cwd=tmp_path, check=0)
    assert "album-3" in next(line for line in done.err.splitlines() if "left out of training" in line)
    listed = json.loads(mlcap("models", "list", "--json", "--models", "models", cwd=tmp_path, check=0).out)
    assert (listed["versions"], listed["current"]) == ([1, 2], 2)
    assert [(h["version"], h["why"]) for h in listed["history"]] == [(1, "trained"), (2, "trained")]
    assert {p.name: p.read_bytes() for p in (old_models / "1").iterdir()} == before
    mlcap("tag", "--text", "A crane waits.", "--models", "models", cwd=tmp_path, check=0)
    assert "other features" in mlcap("models", "rollback", "--models", "models", cwd=tmp_path, check=4).err
