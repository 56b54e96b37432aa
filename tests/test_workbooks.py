"""Workbooks of spreadsheet programs: read like any other table, and bounded before they are parsed."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from test_linear import lines_run

from mlcap.records import workbook as workbook_module
from mlcap.records import workbook_bounds
from mlcap.records.reading import read_records
from mlcap.records.types import FieldChoice

ROWS = [["Asset ID", "Photo caption", None], [7, "A crane waits.", None], [], ["k-2", "Divers\nwave.", None]]


def write(path, **sheets):
    """A workbook with rows by the name of the sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path):
    """(records, failures, warnings) of a workbook."""
    failures, warnings = [], []
    records = list(read_records([str(path)], None, FieldChoice(), warnings.append, failures.append))
    return records, [str(f) for f in failures], warnings


def test_a_workbook_is_read_like_any_table(tmp_path):
    """Captions, ids and places are those of the sheet; empty rows are counted, and empty columns are nothing."""
    records, failures, warnings = read(write(tmp_path / "a.xlsx", One=ROWS))
    assert [(r.id, r.text, r.position[-5:]) for r in records] == [
        ("7", "A crane waits.", "row 2"),
        ("k-2", "Divers\nwave.", "row 4"),
    ]
    assert records[0].fields == {"Asset ID": 7, "Photo caption": "A crane waits."}
    assert not failures
    assert [w.split(": ", 1)[1] for w in warnings] == [
        "captions from Photo caption; ids from Asset ID",
        "passed over, without any content: 1 row, the first in row 3",
    ]


def test_sheets_without_captions_are_named_with_their_rows(tmp_path):
    """All sheets with captions are read; of the others it is said how many rows they have."""
    path = write(tmp_path / "a.xlsx", Notes=[["who"], ["x"]], One=ROWS, Two=ROWS[:2], Empty=[])
    records, failures, warnings = read(path)
    assert [r.position.split(": ")[1] for r in records] == ["sheet One, row 2", "sheet One, row 4", "sheet Two, row 2"]
    assert not failures
    assert warnings[-1].endswith("are passed over: Notes (2 rows)")
    assert "no column is named" in read(write(tmp_path / "b.xlsx", Notes=[["who"], ["x"]]))[1][0]


def test_cells_of_every_kind_are_values_of_json(tmp_path):
    """Days, times, durations, numbers and truth values come as JSON can hold them."""
    cells = [date(2031, 5, 9), datetime(2031, 5, 9, 4, 30), time(4, 30), timedelta(hours=1), 1.5, True]  # noqa: DTZ001
    rows = [["text", *"abcdef"], ["A crane waits.", *cells]]
    (record,), _, _ = read(write(tmp_path / "a.xlsx", One=rows))
    assert list(record.fields.values())[1:] == ["2031-05-09", "2031-05-09T04:30:00", "04:30:00", 3600.0, 1.5, True]


def test_odd_cells_are_odd_cells(tmp_path):
    """A number that is no date of any calendar stays that number, a character that XML does not hold is itself again."""
    path = write(
        tmp_path / "a.xlsx",
        One=[["text", "day"], ["A crane_x000D_\nwaits, _x005F_x.", 3_000_000.5], [date(2031, 5, 9), 1]],
    )
    book = openpyxl.load_workbook(path)
    book["One"]["B2"].number_format = "yyyy-mm-dd"
    book["One"].append([])
    book["One"]["A9"], book["One"]["B9"] = "A crew.", 4_000_000
    book["One"]["B9"].number_format = "yyyy-mm-dd"
    book.save(path)
    records, failures, _ = read(path)
    assert not failures
    assert [list(r.fields.values()) for r in records] == [
        *(["A crane\r\nwaits, _x.", "3000000.5"], ["2031-05-09", 1], ["A crew.", "4000000"]),
    ]
    assert [r.error for r in records] == ["", "the caption is no text (text)", ""]


def repacked(path, part, data):
    """The workbook with one of its parts replaced."""
    with zipfile.ZipFile(path) as old:
        parts = {i.filename: old.read(i) for i in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in {**parts, part: data}.items():
            new.writestr(name, content)
    return path


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def test_what_is_no_workbook_or_too_large_is_one_line(tmp_path, monkeypatch):
    """Damage, too many cells, rows far beyond the last, and packing beyond reason are refused with one line."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\3\4 nothing")
    assert "cannot be read as a workbook" in read(path)[1][0]
    write(path, One=ROWS)
    cells = SHEET.format("<row r='1'>" + "<c/>" * 300_001 + "</row>")
    assert "tags" in read(repacked(path, "xl/worksheets/sheet1.xml", cells))[1][0]
    far = "<row r='1'><c t='inlineStr'><is><t>text</t></is></c></row><row r='99999999999'><c><v>1</v></c></row>"
    monkeypatch.setattr(workbook_module, "MOST_ROWS", 1000)
    assert "more than 1000 rows" in read(repacked(path, "xl/worksheets/sheet1.xml", SHEET.format(far)))[1][0]
    monkeypatch.setattr(workbook_bounds, "FREE_BYTES", 1 << 20)
    packed = repacked(path, "xl/worksheets/sheet1.xml", SHEET.format(" " * (30 << 20)))
    assert "more than a workbook should" in read(packed)[1][0]
    broken = repacked(
        write(path, One=ROWS), "xl/worksheets/sheet1.xml", SHEET.format("<row><c t='s'><v>99</v></c></row>")
    )
    assert "the header, row 1, cannot be read: the text of cell A1 is not in the workbook" in read(broken)[1][0]


@pytest.mark.parametrize("name", ["-"])
def test_a_workbook_is_not_read_from_a_pipe(name):
    """Standard input gives no workbook, since it is read from its end."""
    failures = []
    assert not list(read_records([name], "xlsx", FieldChoice(), print, failures.append))
    assert "read from its end" in str(failures[0])


def test_a_cell_far_to_the_right_is_an_error_record(tmp_path):
    """A row of thousands of cells costs no more than its neighbours, and keeps its first cells."""
    far = "<row r='1'><c r='A1' t='inlineStr'><is><t>id</t></is></c><c r='B1' t='inlineStr'><is><t>text</t></is></c></row>"
    far += "<row r='2'><c r='A2'><v>7</v></c><c r='ZZZ2'><v>1</v></c></row>"
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", SHEET.format(far))
    (record,), _, _ = read(path)
    assert (record.error, record.id) == ("has more than 4000 cells", "7")


def test_rows_without_a_cell_are_counted_as_those_of_a_text_are(tmp_path):
    """Rows that a sheet leaves out, holds without a cell or with empty ones: from the header on each is counted."""
    empty = "<row r='3'/><row r='4'><c r='A4'/></row><row r='9'/>"
    rows = f"<row r='1'/>{HEAD.replace('1', '2')}{empty}<row r='10'>{CAPTION.format(10)}</row><row r='12'/>"
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", SHEET.format(rows))
    (record,), failures, said = read(path)
    assert record.position.endswith("row 10")
    assert said == [f"{path}: passed over, without any content: 9 rows, the first in row 3"]
    assert not failures


def test_rows_that_are_missing_cost_nothing_and_none_is_lost(tmp_path):
    """Only rows that a sheet holds are gone through, and each of them is read, in whatever order they and their cells stand."""
    head = "<row r='1'><c r='A1' t='inlineStr'><is><t>id</t></is></c><c r='B1' t='inlineStr'><is><t>text</t></is></c></row>"
    one = "<row r='{0}'><c r='B{0}' t='inlineStr'><is><t>A crane.</t></is></c><c r='A{0}'><v>{0}</v></c></row>"
    sheet = SHEET.format(head + one.format(1_048_576) + one.format(7) + one.format(7))
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", sheet)
    assert lines_run(read, path) < 3000
    records, failures, said = read(path)
    assert said[-1].endswith("passed over, without any content: 1048574 rows, the first in row 2")
    assert [(r.id, r.text, r.error) for r in records] == [
        ("1048576", "A crane.", ""),
        ("7", "A crane.", ""),
        ("7", "A crane.", ""),
    ]
    assert not failures


HEAD = "<row r='1'><c r='A1' t='inlineStr'><is><t>id</t></is></c><c r='B1' t='inlineStr'><is><t>text</t></is></c></row>"
CAPTION = "<c r='B{0}' t='inlineStr'><is><t>A crane.</t></is></c>"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("<c r='A2'><v>7,5</v></c>", "7,5"),
        ("<c r='A2' s='99'><v>7</v></c>", 7),
        ("<c r='A2' s='x'><v>7</v></c>", 7),
        ("<c r='A2' t='b'><v>true</v></c>", "true"),
        ("<c r='A2' t='d'><v>9 May</v></c>", "9 May"),
        ("<c r='A2' t='z'><v>7</v></c>", "7"),
        ("<c r='?' t='b'><v>TRUE</v></c>", "TRUE"),
        ("<c r='A2' t='e'><v>#REF!</v></c>", "#REF!"),
        ("<c r='A2'><v>45000.5e999</v></c>", "45000.5e999"),
        ("<c r='A2' s='1'><v>-1e400</v></c>", "-1e400"),
        ("<c r='A2'><v>nan</v></c>", "nan"),
    ],
)
def test_a_damaged_cell_is_one_cell(tmp_path, cell, value):
    """What is no value of its type stays as it is written, and neither its row nor those after it suffer."""
    rows = f"<row r='2'>{cell}{CAPTION.format(2)}</row><row r='x'>{CAPTION.format(3)}</row>"
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", SHEET.format(HEAD + rows))
    records, failures, _ = read(path)
    assert not failures
    assert [(r.fields, r.position[-5:]) for r in records] == [
        ({"id": value, "text": "A crane."}, "row 2"),
        ({"id": "", "text": "A crane."}, "row 3"),
    ]


@pytest.mark.parametrize("number", ["99", "-1", "x", "1e0"])
def test_a_text_that_is_lost_is_an_error_record(tmp_path, number):
    """The number of a shared text that is not there is no caption and no id; the row keeps its other cells."""
    lost = f"<row r='2'><c r='A2'><v>7</v></c><c r='B2' t='s'><v>{number}</v></c></row><row r='3'>{CAPTION.format(3)}</row>"
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", SHEET.format(HEAD + lost))
    records, failures, _ = read(path)
    assert not failures
    assert [(r.id, r.error) for r in records] == [("7", "the text of cell B2 is not in the workbook"), ("", "")]


def test_what_follows_the_rows_matters_nothing(tmp_path):
    """Damaged merged cells, protection and conditions lose no row."""
    after = "</sheetData><mergeCells><mergeCell ref='?'/></mergeCells><sheetProtection sheet='?'/><sheetData>"
    sheet = SHEET.format(HEAD + f"<row r='2'>{CAPTION.format(2)}</row>{after}")
    records, failures, _ = read(repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", sheet))
    assert ([r.text for r in records], failures) == (["A crane."], [])


def test_formulas_that_nobody_calculated_are_told(tmp_path):
    """A formula without its value reads as empty and is counted with its place; one that gives an empty text is not."""
    cells = '<c r="A{0}"><f>ROW()</f>{1}</c><c r="B{0}" t="str"><f>C{0}</f><v>{2}</v></c>'
    rows = [(2, "<v>2</v>", "A crane."), (3, "<v/>", "A crew."), (4, "", ""), (5, "<v>5</v>", "")]
    sheet = SHEET.format(HEAD + "".join(f"<row r='{n}'>{cells.format(n, *row)}</row>" for n, *row in rows))
    path = repacked(write(tmp_path / "a.xlsx", One=ROWS), "xl/worksheets/sheet1.xml", sheet)
    records, failures, warnings = read(path)
    assert [(r.id, r.text) for r in records] == [("2", "A crane."), ("", "A crew."), ("5", None)]
    assert not failures
    assert any("passed over, without any content: 1 row, the first in row 4" in w for w in warnings)
    assert any("2 formulas have no value and read as empty, the first in cell A3" in w for w in warnings)
    # As libraries write them.
    write(path, Two=[["id", "text"], [1, '="A "&"crane"']])
    records, _, warnings = read(path)
    assert [r.error for r in records] == ["the caption is empty (text)"]
    assert "1 formula has no value and reads as empty, the first in cell B2" in warnings[-1]


RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/styles.xml", "<styleSheet><fills><fill/></fills><cellXfs><xf fillId='99'/></cellXfs></styleSheet>"),
        ("xl/styles.xml", "<styleSheet"),
        ("docProps/core.xml", "<coreProperties><created>yesterday</created></coreProperties>"),
        ("docProps/custom.xml", "<no"),
        ("xl/theme/theme1.xml", "<no"),
        ("xl/worksheets/_rels/sheet1.xml.rels", RELATIONS.format("<Relationship/>")),
    ],
)
def test_what_only_says_how_a_workbook_looks_matters_nothing(tmp_path, part, content):
    """Damage of styles, properties and relations, as programs of every kind leave it, loses no row."""
    records, failures, _ = read(repacked(write(tmp_path / "a.xlsx", One=ROWS), part, content))
    assert [r.text for r in records] == ["A crane waits.", "Divers\nwave."]
    assert not failures


def test_sheets_of_other_kinds_are_passed_over(tmp_path):
    """A sheet that shows a chart is none of cells; one that is hidden is read, and one that is lost is told."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append([1, "A crane."])
    book.create_chartsheet("Chart")
    book.copy_worksheet(book.active).sheet_state = "hidden"
    book.save(path)
    records, failures, warnings = read(path)
    assert [r.position.partition(": ")[2] for r in records] == ["sheet Sheet, row 2", "sheet Sheet Copy, row 2"]
    assert not failures
    assert warnings == [f"{path}: sheets that are hidden are read as well: Sheet Copy"]
    relations = RELATIONS.format(
        "".join(
            f'<Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
            f' Target="/xl/worksheets/{name}.xml" Id="rId{number}"/>'
            for number, (kind, name) in enumerate(
                (("worksheet", "SHEET1"), ("chartsheet", "sheet1"), ("worksheet", "gone")), 1
            )
        )
    )
    records, failures, warnings = read(repacked(path, "xl/_rels/workbook.xml.rels", relations))
    assert [r.id for r in records] == ["1"]
    assert warnings[-1] == f"{path}: sheets that it names are not in it: Sheet Copy"


def test_workbooks_of_other_forms_are_told(tmp_path):
    """One with a password, one of the strict form and one without cells say what to save."""
    (tmp_path / "a.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    assert "has a password; save it as .xlsx without one" in read(tmp_path / "a.xlsx")[1][0]
    strict = repacked(
        write(tmp_path / "b.xlsx", One=ROWS), "xl/workbook.xml", "<workbook xmlns='http://purl.oclc.org/ooxml/x'/>"
    )
    assert "Strict Open XML; save it as an ordinary .xlsx" in read(strict)[1][0]
    empty = repacked(
        write(tmp_path / "c.xlsx", One=ROWS),
        "xl/workbook.xml",
        "<workbook xmlns='http://schemas.openxmlformats.org/x'/>",
    )
    assert "without a sheet of cells" in read(empty)[1][0]


def test_days_are_known_by_their_formats(tmp_path):
    """Days and durations in formats of one's own are what they are; a format of a million characters is looked at once."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for row in (
        ["text", "day", "time", "span", "n"],
        ["A crane.", date(2031, 5, 9), time(4, 30), timedelta(hours=30), 7],
    ):
        book.active.append(row)
    for cell, code in (("B2", "dd.mm.yy"), ("C2", 'h" Uhr "mm'), ("D2", "[hh]:mm"), ("E2", '0" days"')):
        book.active[cell].number_format = code
    book.save(path)
    (record,), _, _ = read(path)
    assert list(record.fields.values())[1:] == ["2031-05-09", "04:30:00", 108_000.0, 7]
    many = "<numFmt numFmtId='200' formatCode='" + "0" * 1_000_000 + "'/>"
    styles = f"<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><numFmts>{many}</numFmts>"
    styles += "<cellXfs>" + "<xf numFmtId='200'/>" * 10_000 + "</cellXfs></styleSheet>"
    (record,), _, _ = read(repacked(path, "xl/styles.xml", styles))
    assert isinstance(record.fields["day"], int)
