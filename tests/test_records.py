"""Incoming records: every form read, every fault one record, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.errors import InputError
from mlcap.model.location import shipped_taxonomy
from mlcap.records import lines as lines_module
from mlcap.records import table as table_module
from mlcap.records.jsonl import read_jsonl
from mlcap.records.lines import LONGEST_CAPTION, Line, read_lines
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


def looked_at(monkeypatch, data):
    """How many characters were searched for quotation marks while a table was read, and its records."""
    count = [0]
    search = table_module.ends_quoted

    def counted(text, delimiter, quoted):
        count[0] += len(text)
        return search(text, delimiter, quoted)

    monkeypatch.setattr(table_module, "ends_quoted", counted)
    records = list(read_table(lines(data), "f", ","))
    monkeypatch.undo()
    return count[0], records


@pytest.mark.parametrize("row", ['x"y,"', '"', '"""', '","', 'a,"b', ',"""', 'x"y,"' + "z" * 50, '"\n' + "a\n" * 30])
def test_open_quotes_are_searched_in_linear_time(monkeypatch, row):
    """However many rows leave a cell open, no character of a table is looked at more than twice."""
    monkeypatch.setattr(table_module, "MOST_LINES", 200)
    data = f"text,b\n{f'{row}{chr(10)}' * 3000}".encode()
    count, records = looked_at(monkeypatch, data)
    assert count <= 2 * len(data)
    assert records


@settings(deadline=None)
@given(
    st.lists(st.text('ab",', max_size=8) | st.none(), max_size=30),
    st.integers(1, 6),
)
def test_open_quotes_are_found_as_by_looking_ahead_anew(rows, most):
    """Each row that starts a cell ends at the first line that closes it, or is an error where none does in good time."""

    def closing(number):
        for end, text in enumerate(rows[number + 1 : number + most], number + 1):
            if text is None:
                return None
            if not table_module.ends_quoted(text, ",", quoted=True):
                return end
        return None

    expected, number = [], 0
    while number < len(rows):
        text = rows[number]
        end = number
        if text is not None and text.strip():
            if table_module.ends_quoted(text, ",", quoted=False):
                end = closing(number)
            expected.append((number + 1, end is not None))
        elif text is None:
            expected.append((number + 1, False))
        number = number + 1 if end is None else end + 1
    source = [Line(n, text) for n, text in enumerate(rows, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_module, "MOST_LINES", most)
        assert [(n, cells is not None) for n, cells, _ in table_module._rows(source, ",")] == expected


@settings(deadline=None)
@given(st.text('ab",', max_size=12), st.booleans())
def test_a_line_ends_quoted_where_python_reads_on(text, quoted):
    """A row goes on in the next line where Python's own reader goes on."""
    rows = list(csv.reader(['"\n', f"{text}\n", "end\n"] if quoted else [f"{text}\n", "end\n"]))
    assert table_module.ends_quoted(text, ",", quoted) == (rows[-1] != ["end"])


class Name(str):
    """The name of a column that counts how often it is compared."""

    __slots__ = ()
    count = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Name.count += 1
        return str.__eq__(self, other)


def test_many_columns_take_linear_time():
    """Names of columns are looked up, not compared with one another, in reading and in writing."""
    names = [Name(f"c{n}") for n in range(3000)]
    Name.count = 0
    assert table_module.first_twice(names) is None
    assert table_module.first_twice([*names, Name("c7")]) == "c7"
    writer = CsvWriter(FACETS)
    record = dict.fromkeys(names, "x")
    for _ in range(3):
        writer.line({**record, "model": "1"})
    assert Name.count < 40 * len(names)


def test_a_wide_table_is_read_and_short_rows_do_not_fill_it():
    """20,000 columns are read; under so many a row with fewer cells is an error record of its own size."""
    header = ",".join(f"c{n}" for n in range(20_000))
    data = f'text,{header}\nA crane waits.{"," * 20_000}\nA crane.,\n{"x" * 9},"\n'.encode()
    whole, short, broken = read_table(lines(data), "f", ",")
    assert (whole.text, len(whole.fields)) == ("A crane waits.", 20_001)
    assert short.error == "has 2 cells under 20001 columns"
    assert short.fields == {"text": "A crane.", "c0": ""}
    assert (broken.fields, broken.text) == ({}, None)
    with pytest.raises(InputError, match=r"c48, c49 and 19950 more with --column") as caught:
        list(read_table(lines(header.encode()), "f", ","))
    assert len(str(caught.value)) < 500


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
