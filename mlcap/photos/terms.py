"""An archive's own words for mlcap's values: the term, its address and its vocabulary, from a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlcap.bounded_toml import read_toml
from mlcap.errors import InputError
from mlcap.photos.metadata import structure
from mlcap.taxonomy import is_iri
from mlcap.text import has_controls
from mlcap.types import Facet

#: A term of more bytes than this is refused; IPTC takes 64 (`mlcap.photos.changes`).
_LONGEST = 500
_KEYS = ("term", "iri", "vocabulary")
#: Signs by which programs part the levels of a hierarchy.
_LEVELS = "|/"


@dataclass(frozen=True)
class Term:
    """What an archive calls one value: the word, its IRI, and the IRI or code of the vocabulary; "" for none."""

    facet: str
    value: str
    term: str
    iri: str = ""
    vocabulary: str = ""

    @property
    def structure(self) -> str:
        """The controlled term as a structure of Iptc4xmpExt:AboutCvTerm, "" where it has no IRI."""
        named = {"CvId": self.vocabulary, "CvTermId": self.iri, "CvTermName": self.term}
        return structure({k: v for k, v in named.items() if v}) if self.iri else ""


Terms = Mapping[tuple[str, str], Term]


def by_tag(terms: Iterable[Term]) -> dict[tuple[str, str], Term]:
    """Terms by (facet, value)."""
    return {(t.facet, t.value): t for t in terms}


def terms_of(facets: Sequence[Facet], path: Path | None = None) -> tuple[Term, ...]:
    """The terms of a file, if any, and of the values for which the taxonomy names an IRI; the file goes before.

    Raises:
        InputError: as `read_terms`.
    """
    named = {(f.name, v.name): v.iri for f in facets for v in f.values if v.iri}
    terms = {key: Term(*key, key[1], iri) for key, iri in named.items()}
    given = () if path is None else read_terms(path, facets)
    return tuple(
        (terms | {k: t if t.iri else replace(t, iri=named.get(k, "")) for k, t in by_tag(given).items()}).values()
    )


def read_terms(path: Path, facets: Iterable[Facet]) -> tuple[Term, ...]:
    """Read `terms.toml`: a table for each value, `[event.launch]` or, where no other facet has it, `[launch]`.

    A value whose table gives an IRI alone keeps its name.

    Raises:
        InputError: it cannot be read, is no TOML, or names what is no facet, value, key or IRI.
    """
    try:
        data = read_toml(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    return tuple(_terms(data, {f.name: f.names for f in facets}, path))


def _terms(data: Mapping[str, Any], facets: Mapping[str, tuple[str, ...]], path: Path) -> Iterator[Term]:
    for name, body in data.items():
        if name in facets:
            if not isinstance(body, dict):
                raise InputError(f"{path}: {name} is a facet; write its values as [{name}.VALUE]")
            for value, inner in body.items():
                if value not in facets[name]:
                    raise InputError(f"{path}: {value!r} is no value of {name}; it has {', '.join(facets[name])}")
                yield _term(name, value, inner, path)
            continue
        owners = [facet for facet, values in facets.items() if name in values]
        if len(owners) != 1:
            known = "is a value of several facets, so write [FACET.VALUE]" if owners else "is neither facet nor value"
            raise InputError(f"{path}: {name!r} {known}; facets are {', '.join(facets)}")
        yield _term(owners[0], name, body, path)


def _term(facet: str, value: str, body: Any, path: Path) -> Term:
    body = {"term": body} if isinstance(body, str) else body
    where = f"{path}: {facet}.{value}"
    if isinstance(body, dict) and "iri" in body:
        body = {"term": value, **body}
    if not isinstance(body, dict) or not isinstance(body.get("term"), str) or not body["term"].strip():
        raise InputError(f'{where} names no term; write term = "..."')
    if odd := set(body) - set(_KEYS):
        raise InputError(f"{where} has {min(odd)!r}; it takes {', '.join(_KEYS)}")
    fields = {k: v.strip() if isinstance(v, str) else v for k, v in body.items()}
    for key, text in fields.items():
        if not isinstance(text, str) or has_controls(text) or len(text.encode()) > _LONGEST:
            raise InputError(f"{where}: {key} is to be a text on one line of at most {_LONGEST} bytes")
    if any(c in fields["term"] for c in _LEVELS):
        raise InputError(f"{where}: a term holds no | or /, by which programs part the levels of a hierarchy")
    if (iri := fields.get("iri")) and not is_iri(iri):
        raise InputError(f"{where} names {iri[:60]!r}, which is no IRI; write one as https://example.org/terms/launch")
    return Term(facet, value, **fields)
