"""Small labels and a small model, made once for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "labels"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """No variable of the person who runs the tests changes their outcome."""
    for name in ("MLCAP_MODELS", "MLCAP_DEBUG"):
        monkeypatch.delenv(name, raising=False)


def corpus_records():
    """Every record of the composed corpus."""
    files = sorted((LABELS / "corpus").glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text("utf-8").split("\n") if line]


def few_records(each=14):
    """The first composed captions of every event, of many missions."""
    counts: dict[str, int] = {}
    out = []
    for record in corpus_records():
        if counts.get(record["event"], 0) < each:
            counts[record["event"]] = counts.get(record["event"], 0) + 1
            out.append(record)
    return out


def write_jsonl(path, records):
    """Write records as JSON Lines."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def mlcap(*args, cwd, stdin=b"", env=None, check=None):
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "mlcap", *map(str, args)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        check=False,
    )
    done.out, done.err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert "Traceback" not in done.err, done.err
    if check is not None:
        assert done.returncode == check, done.err
    return done


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A folder with `labels/` of some hundred captions and `models/` trained on them."""
    folder = tmp_path_factory.mktemp("small")
    labels = folder / "labels"
    labels.mkdir()
    write_jsonl(labels / "captions.jsonl", few_records())
    done = mlcap("train", "--labels", labels, "--models", folder / "models", "--folds", "3", cwd=folder, check=0)
    assert "version 1 is current" in done.err
    return folder


@pytest.fixture(scope="session")
def tagger(small):
    """A tagger with the small model."""
    import mlcap as package

    return package.load(models=str(small / "models"))
