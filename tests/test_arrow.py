"""Captions in Arrow: the tags of `mlcap tag`, in columns of one schema."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, mlcap
from jsonschema import Draft202012Validator

import mlcap as package
from mlcap.errors import InputError
from mlcap.model import arrow as arrow_module
from mlcap.model.arrow_schema import VERSION, VERSION_KEY, arrow_schema, json_schema

SHIPPED = Path(arrow_module.__file__).with_name(f"arrow-tags-{VERSION}.json")
#: Captions with all that may come of one.
ROWS = [
    {"id": "a", "Description": "Pilot Jan Roe tries his seat liner in the capsule.", "Title": "Fit check", "n": 1},
    {"id": "b", "Description": None, "Title": None, "n": None},
    {
        "id": "c",
        "Description": "Les astronautes quittent le bâtiment pour le pas de tir, demain matin.",
        "Title": "",
        "n": 3,
    },
    {"id": "d", "Description": " ", "Title": "Nothing", "n": 4},
    {"id": "e", "Description": "x" * 100_001, "Title": "Long", "n": 5},
    {"id": "f", "Description": "A crane.", "Title": "Soyuz launch", "n": 6},
]


def as_rows(records):
    """Output records as rows of Arrow: no fields of the input, and every column there."""
    names = arrow_schema(package.load().facets).names
    return [{n: r.get(n) if r.get(n) != {} else None for n in names} for r in records]


def test_arrow_gives_the_tags_of_the_command(tmp_path):
    """Values, errors and order are those of `mlcap tag`, the record beside the caption read as well."""
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "in.parquet")
    done = mlcap("tag", "in.parquet", "--column", "Description", cwd=tmp_path, check=3)
    given = package.load().tag_arrow(table, "Description").to_pylist()
    assert given == as_rows(map(json.loads, done.out.splitlines()))
    assert [bool(row["error"]) for row in given] == [False, True, False, True, True, False]


def test_a_batch_may_be_empty_and_a_table_in_pieces(tagger, monkeypatch):
    """No row gives no row; how a table is cut, and how the tags are put together, shows in nothing."""
    monkeypatch.setattr(arrow_module, "_ROWS", 2)
    table = pa.Table.from_pylist(ROWS)
    pieces = pa.concat_tables([table.slice(0, 1), table.slice(1, 4), table.slice(5)])
    whole = tagger.tag_arrow(table, "Description")
    assert tagger.tag_arrow(pieces, "Description").equals(whole)
    assert tagger.tag_arrow(pieces.combine_chunks().to_batches()[0], "Description").equals(whole)
    assert tagger.tag_arrow(table.slice(0, 0), "Description").equals(whole.slice(0, 0))
    assert whole.schema.equals(arrow_schema(tagger.facets), check_metadata=True)
    assert whole.schema.metadata[VERSION_KEY] == str(VERSION).encode()


def test_a_column_is_found_or_said_to_be_missing(tagger):
    """By its usual names, in order of preference, and with one line where there is none."""
    table = pa.Table.from_pylist(ROWS)
    assert tagger.tag_arrow(table).equals(tagger.tag_arrow(table, ["nothing", "description"]))
    with pytest.raises(InputError, match="the table: has no column 'caption'; it has id, Description, Title, n"):
        tagger.tag_arrow(table, "caption")
    with pytest.raises(InputError, match=r"the table: no column is named .*; give one of n as text"):
        tagger.tag_arrow(table.select(["n"]))


@pytest.mark.parametrize("odd", [["A crane waits."], None, [{"text": "A crane waits."}]])
def test_what_is_no_table_of_arrow_is_told(tagger, odd):
    """With the function that takes data frames."""
    with pytest.raises(InputError, match=r"is no batch or table of Arrow; mlcap\.frames\.tag takes data frames"):
        tagger.tag_arrow(odd)


def test_odd_columns_are_odd_cells(tagger):
    """Every type of Arrow may stand beside a caption, and text may be kept as Arrow likes to."""
    text = ["A crane waits at dawn.", "Divers wave."]
    odd = {
        "when": pa.array([datetime(2001, 2, 3, tzinfo=UTC), None]),
        "sum": pa.array([Decimal("1.10"), None]),
        "raw": pa.array([b"\xff\x00", b"text"]),
        "tree": pa.array([{"a": [1, None]}, None]),
        "span": pa.array([(1, 2, 3_500_000_000), None], pa.month_day_nano_interval()),
    }
    plain = tagger.tag_arrow(pa.table({"caption": text}))
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.binary()):
        kept = pa.array(text).cast(kind) if not pa.types.is_dictionary(kind) else pa.array(text).dictionary_encode()
        assert tagger.tag_arrow(pa.table({"caption": kept, **odd})).equals(plain), kind


def test_half_a_character_is_no_error_of_arrow():
    """What UTF-8 cannot hold comes as a question mark, as Parquet output has it."""
    assert arrow_module._row({"review_reasons": ["\ud800"], "people": [{"name": "\ud800"}], "c": {}}) == {
        "review_reasons": ["?"],
        "people": [{"name": "?"}],
        "c": None,
    }


def test_the_shipped_schema_is_that_of_the_rows():
    """The JSON Schema in the package is made by the code, and every kind of row holds to it."""
    tagger = package.load()
    text = json.dumps(json_schema(tagger.facets), indent=1) + "\n"
    if os.environ.get("MLCAP_GOLDEN"):
        SHIPPED.write_text(text, "utf-8")
    assert SHIPPED.read_text("utf-8") == text
    Draft202012Validator.check_schema(json.loads(text))
    validator = Draft202012Validator(json.loads(text))
    rows = tagger.tag_arrow(pa.Table.from_pylist(ROWS), "Description").to_pylist()
    for row in rows:
        validator.validate(row)
    for wrong in ({**rows[0], "error": "why"}, {**rows[0], "event": "lunch"}, {**rows[1], "error": None}, {}):
        assert not validator.is_valid(wrong)


def test_lines_of_the_command_hold_to_the_schemas(tmp_path):
    """What `mlcap tag` writes is what `docs/schemas` says of a tagged record and of one that could not be read."""
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    done = mlcap("tag", "in.parquet", "--column", "Description", cwd=tmp_path, check=3)
    schemas = {
        name: Draft202012Validator(json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8")))
        for name in ("tagged", "failed")
    }
    for record in map(json.loads, done.out.splitlines()):
        schemas["failed" if "error" in record else "tagged"].validate(record)
