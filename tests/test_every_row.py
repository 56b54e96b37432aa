"""Every row comes back: whatever a table holds, in whatever form it comes and goes, no row is lost, doubled or changed."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inbox_folder import Inbox

from mlcap.cli.tag_output import onto_stdout
from mlcap.errors import InputError
from mlcap.records.csv_writing import CsvStyle
from mlcap.records.markdown import fault_of, images_in, is_rule, item_in, passed_over
from mlcap.records.reading import read_records
from mlcap.records.types import FieldChoice
from mlcap.runs import tag as tag_module
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.tag import tag_into
from mlcap.text import is_blank

#: What cells are made of: letters of several alphabets, and every sign that means something to one form or another.
LETTERS = "ab\u00e9\u0416\u2028\U0001f680 ,;|\t\n\"'=+-@{}[]<>\\"
cells = st.text(LETTERS, max_size=12)
names = st.sampled_from(
    [
        ("id", "text", "note"),
        ("Asset ID", "Photo caption", "note"),
        ("ID", "DESCRIPTION", "Title"),
        ("file", "Caption", "=x"),
    ]
)
rows = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12)
#: Input form -> how a table is written in it; text forms take a separator and an encoding.
TEXT_FORMS = [("csv", ","), ("csv", ";"), ("csv", "|"), ("tsv", "\t")]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
FORMS = ["text", "jsonl", "json", "xlsx", "parquet"]
OUTPUTS = ["jsonl", "csv", "parquet"]


#: Where processes are started for each example, looking for a smaller one would take minutes.
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]


def is_empty(row):
    """Whether no cell of a row holds anything."""
    return not any(cell.strip() for cell in row)


def as_text(header, table, separator, encoding, repeat):
    """A table as a spreadsheet program writes it, once more with its header, in another case, where files were joined."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([header, *table, *([map(str.swapcase, header), table[0]] if repeat else [])])
    return out.getvalue().encode(encoding)


def written(folder, form, header, table, separator, encoding, repeat):
    """The file of a table."""
    if form == "text":
        path = folder / ("t.tsv" if separator == "\t" else "t.csv")
        path.write_bytes(as_text(header, table, separator, encoding, repeat))
        return path
    path = folder / f"t.{form}"
    records = [dict(zip(header, row, strict=True)) for row in table]
    if form == "xlsx":
        book = openpyxl.Workbook()
        for y, row in enumerate([header, *table], 1):
            if not any(row) and y <= len(table) and y % 2:
                continue  # A sheet need not hold such a row, unless it is the last.
            for x, text in enumerate(row, 1):
                cell = book.active.cell(y, x)
                cell.value, cell.data_type = text, "s"  # No text is a formula.
        book.save(path)
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif form == "json":
        path.write_text(json.dumps(records))
    else:
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def read_back(path):
    """The records of an output, as field -> value."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    text = path.read_text("utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return [json.loads(line) for line in text.split("\n") if line]


def counted(warnings):
    """How many rows the warnings count as passed over, and how many headers."""
    text = " ".join(warnings)
    empty = re.findall(r"without any content: (\d+) row", text)
    return Counter(
        {"rows": sum(map(int, empty)), "headers": sum(map(int, re.findall(r"repeating the header: (\d+) row", text)))}
    )


def came_back(found, warnings, table, header, form, repeat):
    """Compare what went in with what came out."""
    rows = [*table, *([table[0]] if repeat else [])] if form == "text" else table
    there = [row for row in rows if not (form in ("text", "xlsx") and is_empty(row))]
    # Fields keep their text, in order.
    assert [tuple(r.get(n) or "" for n in header) for r in found] == there
    # Every row is tagged, or an error that says why; what is passed over is counted.
    assert [bool(r.get("error")) for r in found] == [not row[1].strip() for row in there]
    assert all(r["position"] for r in found if r.get("error"))
    passed = counted(warnings)
    assert len(found) + passed["rows"] == len(rows)
    assert passed["headers"] == (form == "text" and repeat)


def check(folder, tagger, table, header, form, separator, encoding, repeat, output, jobs, stop):
    """Tag a table from one form into another, perhaps stopped on the way, and compare what went in with what came out."""
    path = written(folder, form, header, table, separator, encoding, repeat)
    warnings, failures = [], []
    taken = fingerprint([str(path)], {}, tagger)

    def records():
        warnings.clear()
        return read_records([str(path)], None, FieldChoice(), warnings.append, failures.append)

    def stopped():
        for number, record in enumerate(records()):
            if number == stop:
                raise InputError("stopped")
            yield record

    out = folder / f"o.{output}"
    out.unlink(missing_ok=True)
    if stop is not None:
        try:
            tag_into(out, output, stopped(), tagger, taken, False, jobs)
        except InputError:
            assert not out.exists()
            tag_into(out, output, records(), tagger, taken, True, jobs)
    else:
        tag_into(out, output, records(), tagger, taken, False, jobs)
    assert not failures
    found = read_back(out) if out.exists() else []
    came_back(found, warnings, table, header, form, repeat)


def is_fit(table, form, separator, encoding):
    """Whether a form can hold a table as it is."""
    text = "".join(cell for row in table for cell in row)
    if form != "text":
        return True
    if encoding == "cp1252" and any(c in text for c in "\u0416\u2028\U0001f680"):
        return False
    # What is parted by tabs has no cell with a tab or a line end: there a mark quotes nothing beyond its line.
    return separator != "\t" or not any(c in text for c in "\t\n")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names,
    rows,
    st.sampled_from(TEXT_FORMS),
    st.sampled_from(ENCODINGS),
    st.booleans(),
    st.sampled_from(OUTPUTS),
    st.none() | st.integers(0, 8),
    st.booleans(),
)
def test_every_row_comes_back(tmp_path, tagger, form, header, table, text_form, encoding, repeat, output, stop, double):
    """Rows in are results, error records and counted warnings out, with ids and fields kept, in the order read."""
    separator = text_form[1]
    table = [row for row in [*table, *(table if double else [])] if is_fit([row], form, separator, encoding)]
    repeat = repeat and form == "text" and bool(table) and not is_empty(table[0])
    if not table or (form == "parquet" and not table):
        return
    with pytest.MonkeyPatch.context() as patch:
        # Progress is noted after every batch.
        patch.setattr(tag_module, "_NOTE_RECORDS", 1)
        check(tmp_path, tagger, table, header, form, separator, encoding, repeat, output, None, stop)


def many(table, count=150):
    """More rows than a batch: those of a table again and again, so that equal ones follow each other, among others."""
    return [
        table[n // 2 % len(table)] if n % 3 else (f"k-{n}", f'A "crane" {n}; waits.\nIt waits.', "")
        for n in range(count)
    ]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize(
    ("form", "separator", "encoding"), [("text", ";", "utf-16"), ("jsonl", "", ""), ("parquet", "", "")]
)
@settings(max_examples=6, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, rows, st.sampled_from([None, 120]))
def test_every_row_comes_back_from_several_processes(
    tmp_path, tagger, form, separator, encoding, output, header, table, stop
):
    """The same with worker processes and more rows than a batch, perhaps stopped on the way."""
    table = many(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tag_module, "_NOTE_RECORDS", 1)
        check(tmp_path, tagger, table, header, form, separator, encoding, form == "text", output, 2, stop)


def watched(folder, tagger, write, jobs=None):
    """What a watcher makes of a file that arrives and is then touched: its results in order, and what it says."""
    box = Inbox(folder, tagger)
    path = write(box.inbox)
    box.watch(jobs=jobs)
    said = list(box.said)
    if path.exists():
        info = path.stat()
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns + 10**9))
        box.watch(jobs=jobs)
    return [r for result in sorted(box.out.glob("results/*")) for r in read_back(result)], said


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, rows, st.sampled_from(TEXT_FORMS), st.sampled_from(ENCODINGS), st.booleans(), st.booleans())
def test_every_row_comes_back_from_an_inbox(tmp_path, tagger, form, header, table, text_form, encoding, repeat, double):
    """The same where the file arrives in an inbox, and again when it is touched: equal rows are rows of their own."""
    separator = text_form[1]
    table = [row for row in [*table, *(table if double else [])] if is_fit([row], form, separator, encoding)]
    repeat = repeat and form == "text" and bool(table) and not is_empty(table[0])
    if not table:
        return
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        found, said = watched(
            Path(folder),
            tagger,
            lambda inbox: written(inbox, form, header, table, separator, encoding, repeat),
        )
    came_back(found, said, table, header, form, repeat)


@settings(max_examples=6, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, rows)
def test_every_row_comes_back_from_an_inbox_with_several_processes(tmp_path, tagger, header, table):
    """The same with worker processes and more rows than a batch."""
    table = many(table)
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        found, said = watched(
            Path(folder),
            tagger,
            lambda inbox: written(inbox, "text", header, table, ";", "utf-16", repeat=True),
            jobs=2,
        )
    came_back(found, said, table, header, "text", repeat=True)


def plain(paragraph):
    """Whether a text form takes a text as one caption: no line of it is blank, or something else than prose."""
    lines = paragraph.split("\n")
    odd = any(is_blank(line) or is_rule(line) or passed_over(line) or images_in(line) for line in lines)
    return not odd and "\u2028" not in paragraph


#: What paragraphs are made of: words, and all that could be taken for something else.
paragraphs = st.lists(
    st.sampled_from(["A crane", "waits.", "-", "1.", "|", "#", "[x]", "![x]", "(y)", "<p>", "\n", " ", "\u0416", "--"]),
    min_size=1,
    max_size=8,
).map("".join)


@pytest.mark.parametrize("lines", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(paragraphs.filter(plain), min_size=1, max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n\n", "\r\n\r\n", "\n\u200b\n", "\n \n\n---\n", "\n\n# On the pad\n", "\r\r"]),
    st.sampled_from(["jsonl", "csv", "parquet", "inbox"]),
)
def test_every_caption_of_a_text_comes_back(tmp_path, tagger, lines, captions, encoding, blank, output):
    """Captions of a text, and its lines with one caption each, are results or errors that keep their text, in order."""
    captions = ["Cranes.", *captions]
    if lines:
        captions = [line for caption in captions for line in caption.split("\n")]
    headings = "#" in blank
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        folder = Path(name)
        (folder / "t.txt").write_bytes(blank.join(captions).encode(encoding))
        said = []
        if output == "inbox":
            box = Inbox(folder, tagger)
            (folder / "t.txt").rename(box.inbox / "t.txt")
            box.watch(lines=lines)
            said, outs = box.said, sorted(box.out.glob("results/*"))
        else:
            path = str(folder / "t.txt")
            records = read_records([path], "lines" if lines else None, FieldChoice(), said.append, said.append)
            tag_into(folder / f"o.{output}", output, records, tagger, fingerprint([path], {}, tagger))
            outs = [folder / f"o.{output}"]
        found = [r for out in outs for r in read_back(out)]
    faults = [bool(fault_of(c.split("\n"))) or (lines and not item_in(f"{c} ").strip()) for c in captions]
    texts = [c if not lines or fault else item_in(f"{c} ").strip() for c, fault in zip(captions, faults, strict=True)]
    assert [r["text"] for r in found] == texts
    assert [bool(r.get("error")) for r in found] == faults
    passed = re.findall(r"being no captions: (\d+) heading", " ".join(map(str, said)))
    assert passed == ([str(len(captions) - 1)] if headings and len(captions) > 1 else [])


def onto_both(folder, tagger, capsys, table, header, form, jobs):
    """What goes to stdout, and into a file, of a table."""
    path = written(folder, "jsonl", header, table, "", "", repeat=False)
    said = []
    records = [read_records([str(path)], None, FieldChoice(), said.append, said.append) for _ in range(2)]
    onto_stdout(form, records[0], tagger, jobs, CsvStyle())
    out = folder / f"o.{form}"
    out.unlink(missing_ok=True)
    tag_into(out, form, records[1], tagger, fingerprint([str(path)], {}, tagger))
    return capsys.readouterr().out, out


@pytest.mark.parametrize(("jobs", "count"), [(None, 40), (2, 6)])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_every_row_comes_back_onto_stdout(tmp_path, capsys, tagger, form, jobs, count):
    """What goes to stdout, in one process or several, is what goes into a file, and has each row: equal and empty ones too."""

    @settings(max_examples=count, deadline=None, phases=UNSHRUNK if jobs else list(Phase))
    @given(names, rows)
    def holds(header, table):
        table = many(table) if jobs else [*table, *table]
        shown, out = onto_both(tmp_path, tagger, capsys, table, header, form, jobs)
        assert shown == out.read_text("utf-8")
        came_back(read_back(out), [], table, header, "jsonl", repeat=False)

    holds()


@pytest.mark.parametrize(("jobs", "count"), [(None, 40), (2, 6)])
def test_a_table_on_a_terminal_names_every_row(tmp_path, monkeypatch, capsys, tagger, jobs, count):
    """Rows as people are shown them, on stdout and in a file: each by its id or place, in order, equal and empty ones too."""
    monkeypatch.setenv("COLUMNS", "120")
    lines = st.sampled_from(
        [("k-1", "A crane, waits\u0416.\nIt waits.", "\t=x"), ("k-2", "A crew.", ""), ("k-3", "", "x"), ("", "", "")]
    )

    @settings(max_examples=count, deadline=None, phases=UNSHRUNK if jobs else list(Phase))
    @given(st.lists(lines, min_size=1, max_size=12))
    def holds(table):
        table = many(table) if jobs else table
        shown, out = onto_both(tmp_path, tagger, capsys, table, ("ID", "Description", "note"), "table", jobs)
        for text in (shown, out.read_text("utf-8")):
            joined = re.sub(r"\n {8}(?!k-)", " ", text)
            named = re.findall(r"(?m)^(?:REVIEW|ERROR|        (?=k-\d+  )).*?(k-\d+  |line \d+:)", joined)
            assert named == [f"{row[0]}  " if row[1] else f"line {n}:" for n, row in enumerate(table, 1)]

    holds()
