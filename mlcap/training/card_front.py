"""The front matter of a model card, by which hubs of models list it (YAML, as Hugging Face has it)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlcap.evaluation.metrics import average_f1
from mlcap.rounding import rounded
from mlcap.types import Facet

#: Slices whose metrics are told, the most telling first; the first that there is counts.
_TOLD = ("library, random sample", "library", "all")


def front_lines(facets: Sequence[Facet], slices: Mapping[str, Mapping[str, Any]], spaceflight: bool) -> list[str]:
    """The front matter, with the lines that begin and end it.

    Args:
        slices: out-of-fold metrics, as a manifest has them.
        spaceflight: whether the version is trained on the labels that come with mlcap; what others may be used for is
            for their owners to say.
    """
    data: dict[str, Any] = {"language": ["en"]}
    if spaceflight:
        data |= {"license": ["apache-2.0", "cc-by-4.0"]}
    data |= {"library_name": "mlcap", "pipeline_tag": "text-classification"}
    data |= {"tags": ["captions", "photographs", "archives", *(["human-spaceflight"] if spaceflight else [])]}
    name = next((name for name in _TOLD if name in slices), None)
    results = [] if name is None else [r for f in facets for r in _results(f, name, slices[name])]
    if results:
        data["model-index"] = [{"name": "mlcap", "results": results}]
    # JSON is YAML, whatever stands in a name.
    return ["---", *(f"{key}: {json.dumps(value)}" for key, value in data.items()), "---", ""]


def _results(facet: Facet, name: str, part: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metrics of a facet, for an index of models."""
    metrics = part["facets"].get(facet.name) or {}
    told = [(kind, metrics.get(kind)) for kind in (average_f1(facet), "accuracy")]
    rows = [{"type": "f1" if "f1" in k else k, "name": k, "value": rounded(v)} for k, v in told if v is not None]
    task = {"type": "text-classification", "name": facet.name}
    dataset = {"type": "captions", "name": f"{name}, cross-validation grouped by mission"}
    return [{"task": task, "dataset": dataset, "metrics": rows}] if rows else []
