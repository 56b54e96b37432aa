"""Kills at random moments, by the program that measures them: nothing lost, doubled or left behind."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tag", "watch"])
def test_twenty_kills(kind):
    """A short round of the benchmark, whose long round stands in a decision record."""
    command = [sys.executable, ROOT / "benchmarks" / "kills.py", "--kills", "20", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(rf"{kind}: (\d+) kills, \d+ ends: 0 lost, 0 doubled, 0 left behind .*\n", done.stdout)
    assert found
    assert int(found[1]) >= 20
