"""The taxonomy: which facets there are and which values each may take, read from `taxonomy.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mlcap.bounded_toml import read_toml
from mlcap.errors import LabelError, TaxonomyError
from mlcap.types import Facet, FacetValue, Value

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: Fields of an output record that no facet may be named after.
RESERVED = frozenset(
    "id nasa_id text caption description input people image-id needs_review review_reasons model error position mission".split()
)


#: What may stand at the top of a taxonomy, in a facet and in a value.
_TOP = ("facet",)
_OF_FACET = ("multiple", "definition", "value")
_OF_VALUE = ("name", "definition", "thesaurus", "words", "iri", "exact_match", "close_match")
_NAME_RULE = "lower-case letters, figures, - and _, beginning with a letter, 40 at most"
#: An absolute IRI (RFC 3987), without what must not stand in one.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f]+")


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI."""
    return bool(_IRI.fullmatch(text))


def _without_signs(name: str) -> str:
    return re.sub("[-_]", "", name)


def read_taxonomy(path: Path) -> tuple[Facet, ...]:
    """Read `taxonomy.toml`.

    Raises:
        TaxonomyError: the file is missing, is no TOML, or a facet or value is malformed; says what and where.

    Example:
        >>> lines = ["[facet.sky]", "multiple = false", "value = [{name = 'day'}, {name = 'night'}]"]
        >>> _ = Path("taxonomy.toml").write_text(chr(10).join(lines))
        >>> mlcap.read_taxonomy(Path("taxonomy.toml"))[0].names
        ('day', 'night')
    """
    try:
        data = read_toml(path)
    except OSError as error:
        raise TaxonomyError(
            f"{path}: cannot be read ({error.strerror}); a labels folder needs a taxonomy.toml"
        ) from error
    except ValueError as error:
        raise TaxonomyError(f"{path}: {error}") from error
    _check_keys(data, _TOP, "it", str(path))
    facets = parse_facets(data.get("facet"), str(path))
    # Versions that were trained with such names are read all the same.
    for what, names in (
        ("facets", [f.name for f in facets]),
        *((f"values of facet {f.name}", f.names) for f in facets),
    ):
        if alike := _twice(map(_without_signs, names)):
            pair = [name for name in names if _without_signs(name) == alike]
            raise TaxonomyError(
                f"{path}: the {what} {pair[0]} and {pair[1]} differ in - and _ alone, which labels may be written without; rename one"
            )
    return facets


def parse_facets(data: Any, where: str) -> tuple[Facet, ...]:
    """Check and build facets from `{name: {multiple, definition, value: [{name, definition, ...}]}}`.

    Raises:
        TaxonomyError: something is missing, misspelled, of the wrong type or named twice; says what and where.
    """
    if isinstance(data, Sequence) and not isinstance(data, str):
        raise TaxonomyError(f"{where}: facets are a list; write [facet.NAME], each with its name, and not [[facet]]")
    if not isinstance(data, Mapping) or not data:
        raise TaxonomyError(f"{where}: names no facet; write at least one [facet.NAME] with its values")
    facets = tuple(_facet(name, body, where) for name, body in data.items())
    shared = [name for f in facets if f.multiple for name in f.names]
    if twice := _twice(shared):
        raise TaxonomyError(
            f"{where}: two multi-valued facets have a value {twice}; its mentions could not be told apart, rename one"
        )
    if twice := _twice(iri for f in facets for iri in f.iris.values()):
        raise TaxonomyError(f"{where}: two values have the IRI {twice}; an IRI names one thing, give each its own")
    return facets


def _twice(names: Iterable[str]) -> str | None:
    """The first that stands there twice, None where all differ."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _check_keys(body: Mapping[str, Any], allowed: Sequence[str], what: str, where: str) -> None:
    odd = next((key for key in body if key not in allowed), None)
    if odd is not None:
        near = get_close_matches(str(odd), allowed, 1)
        hint = f"; is {near[0]} meant?" if near else ""
        raise TaxonomyError(f"{where}: {what} has {str(odd)[:40]!r}, and may have {', '.join(allowed)}{hint}")


def _facet(name: Any, body: Any, where: str) -> Facet:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise TaxonomyError(f"{where}: {str(name)[:50]!r} cannot name a facet; use {_NAME_RULE}")
    if name in RESERVED or name.endswith("_confidence"):
        raise TaxonomyError(
            f"{where}: {name!r} cannot name a facet, since records have a field of that name; use nothing that ends in _confidence, and none of {', '.join(sorted(RESERVED))}"
        )
    if not isinstance(body, Mapping) or not isinstance(body.get("multiple"), bool):
        raise TaxonomyError(
            f"{where}: facet {name} must say multiple = true (any number of values a caption) or multiple = false (exactly one), without quotation marks"
        )
    _check_keys(body, _OF_FACET, f"facet {name}", where)
    rows = body.get("value")
    if isinstance(rows, Mapping):
        raise TaxonomyError(
            f"{where}: facet {name} has one value as a table; write [[facet.{name}.value]], two brackets"
        )
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        raise TaxonomyError(f"{where}: facet {name} has no values; write [[facet.{name}.value]] entries")
    values = tuple(_value(name, number, row, where) for number, row in enumerate(rows, 1))
    if twice := _twice([v.name for v in values]):
        raise TaxonomyError(f"{where}: facet {name} names a value twice: {twice}")
    if not body["multiple"] and len(values) < 2:
        raise TaxonomyError(f"{where}: facet {name} takes exactly one value, so it needs at least two to choose from")
    return Facet(name, body["multiple"], _text(body, "definition", f"facet {name}", where), values)


def _value(facet: str, number: int, row: Any, where: str) -> Value:
    if not isinstance(row, Mapping):
        raise TaxonomyError(
            f"{where}: value {number} of facet {facet} is no table; write [[facet.{facet}.value]] with a name"
        )
    if "name" not in row:
        raise TaxonomyError(f'{where}: value {number} of facet {facet} has no name; write name = "..."')
    name = row["name"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise TaxonomyError(f"{where}: {str(name)[:50]!r} cannot name a value of facet {facet}; use {_NAME_RULE}")
    what = f"value {name} of facet {facet}"
    _check_keys(row, _OF_VALUE, what, where)
    words, exact, close = (_texts(row, key, what, where) for key in ("words", "exact_match", "close_match"))
    iri = _text(row, "iri", what, where)
    odd = next((one for one in (iri, *exact, *close) if one and not is_iri(one)), None)
    if odd is not None:
        raise TaxonomyError(
            f"{where}: {what} names {odd[:60]!r}, which is no IRI; write one as https://example.org/terms/launch"
        )
    definition, thesaurus = (_text(row, key, what, where) for key in ("definition", "thesaurus"))
    return Value(name, definition, thesaurus, words, iri, exact, close)


def _text(row: Mapping[str, Any], key: str, what: str, where: str) -> str:
    found = row.get(key, "")
    if not isinstance(found, str):
        raise TaxonomyError(f"{where}: {key} of {what} must be a text in quotation marks")
    return found


def _texts(row: Mapping[str, Any], key: str, what: str, where: str) -> tuple[str, ...]:
    found = row.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
        raise TaxonomyError(f'{where}: {key} of {what} must be a list of texts, as ["...", "..."]')
    return tuple(found)


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
    """Give a pattern for every value for which the taxonomy names further words: these, and its own name."""
    return {value.name: _phrases(value) for facet in facets for value in facet.values if value.words}


def _phrases(value: Value) -> re.Pattern[str]:
    name = "[ -]".join(map(re.escape, re.split(r"[-_ ]", value.name)))
    words = [re.escape(w) for w in sorted(value.words, key=len, reverse=True)]
    return re.compile(rf"\b(?:{'|'.join([*words, name])})(?:e?s)?\b", re.IGNORECASE)


def facets_as_data(facets: Sequence[Facet]) -> dict[str, Any]:
    """Give facets in the shape that `parse_facets` reads."""
    return {
        f.name: {
            "multiple": f.multiple,
            "definition": f.definition,
            "value": [_value_as_data(v) for v in f.values],
        }
        for f in facets
    }


def _value_as_data(value: Value) -> dict[str, Any]:
    """A value as data; IRIs only where the taxonomy names some."""
    data: dict[str, Any] = {
        "name": value.name,
        "definition": value.definition,
        "thesaurus": value.thesaurus,
        "words": list(value.words),
    }
    named = {"iri": value.iri, "exact_match": list(value.exact_match), "close_match": list(value.close_match)}
    return {**data, **{key: found for key, found in named.items() if found}}
