"""The values of facets as the entities of the reconciliation interface, and what can be told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.records.names import CATALOGUE
from mlcap.types import Facet, Value

#: What can be told of a concept: property -> its name.
PROPERTIES = {
    "name": "Name",
    "facet": "Facet",
    "definition": "Definition",
    "thesaurus": "Term of the NASA Thesaurus",
    "exact_match": "Exact matches",
    "close_match": "Close matches",
}
#: What may be told of a caption beside its text: the bibliographic fields of its record.
OF_CAPTION = {name: name.replace("_", " ") for name in CATALOGUE}


@dataclass(frozen=True)
class Concept:
    """A value of a facet."""

    facet: Facet
    value: Value

    @property
    def iri(self) -> str:
        """What identifies it."""
        return self.facet.iri(self.value.name)

    def told(self, name: str) -> list[str]:
        """What a property of it holds, [] for nothing."""
        found = {
            "name": [self.value.name],
            "facet": [self.facet.name],
            "definition": [self.value.definition],
            "thesaurus": [self.value.thesaurus],
            "exact_match": list(self.value.exact_match),
            "close_match": list(self.value.close_match),
        }[name]
        return [text for text in found if text]

    def suggested(self) -> dict[str, Any]:
        """It as a suggestion."""
        return {
            "id": self.iri,
            "name": self.value.name,
            "description": self.value.definition,
            "notable": [type_of(self.facet)],
        }


def type_of(facet: Facet) -> dict[str, str]:
    """A facet as a type."""
    return {"id": facet.name, "name": facet.name.replace("_", " ")}


def concepts_of(facets: Sequence[Facet]) -> dict[str, Concept]:
    """Every value by its IRI, in order."""
    return {facet.iri(value.name): Concept(facet, value) for facet in facets for value in facet.values}


def starting(prefix: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows whose name or one of its words, or id begins so; all of them for nothing."""
    wanted = prefix.strip().casefold()

    def begins(row: dict[str, Any]) -> bool:
        name = row["name"].casefold().replace("-", " ").replace("_", " ")
        starts = (name, row["id"].casefold(), row["name"].casefold(), *name.split())
        return any(start.startswith(wanted) for start in starts)

    return [row for row in rows if begins(row)]
