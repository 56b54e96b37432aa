"""Incoming records: every form read, every fault one record, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.errors import InputError
from mlcap.model.location import shipped_taxonomy
from mlcap.records import lines as lines_module
from mlcap.records.csv_writing import CsvStyle, CsvWriter
from mlcap.records.finder import Finder, record_of
from mlcap.records.jsonl import read_jsonl
from mlcap.records.lines import LONGEST_CAPTION, read_lines
from mlcap.records.text import read_text, read_text_lines
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import JsonlWriter, output_record
from mlcap.taxonomy import read_taxonomy
from mlcap.text import is_blank

FACETS = read_taxonomy(shipped_taxonomy())
FINDER = Finder(FieldChoice(), "f", lambda _: None)


def lines(data, warn=None):
    """Lines of bytes."""
    return read_lines(io.BufferedReader(io.BytesIO(data)), "f", warn or (lambda _: None))


def texts(data):
    """Captions of plain text."""
    return [r.text for r in read_text(lines(data), "f", FINDER, print)]


@pytest.mark.parametrize(
    ("data", "captions"),
    [
        (b"one\ntwo\n\nthree\n", ["one\ntwo", "three"]),
        (b"\n\n\none\n\n \n\ntwo", ["one", "two"]),
        (b"![A crew](x.jpg)\nA crew\n\nnext", ["A crew", "next"]),
        (b"![A crew](x.jpg)\n\nA crew\n\nnext", ["A crew", "next"]),
        (b"![A crew](x(1).jpg)\nOther words", ["A crew", "Other words"]),
        (b"before\n![A crew](x.jpg)\n![B crew](y.jpg)", ["before", "A crew", "B crew"]),
        (b"![](x.jpg)\nA crew", ["A crew"]),
        (b"one\r\ntwo\r\n\r\nthree", ["one\ntwo", "three"]),
        (b"\xef\xbb\xbfone", ["one"]),
        (b"old\r\rmac", ["old", "mac"]),
        ("one\n\u200b\ntwo\n\ufeff\nthree\n \u2060 \nfour".encode(), ["one", "two", "three", "four"]),
        (b"![A long crew line](x.jpg)\nA long\ncrew line\n\nnext", ["A long crew line", "next"]),
        (b"| a | b |\n|---|---|\n| c | d |\n\nnext", [None, "next"]),
        (b"- A crane.\n- A crew.\n\n1. One\n2) Two\n\n- alone", [None, None, "- alone"]),
        (b"", []),
    ],
)
def test_text_is_split_at_blank_lines_and_images(data, captions):
    """Blank lines separate captions; an image line is one, its repetition is not."""
    assert texts(data) == captions


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"![A crew](pics/x.jpg)\nA crew", {"text": "A crew", "image": "pics/x.jpg"}),
        (b'![A crew](<x.jpg> "On top")', {"text": "A crew", "image": "x.jpg"}),
        (
            b"![](https://a.example/x(1).jpg)\nA crew\nwaits",
            {"text": "A crew\nwaits", "image": "https://a.example/x(1).jpg"},
        ),
    ],
)
def test_the_address_of_an_image_is_kept(data, fields):
    """An image and the repetition of its text are one record, which says where the image lies."""
    assert [r.fields for r in read_text(lines(data), "f", FINDER, print)] == [fields]


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"\n<!DOCTYPE html><p>A crew", "page of tags"),
        (b"<html>", "page of tags"),
        (b'{"text": "A crew."}\n', "--from jsonl"),
        (b'[\n{"text": "A crew."}]', "--from jsonl"),
        (b"# Pictures\n\nid,Caption\n1,A crew.", "--from csv"),
    ],
)
def test_what_is_no_plain_text_is_refused_with_a_hint(data, hint):
    """Pages, JSON and tables below a heading are refused with what to do; brackets and commas alone are no sign."""
    with pytest.raises(InputError, match=hint):
        texts(data)
    assert texts(b"[Photo] A crew.\n\nDescription, id.") == ["[Photo] A crew.", "Description, id."]


@pytest.mark.parametrize(
    "data",
    [
        "ID\tDescription\n1\tA crew.".encode("utf-16"),
        b"\xef\xbb\xbf\nDescription\tPlace\nA crew.\tPad\n",
        b"id,Caption\n1,A crew.",
        b'id;Caption\n1;"A crew."',
    ],
)
def test_a_text_that_begins_with_names_of_columns_is_a_table(data):
    """Spreadsheet programs save tables under the name of a text; each row is a record with its cells."""
    (record,) = read_text(lines(data), "f", FINDER, print)
    assert record.text == "A crew."
    assert len(record.fields) == 2


def test_one_caption_a_line_is_read_where_asked_and_suspected_where_not():
    """With the form `lines` each line is a caption; else lines that all end as sentences are one, with a warning."""
    data = "".join(f"The crew of flight {n} waves from the steps.\n" for n in range(5)).encode()
    warnings = []
    assert len(list(read_text(lines(data + b"\n" + data), "f", FINDER, warnings.append))) == 2
    assert warnings == ["f: line 1: 5 lines look like one caption each; separate them by blank lines, or say --lines"]
    records = list(read_text_lines(lines(b"- A crane.\n\n2. A crew.\n\xe2\x80\x8b\n- \n"), "f", FINDER, print))
    assert [(r.text, r.position) for r in records] == [
        ("A crane.", "f: line 1"),
        ("A crew.", "f: line 3"),
        (None, "f: line 5"),
    ]
    wrapped = b"Expedition 97 Flight\nEngineer Marta Lind tries her seat liner in the Soyuz.\nShe waves."
    list(read_text(lines(wrapped), "f", FINDER, warnings.append))
    assert len(warnings) == 1


def test_windows_1252_is_read_with_one_warning():
    """Bytes that are no UTF-8 are read as Windows-1252, and the file is named once."""
    warnings = []
    read = list(lines("caf\xe9\nna\xefve\nok\n".encode("cp1252"), warnings.append))
    assert [line.text for line in read] == ["caf\xe9", "na\xefve", "ok"]
    assert len(warnings) == 1


@pytest.mark.parametrize("data", [b"\x89PNG\0\0", b"\0a\0\0b", b"\x1f\x8b\x08"])
def test_binary_is_refused(data):
    """What cannot be text is one error, not a thousand records."""
    with pytest.raises(InputError):
        list(lines(data))


def test_endless_lines_are_bounded(monkeypatch):
    """A line over the limit is passed over, the next one is read."""
    monkeypatch.setattr(lines_module, "LONGEST_LINE", 200_000)
    read = list(lines(b"a" * 500_000 + b"\nnext\n"))
    assert [line.text for line in read] == [None, "next"]


def test_a_caption_over_the_size_is_an_error_record():
    """A caption that is too long is reported where it stands; its neighbours are read."""
    records = list(read_text(lines(b"one\n\n" + b"x" * (LONGEST_CAPTION + 5) + b"\n\ntwo"), "f", FINDER, print))
    assert [r.text for r in records] == ["one", None, "two"]
    assert records[1].position == "f: line 3"
    assert "longer than" in records[1].error


def test_jsonl_reports_each_bad_line():
    """Broken JSON, no object, no caption: one error record each, in place."""
    data = b'{"id":1,"text":"a"}\n{broken\n[1]\n{"id":4}\n\n{"nasa_id":"x","description":"b"}\n{"text": NaN}\n{"text":"a","n":1e999}\n'
    records = list(read_jsonl(lines(data), "f", FINDER))
    assert [r.text for r in records] == ["a", None, None, None, "b", None, "a"]
    assert records[-1].fields["n"] == "1e999"
    assert [r.position for r in records] == [f"f: line {n}" for n in (1, 2, "3, record 1", 4, 6, 7, 8)]
    assert records[3].fields == {"id": 4}


def test_what_is_no_record_is_kept():
    """A line that is cut off, or holds something else than an object, is an error that keeps it; a number is no caption."""
    data = b'{"id": 1, "text": "cut o\n"alone"\nnull\n[]\n{}\n7\n{"id": NaN, "text": 1.10}\n{"id": 1.10, "text": Infinity}\n'
    records = list(read_jsonl(lines(data), "f", FINDER))
    assert [r.fields.get("value") for r in records[:6]] == ['{"id": 1, "text": "cut o', "alone", None, [], {}, 7]
    assert [(r.id, r.error) for r in records[6:]] == [
        ("", "the caption is no text (text)"),
        ("1.10", "the caption is no text (text)"),
    ]
    assert [list(r.fields.values()) for r in records[6:]] == [[None, "1.10"], ["1.10", "Infinity"]]
    assert not any(r.text for r in records)


def test_a_list_over_many_lines_is_read_line_by_line():
    """Objects with the commas and brackets of a list around them are records like any other."""
    data = b'[{"id": 1, "text": "A crane."},\n{"id": 2, "text": "A crew."}\n,\n{"id": [3], "text": "A bus [1]."}]\n]\n{"id": 4,\n'
    records = list(read_jsonl(lines(data), "f", FINDER))
    assert [(r.id, r.text) for r in records] == [("1", "A crane."), ("2", "A crew."), ("3", "A bus [1]."), ("", None)]
    assert records[-1].fields == {"value": '{"id": 4,'}


def test_each_field_with_captions_is_named_once():
    """Where records call it differently, what was chosen is said of each name."""
    said = []
    names = [" Description ", "DESCRIPTION", "Caption", "text", "Caption", "DESCRIPTION"]
    data = "".join(json.dumps({"id": n, name: "A crane."}) + "\n" for n, name in enumerate(names)).encode()
    records = list(read_jsonl(lines(data), "f", Finder(FieldChoice(), "f", said.append)))
    assert all(r.text == "A crane." for r in records)
    assert said == [
        *(
            "f: captions from Description; ids from id",
            "f: captions also from DESCRIPTION",
            "f: captions also from Caption",
        ),
    ]


@pytest.mark.parametrize(
    ("filler", "says"),
    [
        *(
            (filler, "is only what cameras and programs write")
            for filler in ("OLYMPUS DIGITAL CAMERA", "n/a", "#N/A", "#REF!", "\\N", "nan", "DCIM\\100MEDIA\\DJI_1.JPG")
        ),
        *(
            (filler, "is only the name of a file")
            for filler in ("C:\\Crews\\at work.jpg", "/scans/12.tif", "DSC_1.NEF")
        ),
        *((filler, "is empty") for filler in ("<p>&nbsp;</p>", "\u200b", "***")),
    ],
)
def test_what_nobody_wrote_hides_no_caption_in_a_later_field(filler, says):
    """Fillers and what shows nothing are passed over where another field holds a caption; alone they go to review."""
    record = record_of({"id": 1, "caption": filler, "description": "A crane waits."}, "f")
    assert (record.text, record.doubts) == ("A crane waits.", ())
    alone = record_of({"id": 1, "caption": filler}, "f")
    if filler == "\u200b":
        assert alone.error == "the caption is empty (caption)"
    else:
        assert alone.doubts == (f"the caption {says}",)


def test_lines_without_end_are_passed_over_in_pieces():
    """A line of any length is read once, in pieces of which none is kept beyond the longest line."""
    reads = []

    class Endless(io.BytesIO):
        def readline(self, size=-1):
            piece = super().readline(size)
            reads.append(len(piece))
            return piece

    data = b"a" * (20 << 20) + b"\nnext\n"
    assert [line.text for line in read_lines(Endless(data), "f", print)] == [None, "next"]
    assert sum(reads) == len(data)
    assert max(reads) <= 1 << 16


def test_lines_of_an_old_mac_file_are_given_one_by_one():
    """Millions of short lines that end with a carriage return alone take no memory each."""
    data = b"ab\r" * 300_000
    tracemalloc.start()
    count = sum(1 for _ in lines(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300_000
    assert peak < 6 * len(data)


cell_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=40).filter(
    lambda t: not is_blank(t)
)


@settings(deadline=None)
@given(st.lists(cell_texts, min_size=1, max_size=8))
def test_jsonl_reads_what_json_writes(captions):
    """JSON Lines come back the same, line for line."""
    data = "".join(json.dumps({"text": c}) + "\n" for c in captions).encode()
    assert [r.text for r in read_jsonl(lines(data), "f", FINDER)] == captions


@settings(deadline=None)
@given(
    st.binary(max_size=400).filter(
        lambda b: b"\0" not in b and not b.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"))
    )
)
def test_any_bytes_can_be_read(data):
    """No bytes make a reader of lines fail; every non-blank JSON line becomes one record."""
    with suppress(InputError):
        list(read_text(lines(data), "f", FINDER, print))
    count = sum(bool(line.text.strip()) for line in lines(data))
    assert len(list(read_jsonl(lines(data), "f", FINDER))) == count


def test_fields_with_our_names_move_aside(tagger):
    """Tagging a labelled record keeps its labels under `input` and everything else in place."""
    record = Record("f: line 1", {"id": "a", "event": "launch", "input": 1, "text": "Two men wave."}, "Two men wave.")
    out = output_record(record, tagger.tag_one("Two men wave."), FACETS)
    assert out["id"] == "a"
    assert out["input"] == {"event": "launch", "input": 1}
    assert out["event"] in FACETS[0].names


def test_csv_output_keeps_late_fields_in_one_column():
    """A field that the first record lacks is kept in `more`."""
    writer = CsvWriter(FACETS)
    text = writer.line({"id": "1", "crew_role": ["pilot", "commander"]}) + writer.line({"id": "2", "odd": 5})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["crew_role"] == "pilot;commander"
    assert json.loads(rows[1]["more"]) == {"odd": 5}


def test_lone_surrogates_can_be_written():
    """Text that UTF-8 cannot hold is escaped, not refused."""
    line = JsonlWriter().line({"text": "\ud800"})
    assert json.loads(line.encode("utf-8")) == {"text": "\ud800"}


def test_lone_surrogates_in_names_and_cells_end_no_table():
    """Columns and cells that UTF-8 cannot hold are written with a mark in the place of what it cannot hold."""
    writer = CsvWriter(FACETS)
    text = writer.line({"a\ud800": "x\ud800", "a?": "y", "l": ["\ud800"], "model": "1"})
    row = next(csv.DictReader(io.StringIO(text.encode("utf-8").decode("utf-8"))))
    assert (row["a?"], row["a? (2)"], row["l"]) == ("x?", "y", "?")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_within_a_cell_makes_no_row(end):
    """A cell that holds any kind of line end is one cell for every reader of CSV."""
    writer = CsvWriter(FACETS)
    text = writer.line({"a": f"one{end}two", "b": end, "model": "1"})
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["a"], row["b"]) == (f"one{end}two", end)
    assert text.endswith("\n")


def test_csv_is_written_for_excel_on_demand():
    """With its options CSV begins with a byte order mark, and no cell or header but a number begins a formula."""
    record = {"=id": "=1+1", "a": "-5", "b": " @x", "c": "+1 crane", "d": ["-a", "b"], "e": "plain", "model": "1"}
    text = CsvWriter(FACETS, CsvStyle(bom=True, formulas=False)).line(record)
    assert text.startswith("\ufeff")
    head, cells = csv.reader(io.StringIO(text[1:]))
    assert head[:6] == ["'=id", "a", "b", "c", "d", "e"]
    assert cells[:6] == ["'=1+1", "-5", "' @x", "'+1 crane", "'-a;b", "plain"]
    said = []
    writer = CsvWriter(FACETS, CsvStyle(warn=said.append))
    assert writer.line(record).splitlines()[1].startswith("=1+1,-5, @x,")
    assert not writer.finish()
    assert "formulas: 5 of them; for one give --no-formulas" in said[0]
