"""Benchmarks that end with what is promised: kept or not, and told by the exit code."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def kept():
    """The module that benchmarks share."""
    spec = importlib.util.spec_from_file_location("kept", BENCHMARKS / "kept.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["kept"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["kept"]


@pytest.mark.parametrize(
    ("loaded", "value", "timed", "code", "word"),
    [
        (False, 1, True, 0, "1 kept, 0 not kept"),
        (False, 3, True, 1, "0 kept, 1 not kept"),
        (True, 3, True, 0, "0 kept, 0 not kept, 1 not judged"),
        (True, 3, False, 1, "0 kept, 1 not kept"),
        (True, 1, True, 0, "1 kept, 0 not kept"),
    ],
)
def test_a_figure_that_is_not_kept_fails_unless_other_work_may_have_made_it(
    kept, capsys, loaded, value, timed, code, word
):
    """Every figure has a line, the last one counts; a loaded machine excuses times alone."""
    promises = kept.Promises(loaded=loaded)
    promises.at_most("seconds", value, 2, timed=timed)
    assert promises.end() == code
    assert word in capsys.readouterr().out.splitlines()[-1]
    promises = kept.Promises(loaded=loaded)
    promises.at_least("draws", -value, -2, timed=timed)
    assert promises.end() == code


@pytest.mark.parametrize("name", ["desk", "adapting", "audit", "service"])
def test_benchmarks_of_promises_end_by_their_exit_code(name):
    """What `main` gives is what the process ends with."""
    tree = ast.parse((BENCHMARKS / f"{name}.py").read_text("utf-8"))
    assert ast.unparse(tree.body[-1]).endswith("sys.exit(main())")
    main = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main")
    assert "promises.end()" in ast.unparse(main)
