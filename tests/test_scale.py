"""A hundred thousand captions by several processes and by a cluster, by the program that measures them: a kill costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT


def scale(*options):
    """What the benchmark says."""
    command = [sys.executable, ROOT / "benchmarks" / "scale.py", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_hundred_thousand_captions():
    """Every row once, in order, with the same tags, after one kill each; and memory does not grow with the archive."""
    said = scale("--count", "100000", "--only", "kills", "cluster")
    assert said.count("100000 rows, every row once, in order, the same tags\n") == 2, said
    memory = re.findall(r"MiB: of the first rows (\d+), of all (\d+)\n", said)
    assert len(memory) == 2, said
    for few, most in memory:
        assert int(most) < 1.3 * int(few) + 30, said


@pytest.mark.slow
def test_the_benchmark_of_scale_runs():
    """The other sections of it, here with next to nothing to measure."""
    said = scale("--count", "600", "--only", "cost", "ways")
    for words in ("cost of a million captions", "on paper, ten million", "tag --on dask, 2", "two workers to one"):
        assert words in said, said
