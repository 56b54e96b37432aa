"""The schema of tags as Arrow, and the same as JSON Schema.

`arrow-tags-1.json` beside this file is the JSON Schema for the taxonomy that comes with mlcap.
pyarrow is imported when a schema is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlcap.errors import InputError, install_extra
from mlcap.types import Facet

if TYPE_CHECKING:
    import pyarrow as pa

#: Raised when a column changes its name, type or meaning; a taxonomy's own facets come and go without.
VERSION = 1
#: Where the metadata of an Arrow schema have it.
VERSION_KEY = b"mlcap.tags"
#: Column -> what it holds, for the JSON Schema; those of the facets are described by their taxonomy.
_HOLDS = {
    "people": "Who is probably in the picture; offsets are characters of the caption, end exclusive.",
    "needs_review": "Whether a person should look before the tags are used.",
    "review_reasons": "Why, in words.",
    "model": "The identity of the model version that gave the tags.",
    "error": "Why the record cannot be read; null where it can.",
}


def load_pyarrow() -> Any:
    """Import pyarrow.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise InputError(f"tags as Arrow need the package pyarrow; {install_extra('parquet')}") from error
    return pa


def arrow_schema(facets: Sequence[Facet]) -> pa.Schema:
    """The columns that a batch of captions gets, in order: those of an output record, and `error`.

    A row that is an error has `error` alone. A facet is a text, or a list of texts where it is multi-valued;
    `_confidence` is a number, or a structure with one for every value (null in a language that is not read).

    Raises:
        InputError: pyarrow is missing.
    """
    pa = load_pyarrow()
    texts, number = pa.list_(pa.string()), pa.float64()
    places = [("start", pa.int64()), ("end", pa.int64())]
    person = pa.struct([("name", pa.string()), ("posts", texts), *places, ("confidence", number)])
    fields = []
    for facet in facets:
        of_values = pa.struct([(name, number) for name in facet.names])
        fields.append((facet.name, texts if facet.multiple else pa.string()))
        fields.append((f"{facet.name}_confidence", of_values if facet.multiple else number))
    fields += [("people", pa.list_(person)), ("needs_review", pa.bool_()), ("review_reasons", texts)]
    fields += [("model", pa.string()), ("error", pa.string())]
    return pa.schema(fields, metadata={VERSION_KEY: str(VERSION).encode()})


def json_schema(facets: Sequence[Facet]) -> dict[str, Any]:
    """The JSON Schema of a row of `arrow_schema`, as `to_pylist` gives it.

    Raises:
        InputError: pyarrow is missing.
    """
    schema = arrow_schema(facets)
    holds = dict(_HOLDS)
    for facet in facets:
        holds[facet.name] = facet.definition
        holds[f"{facet.name}_confidence"] = "Calibrated probability, never 0 or 1."
    columns = {field.name: {"description": holds[field.name], **_json_type(field.type)} for field in schema}
    for facet in facets:
        column = columns[facet.name]
        if facet.multiple:
            column["items"]["enum"] = list(facet.names)
        else:
            column["enum"] = [*facet.names, None]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mlcap:schema:arrow-tags:{VERSION}",
        "title": f"Tags of a caption as a row of Arrow, version {VERSION}",
        "type": "object",
        "properties": columns,
        "required": schema.names,
        "additionalProperties": False,
        "oneOf": [
            {"properties": {"error": {"type": "null"}, "model": {"type": "string"}}},
            {"properties": {name: {"type": "string" if name == "error" else "null"} for name in schema.names}},
        ],
    }


def _json_type(kind: pa.DataType) -> dict[str, Any]:
    """What JSON Schema says of a value of an Arrow type, null being one everywhere but in lists."""
    pa = load_pyarrow()
    if pa.types.is_list(kind):
        of = _json_type(kind.value_type)
        return {"type": ["array", "null"], "items": {**of, "type": of["type"][0]}}
    if pa.types.is_struct(kind):
        parts = {kind.field(i).name: _json_type(kind.field(i).type) for i in range(kind.num_fields)}
        return {
            "type": ["object", "null"],
            "properties": parts,
            "required": list(parts),
            "additionalProperties": False,
        }
    if pa.types.is_floating(kind):
        return {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    if pa.types.is_integer(kind):
        return {"type": ["integer", "null"], "minimum": 0}
    return {"type": ["boolean" if pa.types.is_boolean(kind) else "string", "null"]}
