"""Cells of Parquet: an odd value is an odd cell, as exact as it was, and never the end of the file or of the process."""

from __future__ import annotations

import base64
import codecs
import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlcap.records.reading import read_records
from mlcap.records.types import FieldChoice, Written
from mlcap.records.writing import json_line

CAPTION = "Divers carry the capsule's parachute ashore."
NUMBER = uuid.UUID("6f3d1c52-0e9a-4c11-8f5e-3b8a50d7c0aa")


def read(path):
    """The records of a file, which is read without a fault."""
    failures = []
    records = list(read_records([str(path)], None, FieldChoice(), print, failures.append))
    assert not failures
    return records


def cells(tmp_path, *values, kind, **options):
    """What becomes of the values of one column."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": [CAPTION] * len(values), "odd": pa.array(values, kind)}), path, **options)
    records = read(path)
    assert all(json_line(r.fields) for r in records)
    return [r.fields["odd"] for r in records]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (
            pa.timestamp("ns"),
            [1_700_000_000_123_456_789, 60 * 10**9],
            ["2023-11-14T22:13:20.123456789", "1970-01-01T00:01:00"],
        ),
        (
            pa.timestamp("us"),
            [253_402_300_800_000_000, -62_167_219_200_000_000],
            ["10000-01-01T00:00:00", "0000-01-01T00:00:00"],
        ),
        (
            pa.timestamp("us", "UTC"),
            [253_402_300_800_500_000, 0],
            ["10000-01-01T00:00:00.500000Z", "1970-01-01T00:00:00+00:00"],
        ),
        (
            pa.timestamp("ns", "+05:30"),
            [7, 1000],
            ["1970-01-01T05:30:00.000000007+05:30", "1970-01-01T05:30:00.000001+05:30"],
        ),
        (pa.timestamp("ms", "Nowhere/Known"), [1500], ["1970-01-01T00:00:01.500000+00:00"]),
        (pa.date32(), [2_932_897, 0], ["10000-01-01", "1970-01-01"]),
        (pa.date64(), [86_400_000 * 2_932_897], ["10000-01-01"]),
        (pa.time64("ns"), [1, 86_399_999_999_000], ["00:00:00.000000001", "23:59:59.999999"]),
        (pa.time32("s"), [3661], ["01:01:01"]),
        (pa.duration("us"), [1_500_000, 2**53 + 1, 2**62], [1.5, 9007199254.740993, "4611686018427.387904"]),
        (pa.duration("ns"), [1, 10**18 + 1], [1e-09, "1000000000.000000001"]),
        (pa.duration("s"), [86_400, 2**62], [86400.0, "4611686018427387904"]),
        (pa.float32(), [0.1, float("nan"), float("inf")], [0.1, None, "Infinity"]),
        (pa.float16(), [np.float16(0.1), np.float16(-np.inf)], [0.1, "-Infinity"]),
        (pa.uint64(), [2**64 - 1], [2**64 - 1]),
        (pa.decimal128(10, 2), [Decimal("1.10")], ["1.10"]),
        (pa.binary(), ["Süd".encode(), b"caf\xe9", b"\x89PNG\x00\x01"], ["Süd", "Y2Fm6Q==", "iVBORwAB"]),
        (pa.binary(), [b"\xff\xfe", b"\xff\xfea\x01", b"\xfe\xff\x01a"], ["//4=", "//5hAQ==", "/v8BYQ=="]),
        (pa.binary(), [b"padded\0\0\0", b"", b"\0\0"], ["padded", "", "AAA="]),
        (pa.dictionary(pa.int8(), pa.string()), ["x", None], ["x", None]),
        (pa.map_(pa.string(), pa.duration("ms")), [[("a", 1)]], [[["a", 0.001]]]),
        (pa.null(), [None], [None]),
    ],
    ids=str,
)
def test_an_odd_value_is_as_exact_as_it_was(tmp_path, kind, values, expected):
    """Times beyond the calendar, parts of a second, figures of small floats, bytes: each is a cell that JSON can hold."""
    assert cells(tmp_path, *values, kind=kind) == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=6)
        | st.sampled_from([codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE]).flatmap(
            lambda mark: st.binary(max_size=6).map(lambda rest: mark + rest)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_bytes_that_are_no_text_come_back(tmp_path, values):
    """Bytes in a column of anything, as digests, are given as they are: as text, which is UTF-8, or as base64."""
    for value, cell in zip(values, cells(tmp_path, *values, kind=pa.binary()), strict=True):
        if isinstance(cell, Written):
            assert base64.b64decode(cell) == value
        else:
            assert cell.encode() == value.rstrip(b"\0")
            assert cell or not value


@pytest.mark.parametrize("column", ["text", "Title", "XMP-photoshop:City"])
def test_bytes_of_words_are_read_in_other_encodings(tmp_path, column):
    """Where words are to stand, bytes are read as UTF-16 with a mark, or as Windows-1252."""
    words = ["Süd".encode("utf-16"), b"caf\xe9"]
    names = {"text": [CAPTION] * 2, column: pa.array(words, pa.binary())}
    pq.write_table(pa.table(names), tmp_path / "t.parquet")
    assert [r.fields[column] for r in read(tmp_path / "t.parquet")] == ["Süd", "café"]


def test_times_of_old_files_and_numbers_of_their_own_kind(tmp_path):
    """Times of 96 bits, as Spark and Impala write them, and UUIDs are text."""
    stamps = pa.timestamp("ns")
    old = cells(tmp_path, 1_700_000_000_123_456_789, kind=stamps, use_deprecated_int96_timestamps=True)
    assert old == ["2023-11-14T22:13:20.123456789"]
    column = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([NUMBER.bytes], pa.binary(16)))
    pq.write_table(pa.table({"text": [CAPTION], "odd": column}), tmp_path / "u.parquet")
    assert read(tmp_path / "u.parquet")[0].fields["odd"] == str(NUMBER)


def test_bytes_that_are_no_utf8_in_a_column_of_text(tmp_path):
    """They are read as Windows-1252, as in files of text; the other rows are not touched."""
    data = pa.py_buffer(b"Caf\xe9 on the pad." + CAPTION.encode())
    offsets = pa.py_buffer(np.array([0, 16, 16 + len(CAPTION)], np.int32).tobytes())
    column = pa.StringArray.from_buffers(2, offsets, data)
    pq.write_table(pa.table({"id": ["a", "b"], "text": column}), tmp_path / "t.parquet")
    assert [(r.id, r.text) for r in read(tmp_path / "t.parquet")] == [("a", "Café on the pad."), ("b", CAPTION)]


@pytest.mark.parametrize(
    ("column", "text", "error"),
    [
        (pa.array([CAPTION.encode()], pa.binary()), CAPTION, ""),
        (pa.array([CAPTION.encode("utf-16")], pa.binary()), CAPTION, ""),
        (pa.array([b"\x89PNG\x00\x01"], pa.binary()), None, "the caption is no text (Caption)"),
        (pa.array([0], pa.timestamp("ns")), None, "the caption is no text (Caption)"),
        (pa.array([Decimal("1.10")], pa.decimal128(5, 2)), None, "the caption is no text (Caption)"),
        (pa.array([7]), None, "the caption is no text (Caption)"),
        (pa.array([float("nan")]), None, "the caption is empty (Caption)"),
    ],
)
def test_captions_of_odd_columns_are_text_or_an_error(tmp_path, column, text, error):
    """Bytes of a text are a caption; a time, a number or a picture is none, and its row says so and keeps it."""
    pq.write_table(pa.table({"Asset ID": ["k"], "Caption": column}), tmp_path / "t.parquet")
    (record,) = read(tmp_path / "t.parquet")
    assert (record.id, record.text, record.error) == ("k", text, error)
    assert list(record.fields) == ["Asset ID", "Caption"]


def test_pyarrow_reads_no_file_of_python(tmp_path, monkeypatch):
    """Its threads would let bytes of one go while the interpreter ends, which aborts the process."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": [CAPTION]}), path)
    given = []
    original = pa.parquet.ParquetFile
    monkeypatch.setattr(pa.parquet, "ParquetFile", lambda source, **o: given.append(source) or original(source, **o))
    assert [r.text for r in read(path)] == [CAPTION]
    assert len(given) == 2
    assert all(isinstance(source, pa.OSFile) for source in given)


def test_lists_are_read_over_row_groups(tmp_path):
    """A list of texts in each of several row groups, fewer rows than are read at once, as Parquet mostly has keywords."""
    found = cells(tmp_path, ["a", None], ["b"], None, [], ["a"], kind=pa.list_(pa.string()), row_group_size=2)
    assert found == [["a", None], ["b"], None, [], ["a"]]
