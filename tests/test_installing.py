"""A clean place installs what is shipped: the archive of the sources, and the wheel by pipx."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow
CONSTRAINTS = ROOT / "constraints.txt"


def run(*words, cwd, **env):
    """What a program says, which must go well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLCAP", "PYTHONPATH"))}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env={**environment, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sources_and_wheel_install_in_a_clean_place(tmp_path):
    """The archive holds what a wheel is built of, and the program tags in a folder where nothing of ours lies."""
    run(sys.executable, "-m", "venv", tmp_path / "tools", cwd=tmp_path)
    tools = tmp_path / "tools" / "bin"
    run(tools / "pip", "install", "-q", "hatchling>=1.28", "pipx", cwd=tmp_path)
    run(tools / "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    (sources,) = tmp_path.glob("mlcap-*.tar.gz")
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "sbom.cdx.json", "labels/datapackage.json", "models/registry.json"} <= names
    homes = {name: str(tmp_path / "pipx" / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    run(tools / "pipx", "install", "-q", f"--pip-args=-c {CONSTRAINTS}", sources, cwd=tmp_path, **homes)
    program = tmp_path / "pipx" / "PIPX_BIN_DIR" / "mlcap"
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    said = run(
        program, "tag", "--to", "table", "--text", "A crane lifts the capsule onto the recovery ship.", cwd=fresh
    )
    assert "landing" in said
    assert "is sound" in run(program, "models", "verify", cwd=fresh)
