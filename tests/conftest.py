"""Small labels and a small model, made once for all tests."""

from __future__ import annotations

import doctest
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import pytest

# Matrices here are small: a second thread only waits, and its waiting is counted as work.
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "labels"
#: What a pipe takes before anybody reads from it.
_PIPE = 60_000


def pytest_configure():
    """Heed interrupts: a shell starts what it puts in the background without them, and processes inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test marked `own_process` in one: what it loads starts threads that outlive it, and others fork."""
    if pyfuncitem.get_closest_marker("own_process") is None or os.environ.get("MLCAP_OWN_PROCESS"):
        return None
    command = [sys.executable, "-m", "pytest", "-m", "slow", "-rs", "-p", "no:cacheprovider", pyfuncitem.nodeid]
    env = {**os.environ, "MLCAP_OWN_PROCESS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if reason := re.search(r"^SKIPPED .*: (.*)$", done.stdout, re.MULTILINE):
        pytest.skip(reason[1])
    assert done.returncode == 0, done.stdout + done.stderr
    return True


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """No variable of the person who runs the tests changes their outcome."""
    for name in ("MLCAP_MODELS", "MLCAP_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def for_everybody():
    """A folder that other users may look into, as they may not into those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="mlcap-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def corpus_records():
    """Every record of the composed corpus, to change as a test likes."""
    return [dict(record) for record in _corpus()]


@cache
def _corpus():
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


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code, and what it wrote to stdout and stderr."""

    returncode: int
    out: str
    err: str


@contextmanager
def _stdin_of(data):
    """A pipe that holds the data, as the standard input of a command."""
    if len(data) > _PIPE:
        raise ValueError(f"a pipe without a reader holds {_PIPE} bytes; give a file")
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    with open(reading, encoding="utf-8") as stream, mock.patch("sys.stdin", stream):
        yield


def mlcap(*args, cwd, stdin=b"", env=None, check=None):
    """Run the command line within this process: its own streams, folder, environment and signals, none of its start.

    What only a process of its own shows (closed streams, kills, modules that are loaded or missing) takes
    `mlcap_process`.
    """
    from mlcap.cli.main import main

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True) for _ in range(2)]
    before = signal.getsignal(signal.SIGTERM)
    with ExitStack() as stack:
        for name, stream in zip(("stdout", "stderr"), streams, strict=True):
            stack.enter_context(mock.patch(f"sys.{name}", stream))
            stack.enter_context(mock.patch(f"sys.__{name}__", stream))
        stack.enter_context(mock.patch.dict(os.environ, {k: str(v) for k, v in (env or {}).items()}))
        stack.enter_context(chdir(cwd))
        stack.enter_context(_stdin_of(stdin))
        stack.callback(signal.signal, signal.SIGTERM, before)
        code = main([*map(str, args)])
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    return _checked(Done(code, out, err), check)


def mlcap_process(*args, cwd, stdin=b"", env=None, check=None):
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "mlcap", *map(str, args)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return _checked(Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")), check)


def _checked(done, check):
    assert "Traceback" not in done.err, done.err
    if check is not None:
        assert done.returncode == check, done.err
    return done


def without(module, folder):
    """The environment of a process in which a module cannot be imported."""
    (folder / f"{module}.py").write_text("raise ImportError('not here')\n", "utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def run_examples(test):
    """Run a `doctest.DocTest`; fails with what the examples gave where that is not what they show."""
    said = []
    done = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test, out=said.append)
    assert done.attempted == len(test.examples)
    assert done.failed == 0, "".join(said)


def needs_cluster(name):
    """Skip a test where Spark or Ray is not to be had, with the reason."""
    module = {"spark": "pyspark"}.get(name, name)
    pytest.importorskip(module, reason=f"the extra {name} is not installed")
    if name == "spark" and shutil.which("java") is None:
        pytest.skip("Spark needs a Java runtime, and there is no java")


@pytest.fixture(scope="module")
def browser():
    """A headless browser."""
    from browsers import running_browser

    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A folder with `labels/` of some hundred captions and `models/` trained on them."""
    folder = tmp_path_factory.mktemp("small")
    labels = folder / "labels"
    labels.mkdir()
    write_jsonl(labels / "captions.jsonl", few_records())
    done = mlcap(
        "train", "--labels", labels, "--models", folder / "models", "--folds", "3", "--jobs", "1", cwd=folder, check=0
    )
    assert re.search(r"version 1-[0-9a-f]{8} is current", done.err)
    return folder


@pytest.fixture(scope="session")
def weak(tmp_path_factory):
    """A registry with one version that is trained on very few captions."""
    folder = tmp_path_factory.mktemp("weak")
    (folder / "labels").mkdir()
    write_jsonl(folder / "labels" / "captions.jsonl", few_records(5))
    models = folder / "models"
    mlcap("train", "--labels", "labels", "--models", models, "--folds", "2", "--jobs", "1", cwd=folder, check=0)
    return models


@pytest.fixture(scope="session")
def tagger(small):
    """A tagger with the small model."""
    import mlcap as package

    return package.load(models=str(small / "models"))
