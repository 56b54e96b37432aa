"""Tagged records as JSON Lines; the cells of tables."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from mlcap.records.names import folded, folded_once
from mlcap.records.types import Record
from mlcap.text import encodable, escaped
from mlcap.types import Facet, TaggedCaption

FORMS = ("table", "jsonl", "csv", "parquet")


@lru_cache(maxsize=8)
def _own_names(facet_names: tuple[str, ...]) -> tuple[str, ...]:
    names = [n for f in facet_names for n in (f, f"{f}_confidence")]
    return (*names, "people", "needs_review", "review_reasons", "model", "error", "position", "input")


def own_names(facets: Sequence[Facet]) -> tuple[str, ...]:
    """The names of the fields that mlcap writes."""
    return _own_names(tuple(f.name for f in facets))


def bearing_our_names(fields: Iterable[str], facets: Sequence[Facet]) -> list[str]:
    """The fields of an input that bear a name of ours, in order: to the letter, or so that they are read as labels of a facet."""
    names = own_names(facets)
    labels = {folded(facet.name) for facet in facets}
    return [field for field in fields if field in names or folded_once(field) in labels]


def output_record(record: Record, tagged: TaggedCaption | None, facets: Sequence[Facet]) -> dict[str, Any]:
    """Join a record with its tags; fields of the input that bear one of our names move to `input`."""
    out = dict(record.fields)
    if moved := bearing_our_names(out, facets):
        out["input"] = {name: out.pop(name) for name in moved}
    if tagged is None:
        out["error"], out["position"] = record.error, record.position
        return out
    out.update(tags_of(record, tagged))
    return out


def tags_of(record: Record, tagged: TaggedCaption) -> dict[str, Any]:
    """What is given for a record: its tags, and beside the reasons for review what makes the caption itself doubtful."""
    tags = tagged.as_record()
    if record.doubts:
        tags["needs_review"] = True
        tags["review_reasons"] += record.doubts
    return tags


class Writer(Protocol):
    """Turns output records into text, one by one."""

    def line(self, record: Mapping[str, Any]) -> str:
        """The text of one record, with its line end; "" where it has to wait."""

    def finish(self) -> str:
        """The text of what still waits at the end."""


#: Made once: `json.dumps` makes an encoder for each record where it is given an option.
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def json_line(data: Any) -> str:
    """One line of JSON; what UTF-8 cannot hold is escaped, and what could steer a terminal."""
    text = _ENCODER.encode(data)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = json.dumps(data, ensure_ascii=True)
    return escaped(text) + "\n"


class JsonlWriter:
    """Writes one JSON object a line."""

    def line(self, record: Mapping[str, Any]) -> str:
        """The record as JSON."""
        return json_line(record)

    def finish(self) -> str:
        """Nothing waits."""
        return ""


def table_cell(value: Any) -> str:
    """One value in a cell of a table: lists joined with `;`, probabilities as `name=0.98`, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return ";".join(table_cell(v) for v in value)
    if isinstance(value, dict) and value and all(isinstance(v, float) for v in value.values()):
        return ";".join(f"{k}={v}" for k, v in value.items())
    return json.dumps(value, ensure_ascii=True) if isinstance(value, list | dict) else str(value)


def free_name(name: str, taken: Container[str]) -> str:
    """A name that is not taken: the one given, with as many underscores as it needs."""
    while name in taken:
        name += "_"
    return name
