"""What must stand once: each of these is written in one module, so that two of them cannot drift apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mlcap"

#: Concept -> (a line that only its definition holds, the module that holds it).
ONCE = {
    "characters that steer a terminal are taken out": (r"\bc if c\.isprintable\(\)", "text.py"),
    "a model version is opened for tagging": (r"\.load\(model\)|Tagger\(artifact, str\(number\)\)", "model/opening.py"),
    "a label is doubted": (r"class \w*(Doubt|Suspect)\w*\b", "evaluation/doubts.py"),
    "a cell of the confusion": (r"class \w*ConfusionCell\b|\bclass Cell\b", "evaluation/confusion.py"),
    "a point of a learning curve": (r"class (Curve)?Point\b", "evaluation/curve.py"),
    "a matrix in the terminal": (r"rows: labelled, columns: given", "cli/matrix.py"),
    "figures are rounded for JSON": (r"\bround\([^\n]*, (4|DECIMALS)\)", "rounding.py"),
    "the average F1 of a facet": (r"def average_f1\b", "evaluation/metrics.py"),
    "true positives and the rest of a value": (r"class ValueCounts\b|class ValueRow\b", "evaluation/confusion.py"),
    "the held-out missions of a manifest": (r"def held_out\(", "model/manifest.py"),
    "the option --model": (r'"--model",', "cli/options.py"),
    "the option --captions": (r'"--captions",\s*"stores"', "cli/options.py"),
    "the option --column": (
        r'"--column",\s*"columns",\s*multiple=True,',
        "cli/options.py",
    ),
}


@pytest.mark.parametrize("concept", ONCE)
def test_it_stands_in_one_module(concept):
    """The line is found in its module and in no other."""
    line, module = ONCE[concept]
    found = [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if re.search(line, p.read_text("utf-8"))]
    assert found == [module]
