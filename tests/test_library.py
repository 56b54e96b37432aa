"""The public library: what `mlcap` gives, its examples, its types, and how little it loads."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, run_examples

import mlcap

NAMES = [name for name in mlcap.__all__ if name != "__version__"]
ERRORS = [n for n in NAMES if n.endswith("Error")]
#: Errors that what is public raises; the others are of the command line's parts.
RAISED = ("ArtifactError", "InputError", "LabelError", "MlcapError", "RegistryError", "TaxonomyError", "TrainingError")


def examples_of(name):
    """The examples in the docstring of a public name."""
    return doctest.DocTestParser().get_examples(inspect.getdoc(getattr(mlcap, name)) or "", name)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ERRORS or n in RAISED])
def test_every_public_name_has_an_example_that_runs(name, tmp_path, monkeypatch):
    """With the shipped model, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    found = examples_of(name)
    assert found, f"{name} has no example"
    run_examples(doctest.DocTest(found, {"mlcap": mlcap, "json": json, "Path": Path}, name, None, 0, None))


def test_the_first_example_of_the_package_runs():
    """The docstring of `mlcap` itself."""
    run_examples(doctest.DocTestParser().get_doctest(mlcap.__doc__, {}, "mlcap", None, 0))


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_of_one_family(name):
    """Whoever catches `MlcapError` catches all of them."""
    assert issubclass(getattr(mlcap, name), mlcap.MlcapError)
    assert getattr(mlcap, name) is getattr(mlcap.errors, name)


def test_no_error_is_forgotten():
    """Each error of `mlcap.errors` is public."""
    assert {n for n, v in vars(mlcap.errors).items() if inspect.isclass(v)} == set(ERRORS)


def test_names_are_listed_once():
    """What is loaded late is what type checkers see, and all of it is in `__all__`, in order."""
    late = [name for names in mlcap._LAZY.values() for name in names]
    tree = ast.parse((ROOT / "mlcap" / "__init__.py").read_text("utf-8"))
    (checking,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    seen = {(node.module, alias.name) for node in checking.body for alias in node.names if alias.name != "Path"}
    assert seen == {(module, name) for module, names in mlcap._LAZY.items() for name in names}
    assert sorted([*late, *ERRORS, "load", "__version__"]) == sorted(mlcap.__all__) == mlcap.__all__
    assert set(mlcap.__all__) <= set(dir(mlcap))


def test_a_name_that_is_not_there_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        mlcap.lod  # noqa: B018


@pytest.mark.parametrize(
    ("code", "left_out"),
    [
        ("import mlcap", ("numpy", "sklearn", "scipy", "click", "mlcap.model", "mlcap.lexicon")),
        ("import mlcap; mlcap.load().tag_one('A crane waits.')", ("sklearn", "scipy", "joblib", "click")),
        ("import mlcap; mlcap.explain(mlcap.load(), 'A crane waits.')", ("sklearn", "scipy", "joblib", "click")),
    ],
)
def test_only_what_is_used_is_loaded(code, left_out):
    """Importing loads next to nothing, tagging and explaining nothing of scikit-learn."""
    check = f"{code}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = done.stdout.split()
    assert not [m for m in loaded if m in left_out or m.partition(".")[0] in left_out]


@pytest.mark.slow
def test_a_type_checker_sees_the_types(tmp_path):
    """Results have their types, and names that are none are found."""
    path = tmp_path / "use.py"
    path.write_text(
        "import mlcap\n"
        "tagged = mlcap.load().tag_one('A crane waits.')\n"
        "event: str | None = tagged.event\n"
        "roles: tuple[str, ...] = tagged.facets['crew_role'].values\n"
        "sure: float = tagged.facets['event'].probability\n"
        "push: float = mlcap.explain(mlcap.load(), 'x').facets['event'].ranked[0].contributions[0].push\n"
        "wrong: int = tagged.event\n"
        "mlcap.lod()\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    faults = [line for line in done.stdout.splitlines() if "error" in line and line.startswith(str(path.name))]
    assert len(faults) == 2, done.stdout
    assert ":7:" in faults[0]
    assert ":8:" in faults[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("A crane waits.", "a list of texts, not one str; for one caption use tag_one"),
        (7, "a list of texts, not one int"),
        (pd.DataFrame({"text": ["A crane."], "id": [1]}), "of a table give the column"),
        (["A crane.", None], r"caption 1 \(counted from 0\) is missing \(None"),
        (
            pd.Series(["A."] * 70 + [float("nan")]),
            r"caption 70 \(counted from 0\) is missing \(nan.*leave such rows out",
        ),
        (pd.array(["A crane.", pd.NA], dtype="string"), "caption 1 .* is missing"),
        ([b"A crane."], "caption 0 .* must be a text, not bytes"),
    ],
)
def test_what_is_no_caption_is_named_with_its_place(given, said):
    """Tagging says which of the captions is none, and what to do with it."""
    with pytest.raises(mlcap.InputError, match=said):
        mlcap.load().tag(given)


def test_what_stands_beside_captions_is_given_as_data_frames_have_it():
    """Empty cells are none, and numbers texts; what is no mapping, and a number of them that does not fit, is refused."""
    tagger, text = mlcap.load(), "A crane waits."
    row = {"nasa_id": "S106-E-5015", "title": float("nan"), "keywords": ["crane", "pad"], "center": None}
    same = {"nasa_id": "S106-E-5015", "keywords": "crane; pad"}
    assert tagger.tag([text], [row]) == tagger.tag([text], [same])
    assert mlcap.explain(tagger, text, row).tagged == mlcap.explain(tagger, text, same).tagged
    assert tagger.tag([text], [None]) == tagger.tag([text])
    for count in (1, 3):
        with pytest.raises(mlcap.InputError, match="must be equally many"):
            tagger.tag([text] * 2, [{}] * count)
    with pytest.raises(mlcap.InputError, match=r"beside caption 0 \(counted from 0\) must be a mapping .*, not str"):
        tagger.tag([text], pd.DataFrame({"title": ["x"]}))


def test_a_version_is_named_by_its_number_as_well():
    """As text or as a number."""
    number = int(mlcap.load().version.split("-")[0])
    assert mlcap.load(number).version == mlcap.load(str(number)).version
    with pytest.raises(mlcap.RegistryError, match=r"'0'|version 0"):
        mlcap.load(0)
