"""The structure: the order of the packages, and that no two of them import each other in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "mlcap"

#: Packages and top modules in the order in which the data flows; each imports from earlier ones only.
ORDER = (
    "text",
    "errors",
    "bounded_json",
    "bounded_toml",
    "rounding",
    "collecting",
    "logistic",
    "types",
    "taxonomy",
    "files",
    "sqlite_file",
    "interrupts",
    "lexicon",
    "captions",
    "records",
    "labels",
    "features",
    "model",
    "evaluation",
    "training",
    "explanation",
    "photos",
    "report",
    "runs",
    "pinned",
    "frames",
    "duckdb",
    "parts",
    "dask",
    "spark",
    "ray",
    "inbox",
    "pull",
    "review",
    "web",
    "desk",
    "service",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, name in enumerate(ORDER)}


def part_of(path):
    """The package or top module that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(source):
    """The parts of mlcap that a module imports, at its top and within functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mlcap."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("mlcap."))


def wrong_imports(files):
    """Say which of (part, name, source) imports a part that does not stand before its own."""
    return [
        f"{name} ({part}) imports {other}"
        for part, name, source in files
        for other in imports(source)
        if other != part and RANK[other] >= RANK[part]
    ]


def test_every_part_has_its_place():
    """A new part of the package must be given its place here."""
    parts = {part_of(p) for p in PACKAGE.iterdir() if p.name not in ("__pycache__", "py.typed", "schemas")}
    assert parts - {"__init__", "shipped"} == set(RANK)


def test_imports_point_one_way():
    """No part imports a later one, not even within a function; so no two import each other in a circle."""
    files = [(part_of(p), p.name, p.read_text("utf-8")) for p in PACKAGE.rglob("*.py") if part_of(p) != "__init__"]
    assert not wrong_imports(files)


def test_the_check_can_fail():
    """The reader of imports sees what it is meant to see, also within functions."""
    source = "from mlcap.cli.main import main\nimport os\ndef f():\n    import mlcap.model.registry\n"
    assert list(imports(source)) == ["cli", "model"]
    assert wrong_imports([("features", "x.py", source)]) == [
        "x.py (features) imports cli",
        "x.py (features) imports model",
    ]


def test_tagging_imports_no_scikit_learn():
    """What tagging needs names neither scikit-learn nor scipy."""
    for name in ("lexicon", "captions", "labels", "features", "model", "records", "evaluation"):
        for path in (PACKAGE / name).rglob("*.py"):
            assert "sklearn" not in path.read_text("utf-8"), path
