"""Kills at random moments, by the program that measures them: nothing lost, doubled or left behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

#: A hundred kills in all; the long round of a thousand stands in a decision record.
KILLS = {"tag": 22, "watch": 22, "train": 12, "promote": 14, "adapt": 6, "apply": 12, "undo": 12}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KILLS)
def test_a_hundred_kills(kind):
    """A short round of the benchmark."""
    if kind in ("apply", "undo") and shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    command = [sys.executable, ROOT / "benchmarks" / "kills.py", "--kills", str(KILLS[kind]), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(rf"{kind}: (\d+) kills, \d+ ends: 0 lost, 0 doubled, 0 left behind .*\n", done.stdout)
    assert found, done.stdout + done.stderr
    assert int(found[1]) >= KILLS[kind]
