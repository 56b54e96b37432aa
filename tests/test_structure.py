"""The structure: imports point one way only."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "mlcap"

#: Layers in the order in which the data flows; a module imports from its own or an earlier layer only.
LAYERS = (
    ("errors", "types", "codes"),
    ("files",),
    ("captions",),
    ("labels",),
    ("features",),
    ("pipeline",),
    ("review",),
    ("evaluation",),
    ("artifact",),
    ("training",),
    ("registry",),
    ("tagging", "records", "photos"),
    ("explanation",),
    ("inspection",),
    ("report",),
    ("runs",),
    ("pull", "inbox"),
    ("promotion", "places"),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def imports(path):
    """The mlcap modules that a file imports at its top."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mlcap."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("mlcap."))


def test_every_part_has_its_layer():
    """A new part of the package must be given its place here."""
    parts = {
        p.stem if p.suffix == ".py" else p.name for p in PACKAGE.iterdir() if p.name not in ("__pycache__", "py.typed")
    }
    assert parts - {"__init__", "shipped"} == set(RANK)


def test_imports_point_one_way():
    """No module imports from a later layer."""
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        wrong += [f"{path.name} ({part}) imports {other}" for other in imports(path) if RANK[other] > RANK[part]]
    assert not wrong


def test_the_check_can_fail(tmp_path):
    """The reader of imports sees what it is meant to see."""
    path = tmp_path / "x.py"
    path.write_text("from mlcap.cli.main import main\nimport mlcap.registry\nimport os\n")
    assert list(imports(path)) == ["cli", "registry"]


def test_tagging_imports_no_scikit_learn():
    """What tagging needs names neither scikit-learn nor scipy at its top."""
    for name in ("codes", "captions", "labels", "features", "artifact", "records", "evaluation"):
        for path in (PACKAGE / name).rglob("*.py"):
            assert "sklearn" not in path.read_text("utf-8"), path
