"""What describes mlcap and its labels for other programs is of what there is, and sound by the rules of its form."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile

import pytest
from conftest import LABELS, ROOT
from descriptions import _CORPUS, CROISSANT, DATA_PACKAGE, SBOM, croissant, data_package, sbom, text_of

MADE = {SBOM: sbom, DATA_PACKAGE: data_package, CROISSANT: croissant}


@pytest.mark.parametrize("path", MADE, ids=lambda p: p.name)
def test_descriptions_are_of_what_there_is(path):
    """Each file is what `descriptions.py` makes; MLCAP_GOLDEN=1 writes them anew."""
    text = text_of(MADE[path]())
    if os.environ.get("MLCAP_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_columns_are_described():
    """Every column of every table, and every member of a composed caption, and no other."""
    resources = {r["path"]: r for r in data_package()["resources"]}
    for path in LABELS.glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        assert [f["name"] for f in resources[path.name]["schema"]["fields"]] == header
    found = set()
    for path in (LABELS / "corpus").glob("*.jsonl"):
        assert f"corpus/{path.name}" in resources
        with open(path, encoding="utf-8") as stream:
            found.update(json.loads(next(stream)))
    assert found <= _CORPUS.keys()


@pytest.mark.slow
def test_the_bill_of_materials_is_sound():
    """By the JSON Schema of CycloneDX."""
    pytest.importorskip("cyclonedx", reason="the extra descriptions is not installed")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(SBOM.read_text("utf-8")) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_data_package_is_sound():
    """Its form, and every row of the tables by their schemas."""
    frictionless = pytest.importorskip("frictionless", reason="the extra descriptions is not installed")
    report = frictionless.validate(str(DATA_PACKAGE))
    assert report.valid, report.to_summary()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_croissant_is_sound():
    """By the library of its makers, without an error or a warning."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="the extra descriptions is not installed")
    dataset = mlcroissant.Dataset(jsonld=str(CROISSANT))
    assert not list(dataset.metadata.ctx.issues.errors)


@pytest.mark.slow
def test_a_wheel_carries_its_bill_of_materials(tmp_path):
    """Where Python's packages have it (PEP 770), with the schemas, and without the labels' descriptions."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (bill,) = (name for name in names if ".dist-info/sboms/" in name)
        assert archive.read(bill).decode() == SBOM.read_text("utf-8")
    assert "mlcap/model/arrow-tags-1.json" in names
    assert not any("datapackage" in name for name in names)
