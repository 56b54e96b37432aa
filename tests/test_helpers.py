"""The helpers of the tests do what they say, and can fail."""

from __future__ import annotations

import doctest
import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import mlcap, mlcap_process, run_examples, without


@pytest.mark.parametrize(
    ("args", "stdin", "code"),
    [
        (("tag", "--text", "A crane waits."), b"", 0),
        (("tag", "--to", "csv"), "Divers wave \u2013 \u0437\u0434\u0435\u0441\u044c.\n\nA crane waits.\n".encode(), 0),
        (("tag", "gone.txt"), b"", 2),
        (("nonsense",), b"", 2),
        (("models", "show", "--models", "gone"), b"", 4),
    ],
    ids=("text", "stdin", "missing file", "no command", "no models"),
)
def test_within_this_process_a_command_does_what_it_does_in_its_own(small, tmp_path, args, stdin, code):
    """Exit code, output and talk are the same, to the byte."""
    here = {"cwd": tmp_path, "stdin": stdin, "env": {"MLCAP_MODELS": str(small / "models")}, "check": code}
    assert mlcap(*args, **here) == mlcap_process(*args, **here)


def test_a_command_within_this_process_leaves_it_as_it_was(small, tmp_path):
    """Streams, folder, environment and signals are those of before, also after an error."""

    def state():
        names = ("stdin", "stdout", "stderr", "__stdout__", "__stderr__")
        return [getattr(sys, n) for n in names], Path.cwd(), dict(os.environ), signal.getsignal(signal.SIGTERM)

    before = state()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("A crane waits.")
    watch = ("watch", "in", "--out", "out", "--once", "--every", "0.05", "--settle", "0")
    assert mlcap(*watch, cwd=tmp_path, env={"MLCAP_MODELS": small / "models"}, check=0).err
    assert mlcap("tag", "gone.txt", "--models", small / "models", cwd=tmp_path).returncode == 2
    assert state() == before


def test_an_unexpected_exit_code_fails():
    """The check of the exit code can fail."""
    with pytest.raises(AssertionError, match="nonsense"):
        mlcap("nonsense", cwd="/", check=0)


def test_a_module_is_missing_where_it_should_be(small, tmp_path):
    """Without Jinja2 a process finds none, and mlcap all the same."""
    env = {"MLCAP_MODELS": str(small / "models"), **without("jinja2", tmp_path)}
    done = mlcap_process("explain", "--text", "A crane waits.", "--to", "html", cwd=tmp_path, env=env)
    assert "mlcap[report]" in done.err


@pytest.mark.parametrize("wrong", [">>> 1 + 1\n3\n", ">>> 1 / 0\n", ">>> 1 + 1\n2\n>>> 1 +\n"])
def test_an_example_that_is_wrong_fails(wrong):
    """By what it gives, by an error, and by being no Python."""
    run_examples(doctest.DocTestParser().get_doctest(">>> 1 + 1\n2\n", {}, "right", None, 0))
    with pytest.raises(AssertionError, match="Failed example"):
        run_examples(doctest.DocTestParser().get_doctest(wrong, {}, "wrong", None, 0))
