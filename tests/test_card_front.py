"""The front matter of a model card is YAML that hubs read, and tells the metrics of the manifest."""

from __future__ import annotations

import json

import pytest

from mlcap.training.card_front import front_lines
from mlcap.types import Facet, Value


def parsed(text):
    """The front matter of a card, and what comes behind it."""
    yaml = pytest.importorskip("yaml")
    begin, front, rest = text.split("---\n", 2)
    assert not begin
    return yaml.safe_load(front), rest


def test_a_trained_version_has_front_matter(small):
    """Before its card, with metrics that stand in the manifest."""
    data, rest = parsed((small / "models" / "1" / "card.md").read_text("utf-8"))
    assert rest.lstrip().startswith("# Model card")
    manifest = json.loads((small / "models" / "1" / "manifest.json").read_text("utf-8"))
    assert (data["language"], data["library_name"]) == (["en"], "mlcap")
    ((index),) = data["model-index"]
    given = {r["task"]["name"]: {m["name"]: m["value"] for m in r["metrics"]} for r in index["results"]}
    metrics = manifest["cross_validation"]["all"]["facets"]
    assert given["event"]["accuracy"] == pytest.approx(metrics["event"]["accuracy"], abs=1e-4)
    assert set(given) == {"event", "crew_role"}


def test_what_others_train_has_no_licence_of_ours():
    """Whatever their facets are called, it stays YAML; without metrics there is no index."""
    facet = Facet('a: "b" #', multiple=True, definition="", values=(Value("x", ""),))
    data, _ = parsed("\n".join([*front_lines([facet], {}, spaceflight=False), ""]))
    assert "license" not in data
    assert "model-index" not in data
    part = {"facets": {facet.name: {"micro_f1": 0.51239, "accuracy": None}}}
    data, _ = parsed("\n".join([*front_lines([facet], {"all": part}, spaceflight=True), ""]))
    ((result),) = data["model-index"][0]["results"]
    assert result["task"]["name"] == facet.name
    assert result["metrics"] == [{"type": "f1", "name": "micro_f1", "value": 0.5124}]
    assert data["license"] == ["apache-2.0", "cc-by-4.0"]
