"""Packed, JSON and Parquet inputs: read whole, bounded, and every fault one line."""

from __future__ import annotations

import gzip
import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.errors import InputError
from mlcap.records import document as document_module
from mlcap.records import packed as packed_module
from mlcap.records import parquet_cells, parquet_pages, parquet_writing
from mlcap.records.fields import is_cut
from mlcap.records.parquet_writing import column_kinds, write_parquet
from mlcap.records.reading import form_of, read_records
from mlcap.records.types import FieldChoice
from mlcap.records.writing import output_record

LINES = b'{"id": 1, "text": "A crane waits."}\n{"id": 2, "text": "Divers wave."}\n'


def read(path, form=None, column=None):
    """(records, failures, warnings) of one input."""
    failures, warnings = [], []
    records = list(
        read_records([str(path)], form, FieldChoice((column,) if column else ()), warnings.append, failures.append)
    )
    return records, [str(f) for f in failures], warnings


def put(tmp_path, name, data):
    """Write a file and give its path."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.jsonl.gz", gzip.compress),
        ("a.jsonl.zst", zstandard.compress),
        ("a.jsonl", gzip.compress),
        ("two.jsonl.gz", lambda d: gzip.compress(d[:36]) + gzip.compress(d[36:])),
        ("two.jsonl.zst", lambda d: zstandard.compress(d[:36]) + zstandard.compress(d[36:])),
    ],
)
def test_packed_text_is_read_like_plain(tmp_path, name, pack):
    """Gzip and zstd, of one part or several, are known by their bytes and read as what they hold."""
    records, failures, _ = read(put(tmp_path, name, pack(LINES)))
    assert [r.text for r in records] == ["A crane waits.", "Divers wave."]
    assert not failures


@pytest.mark.parametrize(("name", "pack"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstandard.compress)])
def test_a_packed_file_that_is_cut_off_is_one_line(tmp_path, name, pack):
    """Damage at the end of a packed file is said once; the next input is still read."""
    data = pack(b"".join(b'{"text": "Crane %d waits."}\n' % n for n in range(3000)))
    cut = put(tmp_path, name, data[: len(data) // 2])
    good = put(tmp_path, "good.jsonl", LINES)
    failures = []
    records = list(read_records([str(cut), str(good)], None, FieldChoice(), lambda _: None, failures.append))
    assert len(failures) == 1
    assert "cut off" in str(failures[0])
    assert records[-1].text == "Divers wave."


@pytest.mark.parametrize(("name", "pack"), [("b.txt.gz", gzip.compress), ("b.txt.zst", zstandard.compress)])
def test_a_bomb_is_refused_early(tmp_path, monkeypatch, name, pack):
    """A small file that unpacks beyond reason is left after a bounded number of bytes."""
    monkeypatch.setattr(packed_module, "FREE_BYTES", 1 << 20)
    path = put(tmp_path, name, pack(b"x" * (40 << 20)))
    with open(path, "rb") as raw:
        stream = packed_module.unpacked(raw, "b")
        seen = []
        with pytest.raises(packed_module.PackedError):
            seen.extend(map(len, iter(lambda: stream.read(1 << 16), b"")))
    assert sum(seen) < 35 << 20
    records, failures, _ = read(path)
    assert not records
    assert "unpacks to more than" in failures[0]


def test_gzip_within_gzip_is_refused(tmp_path):
    """Only one layer is unpacked."""
    _, failures, _ = read(put(tmp_path, "a.jsonl.gz", gzip.compress(gzip.compress(LINES))))
    assert len(failures) == 1


def test_the_form_stands_before_the_packing():
    """`captions.csv.gz` is CSV; a name that tells nothing is refused."""
    assert form_of("captions.csv.gz", None) == "csv"
    assert form_of("export.JSON", None) == "json"
    with pytest.raises(InputError):
        form_of("captions.gz", None)


RESPONSE = {
    "collection": {
        "items": [
            {"data": [{"nasa_id": "x1", "description": "A crane waits.", "keywords": ["crane"], "odd": {"a": 1}}]},
            {"data": [{"nasa_id": "x2", "description": ["Divers wave.", "", "One is hidden."]}], "links": "none"},
            {"data": []},
            "nothing",
        ],
        "metadata": {"total_hits": 4},
    }
}


def test_a_list_within_a_document_is_read_item_by_item(tmp_path):
    """Whatever the list of objects is called; where the document holds a caption itself, or two lists, it is the record."""
    items = [{"id": 1, "text": "A crane."}, {"id": 2}]
    records, _, _ = read(put(tmp_path, "a.json", {"count": 2, "photos": items, "pages": [1]}))
    assert [(r.id, r.text) for r in records] == [("1", "A crane."), ("2", None)]
    assert records[1].position.endswith("a.json: record 2")
    (record,), _, _ = read(put(tmp_path, "b.json", {"id": 7, "caption": "A crew.", "versions": items}))
    assert (record.id, record.text) == ("7", "A crew.")
    (record,), _, _ = read(put(tmp_path, "c.json", {"a": items, "b": items}))
    assert record.fields == {"a": items, "b": items}


def test_a_library_response_is_read_item_by_item(tmp_path):
    """Each item is a record with its fields; what holds no caption is reported in place."""
    records, failures, _ = read(put(tmp_path, "r.json", RESPONSE))
    assert [r.text for r in records] == ["A crane waits.", "Divers wave.\nOne is hidden.", None, None]
    assert records[0].fields["odd"] == {"a": 1}
    assert records[3].position.endswith("item 4")
    assert not failures
    pages = put(tmp_path, "pages.json", [RESPONSE, RESPONSE])
    assert len(read(pages)[0]) == 8
    lines = put(tmp_path, "r.jsonl", json.dumps(RESPONSE).encode() + b"\n" + LINES)
    assert len(read(lines)[0]) == 6


@pytest.mark.parametrize(
    ("fields", "text", "source"),
    [
        ({"XMP:Description": "from XMP", "IPTC:Caption-Abstract": "from IPTC"}, "from XMP", "dc:description"),
        ({"XMP-dc:Description": " ", "IPTC:Caption-Abstract": "from IPTC"}, "from IPTC", "IPTC:Caption-Abstract"),
        ({"Caption-Abstract": ["one", "two"]}, "one\ntwo", "IPTC:Caption-Abstract"),
        ({"IFD0:ImageDescription": 1969}, "1969", "EXIF:ImageDescription"),
        ({"AVAIL:Description": "from the library", "AVAIL:Album": ["a"]}, "from the library", "AVAIL:Description"),
    ],
)
def test_embedded_captions_are_found_in_order(tmp_path, fields, text, source):
    """Exiftool's JSON and metadata.json have one reader; the first caption that is not empty counts and is named."""
    for document in (fields, [fields]):
        (record,), _, _ = read(put(tmp_path, "e.json", document))
        assert (record.text, record.fields["caption_source"]) == (text, source)
        assert record.fields.items() >= fields.items()


@pytest.mark.parametrize(
    ("text", "cut"),
    [("a" * 2000, True), ("a" * 1999, False), ("я" * 1000, True), ("a" + "я" * 999, True), ("a" * 2001, False)],
)
def test_captions_that_iptc_cut_are_known_by_their_length(text, cut):
    """2,000 bytes, or as many whole characters as fit into them, look cut."""
    assert is_cut(text) is cut


def test_a_cut_caption_goes_to_review(tmp_path, tagger):
    """The reason stands beside those of the model."""
    text = ("Divers wave. " * 200)[:2000]
    (record,), _, _ = read(put(tmp_path, "e.json", {"IPTC:Caption-Abstract": text}))
    out = output_record(record, tagger.tag_one(record.text), tagger.facets)
    assert out["needs_review"]
    assert "2000 bytes" in out["review_reasons"][-1]


@pytest.mark.parametrize("data", [b"{broken", b"[" * 100_000, b"\x00\x01", b'{"a":1} {"a":2}'])
def test_what_is_no_document_is_one_line(tmp_path, data):
    """A file that is no JSON document is refused as a whole."""
    records, failures, _ = read(put(tmp_path, "d.json", data))
    assert not records
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'[{"text": "A crane."},\n{"text": "A "crew"."}]', "line 2, column 14"),
        (b'[{"text": "A crane."}\n{"text": "A crew."}]', "line 2, column 1"),
        (b'[{"id": 007, "text": "A crane."}]', "line 1, column 10"),
    ],
)
def test_where_a_document_is_broken_is_said(tmp_path, data, where):
    """The line says the place, so that it can be mended in an editor."""
    _, (failure,), _ = read(put(tmp_path, "d.json", data))
    assert f"d.json: is no JSON document ({where}: " in failure


def test_records_under_their_names_are_records(tmp_path):
    """An object that holds records by id, or captions by the names of photographs, is no record of many odd fields."""
    held = {"n-1": {"Caption": "A crane.", "by": "Bo"}, "n-2": {"id": 7, "caption": ""}, "n-3": {"by": "Al"}}
    records, failures, _ = read(put(tmp_path, "d.json", held))
    assert [(r.id, r.text, r.fields) for r in records] == [
        ("n-1", "A crane.", {"id": "n-1", **held["n-1"]}),
        ("7", None, {"key": "n-2", **held["n-2"]}),
        ("n-3", None, {"id": "n-3", "by": "Al"}),
    ]
    records, failures, _ = read(put(tmp_path, "d.json", {"a.jpg": "A crane.", "b.TIF": "A crew."}))
    assert [(r.id, r.text) for r in records] == [("a.jpg", "A crane."), ("b.TIF", "A crew.")]
    assert not failures
    for other in ({"a.jpg": "A crane.", "Bild": "A crew."}, {"a": {"b": {"caption": "A crane."}}}, {"a.jpg": 7}):
        (record,), _, _ = read(put(tmp_path, "d.json", other))
        assert (record.fields, record.text) == (other, None)


@pytest.mark.parametrize("orient", ["columns", "index", "split", "records", "table", "list"])
def test_what_data_frames_write_is_a_record_a_row(tmp_path, orient):
    """JSON of a data frame in any orientation, its default one too, has as many records as the frame has rows."""
    frame = pd.DataFrame({"id": ["a", "b"], "Caption": ["A crane.", None], "n": [1, 2]}, index=[5, 7])
    path = tmp_path / "d.json"
    if orient == "list":
        put(tmp_path, "d.json", frame.astype(object).where(frame.notna(), None).to_dict("list"))
    else:
        frame.to_json(path, orient=orient)
    records, failures, _ = read(path)
    assert [(r.id, r.text, r.fields["n"]) for r in records] == [("a", "A crane.", 1), ("b", None, 2)]
    assert not failures


@pytest.mark.parametrize(
    "data",
    [
        {"caption": {"en": "A crane.", "de": "Ein Kran."}, "title": {"en": "Crane", "de": "Kran"}},
        {"caption": "A crane.", "columns": ["a"], "data": [["b"]]},
        {"caption": ["A crane.", "A crew."], "keywords": ["a"]},
        {"columns": ["id", "caption"], "data": [["a"]]},
    ],
)
def test_what_only_resembles_a_frame_is_one_record(tmp_path, data):
    """Languages, lists of other lengths and rows that do not fit their columns are left as they are."""
    (record,), _, _ = read(put(tmp_path, "d.json", data))
    assert record.fields == data


def test_an_item_without_data_keeps_what_it_has(tmp_path):
    """Of a response of the library, an item that is none comes back as it is, with the reason."""
    items = [{"href": "x/1", "data": []}, {"data": [{"nasa_id": "a", "title": "T"}]}, 7]
    records, _, _ = read(put(tmp_path, "d.json", {"collection": {"items": items}}))
    assert [r.fields for r in records] == [items[0], items[1]["data"][0], {"value": 7}]
    assert all(r.error.startswith("has no caption") for r in records)


@pytest.mark.parametrize("number", ["61e400", "7e012", "-0.0", "1E5", "12.50", "123456789012345678901234567890123"])
def test_numbers_that_exiftool_writes_without_marks_stay_as_they_are(tmp_path, number):
    """A keyword that looks like a number loses no figure, alone or among others."""
    data = (
        f'[{{"SourceFile": "a.jpg", "IPTC:Caption-Abstract": "A crane.", "IPTC:Keywords": {number}, "k": [{number}]}}]'
    )
    (record,), failures, _ = read(put(tmp_path, "d.json", data.encode()))
    assert (record.text, [str(v) for v in (record.fields["IPTC:Keywords"], *record.fields["k"])]) == (
        "A crane.",
        [number, number],
    )
    assert not failures


def test_line_ends_within_a_text_of_json_are_read(tmp_path):
    """What scripts write that put texts between quotation marks as they are."""
    for name in ("d.json", "d.jsonl"):
        records, failures, _ = read(put(tmp_path, name, b'[\n{"id": 1, "text": "A\tcrane\nwaits."}\n]'))
        assert ([r.text for r in records], failures) == (["A\tcrane\nwaits."], [])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *((name, "save it as .xlsx or CSV") for name in ("a.xls", "b.ODS", "c.numbers")),
        *((name, "copy its captions into a text") for name in ("a.docx", "b.PDF", "c.html", "d.xml")),
        *(("a.zip", "unpack it, and name what it holds"), ("a.csv.bz2", "pack it with gzip or zstd")),
        *(("a.accdb", "export its table"), ("a.yml", "as JSON or CSV"), ("a.mov", "name its sidecar")),
        ("a.xyz", "tells no form; say --from txt|"),
    ],
)
def test_files_that_are_not_read_say_what_to_do(tmp_path, name, says):
    """What people have beside the forms that are read is told for what it is by its extension."""
    assert says in read(put(tmp_path, name, b"\xd0\xcf\x11\xe0"))[1][0]


def test_documents_are_bounded(tmp_path, monkeypatch):
    """A document too large to hold is refused, not read."""
    monkeypatch.setattr(document_module, "LARGEST_DOCUMENT", 1000)
    _, failures, _ = read(put(tmp_path, "d.json", [{"text": "a" * 2000}]))
    assert "JSON document of more than" in failures[0]


def test_a_file_that_changes_while_it_is_read_is_said(tmp_path):
    """Its records are given, and the reader is told that they may be of two states."""
    path = put(tmp_path, "a.jsonl", LINES)
    failures = []
    records = read_records([str(path)], None, FieldChoice(), lambda _: None, failures.append)
    next(records)
    with open(path, "ab") as stream:
        stream.write(LINES)
    assert len(list(records)) >= 1
    assert "changed while it was read" in str(failures[0])


def test_a_zstd_window_that_is_too_large_is_said(tmp_path):
    """What was packed with a very long window is refused with the way to unpack it."""
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packer.compress(LINES) + packer.flush()
    _, failures, _ = read(put(tmp_path, "a.jsonl.zst", data))
    assert "a window of 256 MiB, more than 128; unpack it with `zstd -d --long=31`" in failures[0]


def table(tmp_path, columns, **options):
    """Write a Parquet file."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_parquet_keeps_its_columns(tmp_path):
    """Rows become records; times, bytes, missing and odd numbers become what JSON can hold."""
    columns = {
        "Description": ["A crane waits.", None],
        "when": pa.array([0, None], pa.timestamp("s")),
        "raw": [b"\x00\xff", b""],
        "share": [float("nan"), 0.5],
        "names": [["Ada", "Bo"], []],
    }
    first, second = read(table(tmp_path, columns))[0]
    assert first.text == "A crane waits."
    assert first.fields == {
        "Description": "A crane waits.",
        "when": "1970-01-01T00:00:00",
        "raw": "AP8=",
        "share": None,
        "names": ["Ada", "Bo"],
    }
    assert second.text is None
    assert second.position.endswith("row 2")


def test_parquet_faults_are_one_line(tmp_path, monkeypatch):
    """Damage, a missing column, twice the same name, giant cells and row groups: refused or passed over."""
    path = table(tmp_path, {"text": ["A crane waits."] * 50})
    assert "has no column" in read(path, column="body")[1][0]
    data = path.read_bytes()
    assert "cannot be read as Parquet" in read(put(tmp_path, "cut.parquet", data[:100]))[1][0]
    damaged = put(tmp_path, "damaged.parquet", data[:4] + b"\xff" * 60 + data[64:])
    records, failures, _ = read(damaged)
    assert failures or len(records) == 50
    monkeypatch.setattr(parquet_cells, "LONGEST_LINE", 10)
    records, _, _ = read(path)
    assert [r.error for r in records][:1] == ["the row is longer than 0 MiB (text)"]
    monkeypatch.setattr(parquet_pages, "MOST_ROOM", 10)
    assert "smaller row groups" in read(path)[1][0]


def test_parquet_comes_back_as_written(tmp_path, monkeypatch):
    """Values of one kind keep it, mixed ones become text, and small row groups lose nothing."""
    monkeypatch.setattr(parquet_writing, "_GROUP_ROWS", 2)
    rows = [
        {"id": 1, "text": "a", "mixed": 1, "tags": ["x"], "scores": {"p": 0.5}, "ok": True, "n": 1.5},
        {"id": 2, "text": "\ud800", "mixed": "two", "tags": [], "scores": None, "late": {"a": [1]}},
        {"id": 3, "text": None, "mixed": None, "none": None},
        {"id": 1 << 70},
    ]
    kinds = column_kinds(rows)
    assert kinds["mixed"] == kinds["late"] == kinds["id"] == "json"
    assert (kinds["tags"], kinds["scores"], kinds["ok"], kinds["n"]) == ("texts", "numbers", "bool", "float")
    write_parquet(tmp_path / "o.parquet", kinds, rows)
    back = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [r["id"] for r in back] == ["1", "2", "3", str(1 << 70)]
    assert back[0]["scores"] == [("p", 0.5)]
    assert back[1]["text"] == "?"
    assert back[1]["late"] == '{"a": [1]}'
    assert back[1]["mixed"] == "two"


def test_endless_columns_are_bounded(tmp_path, monkeypatch):
    """Fields beyond the most columns are kept in one, as JSON."""
    monkeypatch.setattr(parquet_writing, "MOST_COLUMNS", 3)
    rows = [{f"f{n}": n} for n in range(6)]
    kinds = column_kinds(rows)
    assert list(kinds) == ["f0", "f1", "f2"]
    write_parquet(tmp_path / "o.parquet", kinds, rows)
    back = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [json.loads(r["more"]) for r in back if r["more"]] == [{"f3": 3}, {"f4": 4}, {"f5": 5}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.dictionaries(st.text(max_size=3), json_values, max_size=4), min_size=1, max_size=6))
def test_any_records_can_become_parquet(tmp_path_factory, rows):
    """Whatever fields and values JSON holds, every record becomes a row, and plain texts come back."""
    path = tmp_path_factory.mktemp("any") / "o.parquet"
    rows = [{**row, "id": number} for number, row in enumerate(rows)]
    kinds = column_kinds(rows)
    write_parquet(path, kinds, rows)
    back = pq.read_table(path)
    assert back.num_rows == len(rows)
    for name, kind in kinds.items():
        if kind == "text":
            assert back[name].to_pylist() == [r.get(name) for r in rows]


def test_a_pipe_that_is_packed_is_unpacked():
    """A buffered stream without a file behind it is unpacked as well."""
    stream = packed_module.unpacked(io.BufferedReader(io.BytesIO(gzip.compress(LINES))), "stdin")
    assert stream.read() == LINES
