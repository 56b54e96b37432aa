"""Incoming records: every form read, every fault one record, nothing lost."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.errors import InputError
from mlcap.model.location import shipped_taxonomy
from mlcap.records import lines as lines_module
from mlcap.records.jsonl import read_jsonl
from mlcap.records.lines import LONGEST_CAPTION, read_lines
from mlcap.records.table import read_table
from mlcap.records.text import read_text
from mlcap.records.types import Record
from mlcap.records.writing import CsvWriter, JsonlWriter, output_record
from mlcap.taxonomy import read_taxonomy

FACETS = read_taxonomy(shipped_taxonomy())


def lines(data, warn=None):
    """Lines of bytes."""
    return read_lines(io.BytesIO(data), "f", warn or (lambda _: None))


def texts(data):
    """Captions of plain text."""
    return [r.text for r in read_text(lines(data), "f")]


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
        (b"", []),
    ],
)
def test_text_is_split_at_blank_lines_and_images(data, captions):
    """Blank lines separate captions; an image line is one, its repetition is not."""
    assert texts(data) == captions


def test_windows_1252_is_read_with_one_warning():
    """Bytes that are no UTF-8 are read as Windows-1252, and the file is named once."""
    warnings = []
    read = list(lines("caf\xe9\nna\xefve\nok\n".encode("cp1252"), warnings.append))
    assert [line.text for line in read] == ["caf\xe9", "na\xefve", "ok"]
    assert len(warnings) == 1


@pytest.mark.parametrize("data", [b"\x89PNG\0\0", b"\xff\xfea\0", b"\x1f\x8b\x08"])
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
    records = list(read_text(lines(b"one\n\n" + b"x" * (LONGEST_CAPTION + 5) + b"\n\ntwo"), "f"))
    assert [r.text for r in records] == ["one", None, "two"]
    assert records[1].position == "f: line 3"
    assert "longer than" in records[1].error


def test_jsonl_reports_each_bad_line():
    """Broken JSON, no object, no caption: one error record each, in place."""
    data = b'{"id":1,"text":"a"}\n{broken\n[1]\n{"id":4}\n\n{"nasa_id":"x","description":"b"}\n{"text": NaN}\n{"text":"a","n":1e999}\n'
    records = list(read_jsonl(lines(data), "f"))
    assert [r.text for r in records] == ["a", None, None, None, "b", None, None]
    assert [r.position for r in records] == [f"f: line {n}" for n in (1, 2, 3, 4, 6, 7, 8)]
    assert records[3].fields == {"id": 4}


def test_csv_cells_may_hold_quotes_and_line_ends():
    """Quoted cells keep their quotes and line ends."""
    data = b'id,text\n1,"a ""b"" c\nd"\n2,plain\n'
    assert [(r.fields["id"], r.text) for r in read_table(lines(data), "f", ",")] == [
        ("1", 'a "b" c\nd'),
        ("2", "plain"),
    ]


def test_an_open_quote_swallows_no_row():
    """A row whose quotation mark is never closed is one error; the rows after it are read."""
    data = b'id,text\n1,"open\n2,fine\n3,too\n'
    records = list(read_table(lines(data), "f", ","))
    assert [r.text for r in records] == [None, "fine", "too"]
    assert "never closed" in records[0].error


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        (b"a,b\n1,2\n", None, "no column is named"),
        (b"text,text\n1,2\n", None, "twice"),
        (b"id,text\n1,2\n", "body", "has no column"),
    ],
)
def test_tables_without_captions_say_which_columns_there_are(data, column, message):
    """A header that cannot be used is one error that names the columns."""
    with pytest.raises(InputError, match=message):
        list(read_table(lines(data), "f", ",", column))


def test_too_many_cells_are_an_error_record():
    """A row longer than the header is reported, not cut."""
    records = list(read_table(lines(b"id,text\n1,a,b\n2,c\n"), "f", ","))
    assert [r.text for r in records] == [None, "c"]


cell_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=40).filter(str.strip)


@settings(deadline=None)
@given(st.lists(cell_texts, min_size=1, max_size=8))
def test_csv_reads_what_csv_writes(captions):
    """Whatever Python's csv writer quotes comes back the same, row for row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "text"])
    writer.writerows([i, c] for i, c in enumerate(captions))
    read = [r.text for r in read_table(lines(out.getvalue().encode()), "f", ",")]
    assert read == captions


@settings(deadline=None)
@given(st.lists(cell_texts, min_size=1, max_size=8))
def test_jsonl_reads_what_json_writes(captions):
    """JSON Lines come back the same, line for line."""
    data = "".join(json.dumps({"text": c}) + "\n" for c in captions).encode()
    assert [r.text for r in read_jsonl(lines(data), "f")] == captions


@settings(deadline=None)
@given(
    st.binary(max_size=400).filter(
        lambda b: b"\0" not in b and not b.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"))
    )
)
def test_any_bytes_can_be_read(data):
    """No bytes make a reader of lines fail; every non-blank JSON line becomes one record."""
    list(read_text(lines(data), "f"))
    count = sum(bool(line.text.strip()) for line in lines(data))
    assert len(list(read_jsonl(lines(data), "f"))) == count


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
