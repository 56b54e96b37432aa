"""Tables of text as people have them: separators, quotation marks, headers and rows of every kind."""

from __future__ import annotations

import csv
import io
import re

import pytest
from conftest import mlcap
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlcap.errors import InputError, MlcapError
from mlcap.model.location import shipped_taxonomy
from mlcap.records import quoting
from mlcap.records import rows as rows_module
from mlcap.records.csv_writing import CsvWriter
from mlcap.records.finder import Finder
from mlcap.records.lines import Line, read_lines
from mlcap.records.parse import numbered
from mlcap.records.quoting import End, end_of
from mlcap.records.table import read_table
from mlcap.records.types import FieldChoice
from mlcap.taxonomy import read_taxonomy
from mlcap.text import is_blank
from mlcap.types import TaggedCaption, TaggedFacet

USUAL = FieldChoice()


def read(data, choice=USUAL, usual=","):
    """(records, warnings) of a table."""
    warnings = []
    stream = io.BufferedReader(io.BytesIO(data if isinstance(data, bytes) else data.encode()))
    finder = Finder(choice, "f", warnings.append)
    records = list(read_table(read_lines(stream, "f", warnings.append), "f", usual, finder, warnings.append))
    return records, warnings


def texts(data, usual=","):
    """The captions of a table, None for an error record."""
    return [r.text for r in read(data, usual=usual)[0]]


def test_csv_cells_may_hold_quotes_and_line_ends():
    """Quoted cells keep their quotes and line ends."""
    records, _ = read(b'id,text\n1,"a ""b"" c\nd"\n2,plain\n3,"a\xe2\x80\xa8b\nc"\n')
    assert [(r.id, r.text) for r in records] == [("1", 'a "b" c\nd'), ("2", "plain"), ("3", "a\u2028b\nc")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("usual", [",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_separator_and_the_encoding_are_found(separator, usual, encoding):
    """Whatever a spreadsheet program parts cells with, and however it writes letters, the same rows are read."""
    data = f'ID{separator}Description\r\n1{separator}"A crane, waits; \u017elut\u00fd"\r\n2{separator}Divers wave.\r\n'
    records, _ = read(data.encode(encoding), usual=usual)
    assert [(r.id, r.text) for r in records] == [("1", "A crane, waits; \u017elut\u00fd"), ("2", "Divers wave.")]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_a_line_that_names_the_separator_is_no_header(line):
    """The first line by which a spreadsheet program says what parts cells is followed, and no row."""
    assert texts(f"{line}\r\nid;text\r\n1;A crane, waits.\r\n") == ["A crane, waits."]


def test_joined_files_are_one_table():
    """Byte order marks, separator lines and headers of the later files are passed over; headers are counted."""
    one = "\ufeffsep=;\nid;text\n1;A crane.\n"
    records, warnings = read(one + one.replace("crane", "diver") + '\ufeff"id";"text"\n3;A crew.\nID ; Text\n4;Text\n')
    assert [(r.id, r.text) for r in records] == [("1", "A crane."), ("1", "A diver."), ("3", "A crew."), ("4", "Text")]
    assert warnings == ["f: passed over, repeating the header: 3 rows, the first in line 5"]


def test_rows_without_content_are_counted():
    """Rows of empty cells alone are passed over with one warning that counts them."""
    records, warnings = read("id,text\n1,A crane.\n,\n , \n\n2,A diver.\n,\n")
    assert [r.id for r in records] == ["1", "2"]
    assert warnings == ["f: passed over, without any content: 3 rows, the first in line 3"]


def test_empty_cells_at_the_end_are_no_columns():
    """Empty headers and cells behind the last column make neither fields nor faults; what stands under them is kept."""
    records, _ = read("id,text,,\n1,A crane.,,\n2,A diver.,,,,,\n3,A crew.\n4,A note.,,kept\n5,A net.,,,far\n")
    assert [r.fields for r in records[:3]] == [
        {"id": "1", "text": "A crane."},
        {"id": "2", "text": "A diver."},
        {"id": "3", "text": "A crew."},
    ]
    assert records[3].fields == {"id": "4", "text": "A note.", "column 3": "", "column 4": "kept"}
    assert (records[3].text, records[3].id) == ("A note.", "4")
    assert records[4].error == "has 5 cells under 2 columns"
    assert (records[4].fields["column 5"], records[4].id) == ("far", "5")


def test_an_open_quote_swallows_no_row():
    """A row whose quotation mark is never closed is one error that keeps its cells; the rows after it are read."""
    records, _ = read('id,text\n1,"open\n2,fine\n3,"too"\n4,"he said\n5,"yes, ""go""",\n')
    assert [r.text for r in records] == [None, "fine", "too", None, 'yes, "go"']
    assert records[0].error == "a quotation mark is never closed"
    assert [r.id for r in records] == ["1", "2", "3", "4", "5"]


def test_marks_that_are_not_doubled_stay_in_their_cell():
    """A mark within a quoted cell that does not end it is a character of the cell, also where it is not doubled."""
    assert texts('id,text\n1,"He said "go" now, please"\n2,"a" \n3,x "y" z\n') == [
        'He said "go" now, please',
        "a ",
        'x "y" z',
    ]


def test_no_mark_of_a_text_is_lost_where_marks_are_mended():
    """Marks that open a caption and close before its end are its own; where cells do not fit, the row is an error."""
    data = (
        'id,text\n1,"Go" for launch he says.\n2,"Go" and "stop"\n3,""Go" he says"\n4, "Go, now"\n5,"Go" he says, now\n'
        '6,5" pipe\n7,"open\n8,end\n'
    )
    records, _ = read(data)
    assert [r.text for r in records] == [
        *('"Go" for launch he says.', '"Go" and "stop"', '"Go" he says', "Go, now", None, '5" pipe', None, "end"),
    ]
    assert records[4].error == "a quotation mark is neither doubled nor at a cell's end"
    assert list(records[4].fields.values()) == ["5", '"Go" he says', " now"]
    assert records[6].error == "a quotation mark is never closed"
    assert [r.id for r in records] == [str(n) for n in range(1, 9)]
    assert texts('id\ttext\n1\t"Go" for launch\n2\t"Go"\n', "\t") == ['"Go" for launch', "Go"]


def test_under_one_column_nothing_is_parted():
    """A list of captions under one header keeps its commas, quoted or not; empty cells behind it are nothing."""
    assert texts('Caption\nA crane, a crew, a bus.\n"A crane, ""Big"", waits."\nA crane.,,\n') == [
        *("A crane, a crew, a bus.", 'A crane, "Big", waits.', "A crane."),
    ]


@pytest.mark.parametrize("row", [",,--", "-,--,", "--,,--", "-,-,-", "=,-,-", "--,-,--"])
def test_dashes_in_some_cells_are_what_somebody_wrote(row):
    """The first row is an error record, and keeps them."""
    records, _ = read(f"id,text,note\n{row}\n1,A crane.,\n")
    assert [r.text for r in records][1:] == ["A crane."]
    assert ",".join(records[0].fields[name] or "" for name in ("id", "text", "note")) == row


@pytest.mark.parametrize("border", ["--|--", "|:--|--:|", "---+-----", "| --- | --- |"])
def test_a_border_under_the_header_is_no_row(border):
    """Tables of Markdown and of the consoles of databases have one; further down it is a row like any other."""
    records, warnings = read(f"id|text\n{border}\n1|A crane.\n--|--\n")
    assert any(w.endswith("passed over, the border under the header: 1 row, in line 2") for w in warnings)
    assert [r.text for r in records] == ["A crane.", "--"]


def test_zeros_within_a_table_are_no_sign_of_a_binary_file():
    """Cells that a database filled up are read; a file that begins as pictures and programs do is refused."""
    assert texts("id,text\n1\0\0,A crane.\0\0\n2,A crew.\n") == ["A crane.\0\0", "A crew."]
    for head in (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\0\0", b"\0" * 40 + b"abc"):
        with pytest.raises(InputError, match="binary"):
            read(head)


def test_the_sign_at_the_end_of_a_file_of_dos_is_no_row():
    """Elsewhere it is a character like any other."""
    assert texts("id,text\n1,A crane.\x1a\n\x1a\n\x1a") == ["A crane.\x1a", None]
    assert texts("id,text\n1,\x1a\n") == ["\x1a"]


def test_a_lone_mark_in_tsv_is_a_character():
    """In tables parted by tabs a mark quotes only a cell that ends with one, and never the rows that follow."""
    data = (
        'id\ttext\n1\t"Go, they say.\n2\tA crane "waits".\n3\t"Home: a crew.\n4\t"Quoted ""here"""\n5\t"two\nlines"\n'
    )
    assert texts(data, "\t") == [
        '"Go, they say.',
        'A crane "waits".',
        '"Home: a crew.',
        'Quoted "here"',
        "two\nlines",
    ]


def looked_at(monkeypatch, data):
    """How many characters were searched for quotation marks while a table was read, and its records."""
    count = [0]
    search = rows_module.end_of

    def counted(text, separator, quoted):
        count[0] += len(text)
        return search(text, separator, quoted)

    monkeypatch.setattr(rows_module, "end_of", counted)
    records, warnings = read(data)
    monkeypatch.undo()
    return count[0], [*records, *warnings]


@pytest.mark.parametrize("row", ['x"y,"', '"', '"""', '","', 'a,"b', ',"""', 'x"y,"' + "z" * 50, '"\n' + "a\n" * 30])
def test_open_quotes_are_searched_in_linear_time(monkeypatch, row):
    """However many rows leave a cell open, no character of a table is looked at more than twice."""
    monkeypatch.setattr(quoting, "MOST_LINES", 200)
    data = f"text,b\n{f'{row}{chr(10)}' * 3000}".encode()
    count, places = looked_at(monkeypatch, data)
    assert 0 < count <= 2 * len(data)
    assert places


@settings(deadline=None)
@given(
    st.lists(st.text('ab",', max_size=8) | st.none(), max_size=30),
    st.integers(1, 6),
)
def test_open_quotes_are_found_as_by_looking_ahead_anew(rows, most):
    """Each row that starts a cell ends at the first line that closes it, or alone where none does in good time."""

    def closing(number):
        for end, text in enumerate(rows[number + 1 : number + most], number + 1):
            found = End.BROKEN if text is None else end_of(text, ",", quoted=True)
            if found is not End.OPEN:
                return end if found is End.CLOSED else None
        return None

    expected, number = [], 0
    while number < len(rows):
        text = rows[number]
        end = number
        if text is None or text.strip():
            if text is not None and end_of(text, ",", quoted=False) is End.OPEN:
                end = closing(number) or number
            expected.append(f"line {number + 1}")
        number = end + 1
    source = [Line(n, text) for n, text in enumerate(rows, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quoting, "MOST_LINES", most)
        assert [row.place for row in rows_module._rows(source, ",")] == expected


@settings(deadline=None)
@given(st.text('ab", ', max_size=12), st.booleans())
def test_a_line_ends_quoted_where_python_reads_on(text, quoted):
    """Where marks are doubled as they should be, a row goes on in the next line where Python's own reader goes on."""
    end = end_of(text, ",", quoted)
    rows = list(csv.reader(['"\n', f"{text}\n", "end\n"] if quoted else [f"{text}\n", "end\n"]))
    assert end is End.BROKEN or (end is End.OPEN) == (rows[-1] != ["end"])


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
    assert numbered(names) == names
    assert numbered([*names, Name("c7"), Name("c7")])[-2:] == ["c7 (2)", "c7 (3)"]
    finder = Finder(FieldChoice(), "f", print)
    finder.check(["text", *names])
    writer = CsvWriter(read_taxonomy(shipped_taxonomy()))
    record = dict.fromkeys(names, "x")
    for _ in range(3):
        finder.record(record, "f")
        writer.line({**record, "model": "1"})
    assert Name.count < 60 * len(names)


def test_a_wide_table_is_read_and_short_rows_do_not_fill_it():
    """20,000 columns are read; under so many a row with fewer cells is an error record of its own size."""
    header = ",".join(f"c{n}" for n in range(20_000))
    data = f'text,{header}\nA crane waits.{"," * 20_000}x\nA crane.,\n{"x" * 9},"\n'.encode()
    (whole, short, broken), _ = read(data)
    assert (whole.text, len(whole.fields)) == ("A crane waits.", 20_001)
    assert short.error == "has 2 cells under 20001 columns"
    assert short.fields == {"text": "A crane.", "c0": ""}
    assert (broken.fields, broken.text) == ({"text": "x" * 9, "c0": '"'}, None)
    with pytest.raises(InputError, match=r"c48, c49 and 19950 more with --column") as caught:
        read(header)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("data", "choice", "message"),
    [
        ("a,b\n1,2\n", FieldChoice(), "no column is named"),
        ("text,text\n1,2\n", FieldChoice(), "'text' twice"),
        ("id,note,note\n1,2,3\n", FieldChoice(("note",)), "'note' twice"),
        ("id,text\n1,2\n", FieldChoice(("body",)), "has no column 'body'; it has id, text"),
        ("id,text\n1,2\n", FieldChoice(("body", "words")), "has no column 'body' or 'words'"),
        ("id,text\n1,2\n", FieldChoice((), "key"), "has no column 'key'"),
    ],
)
def test_tables_without_captions_say_which_columns_there_are(data, choice, message):
    """A header that cannot be used is one error that names the columns."""
    with pytest.raises(InputError, match=message):
        read(data, choice)


def test_a_doubled_column_that_is_not_chosen_keeps_both():
    """Two columns of one name keep their cells under two names; only a chosen one must not stand twice."""
    records, _ = read("note,text,note\na,A crane.,b\n")
    assert records[0].fields == {"note": "a", "text": "A crane.", "note (2)": "b"}


def test_columns_are_chosen_in_order_of_preference():
    """Several --column and --id are taken as asked, per row the first that is not empty, and said once."""
    data = "Long,Short,Key\n,A crane.,a\nDivers wave.,Divers.,b\n,,c\n"
    records, warnings = read(data, FieldChoice(("long", "short", "none"), "KEY"))
    assert [(r.id, r.text) for r in records] == [("a", "A crane."), ("b", "Divers wave."), ("c", None)]
    assert records[2].error == "the caption is empty (Long and Short)"
    assert records[2].fields == {"Long": "", "Short": "", "Key": "c"}
    assert warnings == ["f: captions from Long, else Short; ids from Key"]


@pytest.mark.parametrize(
    ("header", "caption", "name"),
    [
        ("Asset ID,Photo caption", "Photo caption", "Asset ID"),
        ("Resource ID(s),Title,Caption", "Caption", "Resource ID(s)"),
        ("SourceFile,FileName,Caption-Abstract", "Caption-Abstract", "SourceFile"),
        ("Filename,Title,ImageDescription", "ImageDescription", "Filename"),
        ("Item Id,Dublin Core:Title,Dublin Core:Description", "Dublin Core:Description", "Item Id"),
        ("Accession Number,DESCRIPTION", "DESCRIPTION", "Accession Number"),
        ("Caption Writer,Picture Identifier,Picture caption", "Picture caption", "Picture Identifier"),
        ("Document ID,Media ID,Cutline", "Cutline", "Media ID"),
        ("XMP-xmpMM:DocumentID,FileName,XMP-dc:Description", "XMP-dc:Description", "FileName"),
        ("Caption date,No.,Slide no,Caption_EN", "Caption_EN", "Slide no"),
        ("Inventory No.,Scope and Content Note", "Scope and Content Note", "Inventory No."),
        ("Nr,Caption/Description", "Caption/Description", "Nr"),
    ],
)
def test_columns_of_common_exports_are_known(header, caption, name):
    """The caption and the id are found in the exports of the usual systems, whatever else these hold."""
    cells = ["A crane waits." if n == caption else "k-1" if n == name else "x" for n in header.split(",")]
    (record,), _ = read(f"{header}\n{','.join(cells)}\n")
    assert (record.text, record.id) == ("A crane waits.", "k-1")


cell_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), min_size=1, max_size=40)


@settings(deadline=None)
@given(st.lists(cell_texts.filter(lambda t: not is_blank(t)), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_tables_are_read_as_they_are_written(captions, separator):
    """Whatever Python's csv writer quotes comes back the same, row for row.

    In tables parted by tabs a cell that goes on in the next line and has a tab there is read as rows with lone marks.
    """
    assume(separator != "\t" or not any("\t" in text and "\n" in text for text in captions))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", delimiter=separator)
    writer.writerow(["id", "text"])
    writer.writerows([i, c] for i, c in enumerate(captions))
    assert texts(out.getvalue()) == captions


def test_the_second_of_two_columns_can_be_taken():
    """A doubled column is told with what takes the second one, and that does."""
    data = "id,text,text\n1,A crane waits.,Divers wait.\n"
    with pytest.raises(InputError, match=r"or take the second with --column 'text \(2\)'"):
        texts(data)
    records = read(data, FieldChoice(("text (2)",)))[0]
    assert [r.text for r in records] == ["Divers wait."]


@pytest.mark.parametrize(
    ("turn", "found"), [(("text (2)", "text"), ["b", "c", "d"]), (("text", "TEXT(2)"), ["a", "c", "d"])]
)
def test_both_of_two_columns_can_be_taken(turn, found):
    """A doubled column is no doubt where both are named, in order of preference; the advice says so."""
    data = "id,text,text\n1,a,b\n2,c,\n3,,d\n"
    with pytest.raises(InputError, match=r"or both with --column 'text' --column 'text \(2\)'"):
        texts(data)
    records, said = read(data, FieldChoice(turn))
    assert [r.text for r in records] == found
    assert said == [f"f: captions from {turn[0]}, else {turn[1].replace('TEXT', 'text ')}; ids from id"]


def test_captions_of_exiftool_s_columns_are_told():
    """Which columns were taken is said once, for those of embedded metadata too."""
    said = []
    finder = Finder(FieldChoice(), "x.csv", said.append)
    finder.check(["Resource ID", "Caption-Abstract", "ImageDescription"])
    assert said == ["x.csv: captions from Caption-Abstract, else ImageDescription; ids from Resource ID"]


#: Names of columns that may hold a caption, plain ones and those of exiftool, in languages too.
HOLDERS = [
    *("Description", "Caption", "Photo caption", "Caption-Abstract", "ImageDescription", "XMP-dc:Description"),
    *("XMP-dc:Description-fr", "XMP-dc:Description-en", "IPTC:Headline", "XMP:ImageDescription"),
]


@settings(deadline=None)
@given(st.permutations([*HOLDERS, "SourceFile", "note"]), st.integers(2, 6), st.data())
def test_what_was_chosen_is_what_is_said(names, width, data):
    """The columns are said in the order in which they count: of each row the first that holds something."""
    header = names[:width]
    rows = data.draw(st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=6))
    lines = [",".join(f"A crane {n}." if full else "" for n, full in enumerate(row)) for row in rows]
    holders = [name for name in header if name in HOLDERS]
    if not holders or width == 1:
        return
    records, said = read("\n".join([",".join(header), *lines, ""]))
    found = re.search(r"captions from (.*); (?:ids from|no field)", " ".join(said))
    order = found[1].split(", else ") if found else holders
    assert sorted(order) == sorted(holders) or not any(r.text for r in records)
    full = [row for row in rows if any(row)]
    for row, record in zip(full, records, strict=True):
        there = [n for n in order if row[header.index(n)]]
        assert record.text == (f"A crane {header.index(there[0])}." if there else None)


def test_every_field_that_may_name_a_row_is_said():
    """A row without what usually names one is named by the next, which the line about what was chosen says."""
    records, said = read("Asset ID,Filename,Photo caption\nk-1,a.jpg,A crane.\n,b.jpg,A crane.\n")
    assert [r.id for r in records] == ["k-1", "b.jpg"]
    assert said == ["f: captions from Photo caption; ids from Asset ID, else Filename"]


def test_a_table_shows_the_caption_that_was_read(small, tmp_path):
    """Of a column that was asked for, on a terminal and in a file."""
    (tmp_path / "a.csv").write_text("id,caption,caption\n1,,A crane waits at the pad.\n", "utf-8")
    run = lambda *args: mlcap(  # noqa: E731
        *("tag", "a.csv", "--column", "caption (2)", "--to", "table", *args),
        cwd=tmp_path,
        env={"MLCAP_MODELS": str(small / "models")},
        check=0,
    )
    assert "        A crane waits at the pad." in run().out
    run("-o", "t.txt")
    assert "        A crane waits at the pad." in (tmp_path / "t.txt").read_text("utf-8")


def test_tags_without_the_usual_facets_say_so():
    """A version with facets of its own has no event, which is an error of ours."""
    with pytest.raises(MlcapError, match="has no facet event; it has mood"):
        TaggedCaption({"mood": TaggedFacet(False, ("calm",), {"calm": 0.9})}, (), "1").event  # noqa: B018
