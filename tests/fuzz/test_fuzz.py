"""A short round of changed inputs with every run of the tests, ten minutes of it in the slow ones; hypothesis makes faults small."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from conftest import ROOT
from fuzz import Round, made_seeds
from hypothesis import HealthCheck, given, settings
from inputs import DAMAGE, DRAWN, EDITS, LONGEST, Case, Maker, cases, read_seeds
from targets import READ, WEIGHTS, Targets

from mlcap.errors import MlcapError

SEEDS = [*read_seeds(), *made_seeds()]


@pytest.fixture
def targets(tagger, tmp_path):
    """What tries inputs."""
    return Targets(tagger, tmp_path)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_every_seed_is_read_or_refused(targets, seed):
    """As it is, and where it was found to break something, it does so no more; whatever way the numbers choose."""
    for choice in range(0, 4000, 131):
        targets.try_(Case(seed.kind, seed.name, seed.data.decode("utf-8", "replace"), seed.data, choice))


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(cases(Maker(SEEDS, WEIGHTS)))
def test_changed_inputs_are_read_or_refused(targets, case):
    """A few hundred; a fault is made as small as it can be."""
    targets.try_(case)


def test_a_round_counts_what_it_tried(targets, monkeypatch):
    """Every kind of input comes up, most of all captions, and what is tried is as drawn: the same number, the same inputs."""
    import fuzz

    # What other tests have taken in this process is none of these inputs' doing.
    monkeypatch.setattr(fuzz, "MOST_BYTES", fuzz.peak() + 200_000_000)
    round_ = Round(targets, read_seeds())
    round_.run(600, 3)
    figures = round_.figures()
    assert figures["inputs"] == 600
    assert figures["faults"] == []
    assert {"caption", "csv", "jsonl", "json"} <= {name.split()[0] for name in figures["counts"]}
    again = Round(targets, read_seeds())
    again.run(600, 3)
    assert again.figures()["counts"] == figures["counts"]


def test_a_round_can_fail(targets, monkeypatch):
    """What is no error of mlcap's own is a fault, and so is an error of two lines."""

    class TwoLinesError(MlcapError):
        def __str__(self):
            return "one\ntwo"

    for error in (ValueError("x"), TwoLinesError()):

        def broken(case, error=error):
            raise error

        monkeypatch.setattr(targets, "_read", broken)
        round_ = Round(targets, [s for s in read_seeds() if s.kind == "csv"])
        round_.run(300, 1)
        assert round_.faults
        assert type(error).__name__.replace("TwoLinesError", "AssertionError") in round_.faults[0]["what"]


def test_what_takes_too_long_or_too_much_is_a_fault(targets, monkeypatch):
    """An input that hangs is given up on; time and memory are held against their bounds."""
    import fuzz

    def hang(case):
        while True:
            pass

    monkeypatch.setattr(targets, "_read", hang)
    monkeypatch.setattr(fuzz, "GIVEN_UP", 0.05)
    monkeypatch.setattr(fuzz, "MOST_SECONDS", 0.01)
    monkeypatch.setattr(fuzz, "MOST_BYTES", 1)
    monkeypatch.setattr(fuzz, "MOST_FAULTS", 3)
    before = signal.signal(signal.SIGPROF, fuzz.over)
    try:
        round_ = Round(targets, [s for s in read_seeds() if s.kind == "csv"])
        round_.run(400, 1)
    finally:
        signal.signal(signal.SIGPROF, before)
    said = " ".join(fault["what"] for fault in round_.faults)
    assert "HangError" in said
    assert "s of CPU" in said
    monkeypatch.setattr(targets, "_read", lambda _: None)
    round_ = Round(targets, [s for s in read_seeds() if s.kind == "csv"])
    round_.run(400, 1)
    assert "memory" in round_.faults[0]["what"]


def test_the_inputs_are_bounded_and_of_every_form():
    """None is longer than is promised for; every form that `tag` reads has seeds, and every edit and damage does something."""
    maker = Maker(SEEDS, WEIGHTS)
    for number in range(0, 1 << 16, 97):
        case = maker.case(number.to_bytes(2, "little") * (DRAWN // 2))
        assert len(case.text) <= LONGEST
    assert set(READ) <= {seed.kind for seed in SEEDS}
    assert all(any(edit("Bo Ek waves.", w, 1, "zz") != "Bo Ek waves." for w in range(9)) for edit in EDITS)
    assert all(any(harm(b"Bo Ek", w, 3) != b"Bo Ek" for w in range(9)) for harm in DAMAGE)


@pytest.mark.slow
def test_ten_minutes(small):
    """A longer round in two processes by the program that measures; the whole stands in a decision record."""
    command = [sys.executable, ROOT / "tests" / "fuzz" / "fuzz.py", "--seconds", "600", "--seed", "2"]
    done = subprocess.run([*command, "--models", small / "models"], capture_output=True, text=True, check=False)
    figures = json.loads(done.stdout)
    assert figures["faults"] == []
    assert done.returncode == 0
    assert figures["inputs"] > 20_000
    assert figures["slowest"][0] < 2
    assert figures["peak_mb"] < 400
