"""The pages about tools: what they show is what comes of it, in a fresh folder."""

from __future__ import annotations

import doctest
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import ExitStack

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, mlcap, needs_cluster, run_examples

PAGES = ROOT / "docs" / "tools"
#: Those that need no more than the extra `dev`.
FAST = ("data-frames", "duckdb")


def run_page(name):
    """Run every line of Python of a page, in this folder; each gives what the page shows."""
    text = (PAGES / f"{name}.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(code, {}, name, None, 0)
    assert len(test.examples) > 5
    run_examples(test)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A fresh folder with the examples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.parametrize("name", FAST)
def test_a_page_is_as_it_says(name, folder):
    """In data frames and databases within this process; also for who follows it again."""
    run_page(name)
    run_page(name)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_page_on_dask_is_as_it_says(folder):
    """Its data frames on a cluster of two processes, and its commands as they stand."""
    run_page("dask")
    lines = re.findall(r"```sh\n(dask .*?)```", (PAGES / "dask.md").read_text("utf-8"), re.DOTALL)[0].splitlines()
    with ExitStack() as stack:
        for line in lines[:2]:
            program = [sys.executable, "-m", "distributed.cli.dask_" + line.split()[1], *line.split()[2:-1]]
            process = stack.enter_context(subprocess.Popen(program, start_new_session=True))
            stack.callback(os.killpg, process.pid, signal.SIGTERM)
        end = time.monotonic() + 60
        while mlcap(*lines[2].split()[1:], "--resume", cwd=folder).returncode:
            assert time.monotonic() < end
    rows = pq.read_table("my-dask-parts").num_rows
    assert (
        rows
        == pl.read_parquet("my-dask-parts/*.parquet").height
        == pl.read_csv("examples/export.csv", separator=";", skip_rows=1).height
    )
    assert len(duckdb.sql("FROM 'my-dask-parts/*.parquet'").fetchall()) == rows


def test_the_extra_for_spark_brings_pandas():
    """PySpark refuses `mapInArrow` without it, and asks for it in its own extra alone."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(re.match(r"pyspark\[sql\]|pandas\b", needed) for needed in extras["spark"])


@pytest.mark.own_process
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["spark", "ray"])
def test_a_page_on_another_cluster_is_as_it_says(name, folder, request):
    """Where it can be had."""
    needs_cluster(name)
    request.getfixturevalue("monkeypatch").setenv("PYSPARK_PYTHON", sys.executable)
    run_page(name)


def test_what_a_page_writes_is_its_own_and_no_part_of_a_clone():
    """No two pages, nor one and the README, write into one place; git passes over all of them."""
    pages = [ROOT / "README.md", *sorted(PAGES.glob("*.md"))]
    found = [name for page in pages for name in set(re.findall(r"\bmy-[\w.-]*\w", page.read_text("utf-8")))]
    assert len(found) > 10
    assert sorted(found) == sorted(set(found))
    assert "/my-*" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_every_page_is_led_to():
    """By the page that lists them, which the README names."""
    listed = (PAGES / "README.md").read_text("utf-8")
    assert not [p.name for p in PAGES.glob("*.md") if p.name != "README.md" and f"({p.name})" not in listed]
    assert "docs/tools/README.md" in (ROOT / "README.md").read_text("utf-8")
