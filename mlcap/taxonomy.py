"""The taxonomy: which facets there are and which values each may take, read from `taxonomy.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcap.errors import LabelError, TaxonomyError
from mlcap.types import Facet, FacetValue, Value

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: Fields of an output record that no facet may be named after.
RESERVED = frozenset(
    "id nasa_id text caption description input needs_review review_reasons model error position mission".split()
)


def read_taxonomy(path: Path) -> tuple[Facet, ...]:
    """Read `taxonomy.toml`.

    Raises:
        TaxonomyError: the file is missing, is no TOML, or a facet or value is malformed.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TaxonomyError(
            f"{path}: cannot be read ({error.strerror}); a labels folder needs a taxonomy.toml"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: is no valid TOML: {error}") from error
    return parse_facets(data.get("facet"), str(path))


def parse_facets(data: Any, where: str) -> tuple[Facet, ...]:
    """Check and build facets from `{name: {multiple, definition, value: [{name, definition, ...}]}}`.

    Raises:
        TaxonomyError: something is missing, misspelled, of the wrong type or named twice.
    """
    if not isinstance(data, Mapping) or not data:
        raise TaxonomyError(f"{where}: names no facet; write at least one [facet.NAME] with its values")
    facets = tuple(_facet(name, body, where) for name, body in data.items())
    shared = [name for f in facets if f.multiple for name in f.names]
    twice = next((name for name in shared if shared.count(name) > 1), None)
    if twice is not None:
        raise TaxonomyError(
            f"{where}: two multi-valued facets have a value {twice}; its mentions could not be told apart, rename one"
        )
    return facets


def _facet(name: Any, body: Any, where: str) -> Facet:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in RESERVED or name.endswith("_confidence"):
        raise TaxonomyError(
            f"{where}: {name!r} cannot name a facet; use lower-case letters, figures, - and _, nothing that ends in _confidence, and none of {', '.join(sorted(RESERVED))}"
        )
    if not isinstance(body, Mapping) or not isinstance(body.get("multiple"), bool):
        raise TaxonomyError(f"{where}: facet {name} must say multiple = true or multiple = false")
    rows = body.get("value")
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        raise TaxonomyError(f"{where}: facet {name} has no values; write [[facet.{name}.value]] entries")
    values = tuple(_value(name, row, where) for row in rows)
    names = [v.name for v in values]
    if len(set(names)) < len(names):
        raise TaxonomyError(f"{where}: facet {name} names a value twice")
    if not body["multiple"] and len(names) < 2:
        raise TaxonomyError(f"{where}: facet {name} takes exactly one value, so it needs at least two to choose from")
    return Facet(name, body["multiple"], str(body.get("definition", "")), values)


def _value(facet: str, row: Any, where: str) -> Value:
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str) or not _NAME.fullmatch(row["name"]):
        raise TaxonomyError(f"{where}: a value of facet {facet} has no name of lower-case letters, figures, - and _")
    words = row.get("words", [])
    if not isinstance(words, list) or not all(isinstance(w, str) and w.strip() for w in words):
        raise TaxonomyError(f"{where}: words of {facet} {row['name']} must be a list of texts")
    return Value(row["name"], str(row.get("definition", "")), str(row.get("thesaurus", "")), tuple(words))


def check_label(facet: Facet, label: Any) -> FacetValue:
    """Check one label against its facet and give it in canonical form.

    Raises:
        LabelError: it is no value of the facet, or a list where one value is wanted, or the reverse.
    """
    allowed = ", ".join(facet.names)
    if not facet.multiple:
        if not isinstance(label, str) or label not in facet.names:
            raise LabelError(f"{facet.name} {label!r} is not one of {allowed}")
        return label
    if isinstance(label, str) or not isinstance(label, Sequence):
        raise LabelError(f"{facet.name} must be a list of any of {allowed}, not {label!r}")
    odd = [v for v in label if v not in facet.names]
    if odd:
        raise LabelError(f"{facet.name} {odd[0]!r} is not one of {allowed}")
    return tuple(name for name in facet.names if name in label)


def extra_words(facets: Sequence[Facet]) -> dict[str, re.Pattern[str]]:
    """Give a pattern for every value for which the taxonomy names further words."""
    return {
        value.name: re.compile(
            r"\b(?:" + "|".join(re.escape(w) for w in sorted(value.words, key=len, reverse=True)) + r")(?:e?s)?\b",
            re.IGNORECASE,
        )
        for facet in facets
        for value in facet.values
        if value.words
    }


def facets_as_data(facets: Sequence[Facet]) -> dict[str, Any]:
    """Give facets in the shape that `parse_facets` reads."""
    return {
        f.name: {
            "multiple": f.multiple,
            "definition": f.definition,
            "value": [
                {"name": v.name, "definition": v.definition, "thesaurus": v.thesaurus, "words": list(v.words)}
                for v in f.values
            ],
        }
        for f in facets
    }
