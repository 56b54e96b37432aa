"""What the documents say is run: README examples, exit codes, links."""

from __future__ import annotations

import ast
import csv
import importlib
import json
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
from conftest import LABELS, ROOT, few_records, mlcap

import mlcap as mlcap_package

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    """The code blocks of one language in the README."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_readme_python_example_runs(capsys, tmp_path, monkeypatch):
    """The Python example runs as it stands, with the shipped model, on somebody's own table; it has some ten lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-labels").mkdir()
    rows = [{**r, "crew_role": ";".join(r["crew_role"])} for r in few_records(6)]
    with open("my-labels/captions.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("id", "text", "event", "crew_role", "mission"), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    (code,) = blocks("python")
    names = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("(Contribution(block=")
    assert 0 <= float(said[1]) <= 1
    assert mlcap_package.load(models="my-models").version == said[2]
    assert list(names["table"]["tag"]) == [t.event for t in mlcap_package.load().tag(r["text"] for r in rows)]
    assert len([line for line in code.splitlines() if line]) <= 12


@pytest.mark.parametrize(
    "line",
    [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mlcap ") and "my-" not in line],
)
def test_readme_commands_run(line, tmp_path):
    """Each mlcap command of the README runs on files of the names it uses."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "captions.jsonl").write_bytes((ROOT / "examples" / "incoming.jsonl").read_bytes().rsplit(b"{", 1)[0])
    tagged = {"id": "1", "text": "A crane waits.", "event": "launch", "crew_role": ""}
    if "-o tagged.csv" not in line:
        (tmp_path / "tagged.csv").write_text("\n".join([",".join(tagged), ",".join(tagged.values())]), "utf-8")
    (tmp_path / "export.csv").write_text("Id,Description\n1,A crane waits.\n", "utf-8")
    words = shlex.split(line.partition(">")[0])[1:]
    assert mlcap(*words, cwd=tmp_path).returncode == 0


def test_an_export_goes_there_and_back(tmp_path):
    """An archive's table comes back row by row with its columns and tags, and mended it is labels."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    section = README.partition("### From a spreadsheet or DAM export to tags, and back into the DAM")[2].partition(
        "### "
    )[0]
    tag, evaluate = (shlex.split(line)[1:] for line in section.splitlines() if line.startswith("mlcap "))
    mlcap(*tag, cwd=tmp_path, check=0)
    with open(tmp_path / "tagged.csv", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lines = (ROOT / "examples" / "export.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [list(row)[:4] for row in rows] == [lines[0].split(";")] * 3
    assert [row["Asset ID"] for row in rows] == [line.partition(";")[0] for line in lines[1:]]
    rows[0]["event"], rows[0]["crew_role"] = "training", "Commander; pilot"
    with open(tmp_path / "tagged.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    found = json.loads(mlcap(*evaluate, "--json", cwd=tmp_path, check=0).out)
    assert found["captions"] == 3


def test_documented_exit_codes_are_the_ones_in_code():
    """The README and `--help` name every exit code."""
    from mlcap.cli import errors

    help_text = mlcap("--help", cwd=ROOT, check=0).out
    for name in ("USAGE", "SOME_FAILED", "MODEL", "REFUSED", "OUTPUT", "INTERNAL", "INTERRUPTED"):
        code = getattr(errors, name)
        assert re.search(rf"\b{code}\b", README), name
        assert re.search(rf"\b{code}\b", help_text), name


def test_local_links_lead_somewhere():
    """No document links to a file that is not there."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *LABELS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_licences_are_named_wherever_they_are_looked_for(small):
    """Both licences lie beside what they cover, in full, and are named in the README, the package and the model card."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0 AND CC-BY-4.0"
    card = (small / "models" / "1" / "card.md").read_text("utf-8")
    for file, name, last, spdx in (
        ("LICENSE", "Apache License", "END OF TERMS AND CONDITIONS", "Apache-2.0"),
        ("labels/LICENSE", "Creative Commons Attribution 4.0 International", "Section 8", "CC-BY-4.0"),
    ):
        text = (ROOT / file).read_text("utf-8")
        assert name in text
        assert last in text
        assert file in project["license-files"]
        assert f"]({file})" in README
        assert spdx in card


def test_examples_are_not_in_the_corpus():
    """The captions of `examples/` train nothing."""
    corpus = {
        json.loads(line)["text"]
        for p in (LABELS / "corpus").glob("*.jsonl")
        for line in p.read_text("utf-8").splitlines()
    }
    for path in (p for p in (ROOT / "examples").rglob("*") if p.is_file() and p.suffix != ".pyc"):
        text = path.read_text("utf-8")
        assert not any(c in text for c in corpus)


@pytest.mark.slow
def test_the_benchmark_of_tagging_runs():
    """Every section of it runs, here with next to nothing to measure."""
    small = ("--count", "20", "--rounds", "1", "--most", "200", "--kind", "dots")
    command = [sys.executable, ROOT / "benchmarks" / "throughput.py", *small]
    out = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True).stdout
    for words in ("before WORKTREE given", "pipelines", "captions/s", "natural text", "MiB", "jobs"):
        assert words in out, out


def imports_of(path):
    """(module, name) of all that a file takes from mlcap, also within its functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "mlcap":
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda p: p.stem)
def test_benchmarks_take_what_there_is(path):
    """What a benchmark takes from mlcap is there, so that renaming breaks none unseen."""
    for module, name in imports_of(path):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}"), (module, name)


def test_threats_and_security_name_what_is_there():
    """Each leads to the other, and every file that is said to try something exists."""
    security, threats = (ROOT / "SECURITY.md").read_text("utf-8"), (ROOT / "docs" / "THREATS.md").read_text("utf-8")
    assert "docs/THREATS.md" in security
    assert "SECURITY.md" in threats
    assert "SECURITY.md" in README
    named = re.findall(
        r"`((?:tests|benchmarks)/[^` ]+)[^`]*`|`python ((?:tests|benchmarks)/[^` ]+)[^`]*`", security + threats
    )
    paths = {first or second for first, second in named}
    assert len(paths) > 15
    assert not [path for path in paths if not (ROOT / path).exists()]
