"""What is tried with an input, by its kind; whatever is no `MlcapError` of one line, or no sound outcome, ends it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

from inputs import Case, packed

from mlcap.captions.codes import find_codes
from mlcap.captions.normalise import normalise
from mlcap.cli.explain_text import explanation_text, mentioned_text
from mlcap.errors import MlcapError
from mlcap.evaluation.curve import read_curve
from mlcap.explanation import explain
from mlcap.explanation.data import as_data
from mlcap.explanation.mentioned import mentioned
from mlcap.inbox.rebuild import read_result
from mlcap.labels.agreement import read_annotations
from mlcap.labels.corpus import read_labelled
from mlcap.labels.depiction import read_depictions
from mlcap.labels.held_out import read_held_out
from mlcap.labels.library import read_library
from mlcap.labels.stores import read_store
from mlcap.model.registry_state import read_state
from mlcap.photos.journal import Journal
from mlcap.photos.plan_file import plan_bytes, read_plan
from mlcap.photos.terms import read_terms
from mlcap.pull.answer import BrokenAnswerError, HugeAnswerError, bounded, page_in, reason_in, unpacked
from mlcap.pull.store import read_ids
from mlcap.records.csv_writing import CsvStyle, CsvWriter
from mlcap.records.finder import Finder
from mlcap.records.jsonl import read_json_lines
from mlcap.records.lines import read_lines
from mlcap.records.parquet_writing import column_kinds, write_parquet
from mlcap.records.reading import FORMS, read_records
from mlcap.records.table_writing import TableWriter
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.records.writing import json_line, output_record, own_names
from mlcap.report.explained import explanation_page
from mlcap.review.exporting import FORMS as EXPORTED
from mlcap.review.import_forms import READERS, read_labels
from mlcap.runs.batches import output_records
from mlcap.runs.spool import Spool
from mlcap.taxonomy import read_taxonomy

#: Kinds of seeds that `tag` reads, and the form of each.
READ = {"txt": "txt", "lines": "lines", "jsonl": "jsonl", "csv": "csv", "tsv": "tsv", "json": "json"} | {
    "xlsx": "xlsx",
    "parquet": "parquet",
    "xmp": "photo",
    "photo": "photo",
}
#: How often each kind is drawn; others once.
WEIGHTS = {"caption": 20, "txt": 5, "lines": 2, "jsonl": 9, "csv": 12, "tsv": 5, "json": 8, "xlsx": 1, "parquet": 4}
WEIGHTS |= {"xmp": 6, "labels": 3, "import": 4, "plan": 2, "answer": 3}


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def assert_terminal(text: str, also: str = "") -> None:
    """No character of it steers a terminal, and all of it can be written."""
    text.encode("utf-8")
    bad = [c for c in text if not c.isprintable() and c not in "\n" + also]
    assert not bad, f"{bad[:3]} for a terminal: {text[:80]!r}"


def assert_one_line(error: MlcapError) -> None:
    """It is said in one line, and that is no book."""
    assert len(str(error).splitlines()) == 1, str(error)
    assert len(str(error)) < 20_000, str(error)[:200]


def assert_json_line(line: str) -> dict:
    """One line of JSON that every reader takes, and ours."""
    line.encode("utf-8")
    assert line.endswith("\n")
    assert not _CONTROLS.search(line, 0, len(line) - 1), line[:80]
    return json.loads(line, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


class Targets:
    """Tries inputs, in a folder of its own and with one tagger.

    Args:
        folder: where inputs are written; small files that are soon gone.
    """

    def __init__(self, tagger, folder: Path) -> None:
        self.tagger, self.folder = tagger, folder
        self.facets = tagger.facets
        self._tags = tagger.tag_one("A crane waits near the pad.")
        self.said: list[str] = []

    def try_(self, case: Case) -> str:
        """Try an input; gives `read`, or `refused` where it ended in an error of one line."""
        self.said.clear()
        try:
            self._targets().get(case.kind, self._read)(case)
        except MlcapError as error:
            assert_one_line(error)
            return "refused"
        finally:
            for line in self.said:
                assert len(line) < 20_000, line[:200]
        return "read"

    def _targets(self):
        return {
            "caption": self._caption,
            "labels": self._labels,
            "library": lambda c: read_library(self._file(c, "csv"), self.facets),
            "readings": lambda c: read_annotations(self._file(c, "csv"), self.facets),
            "depictions": lambda c: read_depictions(self._file(c, "csv")),
            "heldout": lambda c: read_held_out(self._file(c, "toml")),
            "taxonomy": lambda c: read_taxonomy(self._file(c, "toml")),
            "terms": lambda c: read_terms(self._file(c, "toml"), self.facets),
            "plan": self._plan,
            "journal": self._journal,
            "progress": self._progress,
            "registry": self._registry,
            "result": self._result,
            "curve": lambda c: read_curve(self._file(c, "json"), self.facets),
            "ids": lambda c: read_ids(self._file(c, "csv")),
            "import": self._import,
            "answer": self._answer,
        }

    def _file(self, case: Case, end: str) -> Path:
        path = self.folder / f"x.{end}"
        path.write_bytes(case.data)
        return path

    # Captions

    def _caption(self, case: Case) -> None:
        text, way = case.text, case.choice % 96
        if way < 8:
            record = Record("x", {"id": "k-1", "text": text, "title": text[:90]}, text, id=text[:30])
            (out,), _ = output_records(self.tagger, [record])
            assert "model" in out, out.get("error")
            self._written([out])
        elif way < 95:
            self._codes(text)
        else:
            self._explain(text, case.choice)

    def _codes(self, text: str) -> None:
        mapped = normalise(text)
        for code in find_codes(mapped.text):
            start, end = mapped.span(code.start, code.end)
            assert 0 <= start < end <= len(text), (code, start, end)

    def _explain(self, text: str, choice: int) -> None:
        explanation = explain(self.tagger, text, {"nasa_id": text[:30], "title": text[:60]} if choice & 256 else {})
        what = choice // 64 % 48
        if what < 15:
            assert_json_line(json_line(as_data(explanation, choice // 32 % 9)))
        elif what < 27:
            assert_terminal(explanation_text(explanation, "x", 8), "\x1b")
        elif what < 47:
            assert_terminal(mentioned_text(explanation, mentioned(explanation, self.facets), "x"), "\x1b")
        else:
            page = "".join(explanation_page([("x", explanation)], "1", 3))
            assert "<script>alert" not in page

    # What `tag` reads

    def _read(self, case: Case) -> None:
        form = READ[case.kind]
        path = self._opened(case, form)
        wanted = FORMS[case.choice % len(FORMS)] if case.choice % 31 == 0 and form != "photo" else form
        choice = FieldChoice(("text", "Caption"), "ID") if case.choice % 23 == 0 else ANY_FIELD
        failed = []
        tagged = []
        for number, record in enumerate(read_records([str(path)], wanted, choice, self.said.append, failed.append)):
            assert (record.text is None) == bool(record.error), record
            assert record.position
            if number < 200:
                if number < 2 and case.choice % 5 == 0 and record.text is not None:
                    tags = output_records(self.tagger, [record])[0][0]
                    assert "model" in tags, tags.get("error")
                    tagged.append(tags)
                else:
                    tagged.append(output_record(record, None if record.text is None else self._tags, self.facets))
                record.catalogue  # noqa: B018
        for error in failed:
            assert_one_line(error)
        self._written(tagged, case.choice)

    def _opened(self, case: Case, form: str) -> Path:
        if case.kind == "xlsx":
            return self._workbook(case)
        end = {"lines": "txt", "photo": "jpg" if case.kind == "photo" else "xmp"}.get(form, form)
        data = case.data if case.kind in ("parquet", "photo", "xmp") else packed(case.data, case.choice // 3)
        return self._file(replace(case, data=data), end)

    def _workbook(self, case: Case) -> Path:
        path = self.folder / "x.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in WORKBOOK.items():
                archive.writestr(name, text)
            archive.writestr("xl/worksheets/sheet1.xml", case.data)
        return path

    # What is written

    def _written(self, records: list[dict], choice: int = 0) -> None:
        lines = [json_line(record) for record in records]
        for line in lines:
            assert_json_line(line)
        if choice % 7 == 0 and lines:
            again = list(
                read_json_lines(
                    read_lines(io.BytesIO("".join(lines).encode()), "x", self.said.append),
                    "x",
                    Finder(ANY_FIELD, "x", self.said.append),
                )
            )
            assert len(again) == len(lines)
            assert all(r.fields for r in again), [r.error for r in again]
        if choice % 3 == 0:
            self._csv(records, choice)
        elif choice % 3 == 1:
            writer = TableWriter(self.facets, 80)
            assert_terminal("".join(map(writer.line, records)) + writer.finish())
        elif choice % 4 == 0 and records:
            path = self.folder / "made.parquet"
            write_parquet(path, column_kinds(records), records)
            assert path.stat().st_size

    def _csv(self, records: list[dict], choice: int) -> None:
        writer = CsvWriter(self.facets, CsvStyle(formulas=bool(choice & 64)))
        text = "".join(map(writer.line, records)) + writer.finish()
        text.encode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == (len(records) + 1 if records else 0)
        assert len({len(row) for row in rows}) <= 1
        if not choice & 64:
            for cell in (cell for row in rows for cell in row):
                assert not cell.lstrip(" ").startswith(("=", "@", "\t", "\r")), cell[:40]

    # Other files

    def _labels(self, case: Case) -> None:
        path = self._file(case, "csv" if case.seed.endswith(".csv") else "jsonl")
        if case.choice % 3:
            read_labelled(path, self.facets, "own", self.said.append)
        else:
            list(read_store(path))

    def _plan(self, case: Case) -> None:
        plan = read_plan(self._file(case, "json"))
        assert "/" not in plan.run
        plan_bytes(plan)

    def _journal(self, case: Case) -> None:
        journal = Journal(self._file(case, "jsonl").parent, "x")
        journal.entries()
        journal.targets()
        journal.was_undone("p/a.jpg.xmp")

    def _progress(self, case: Case) -> None:
        (self.folder / "o.jsonl.part").write_text("{}\n" * 3)
        (self.folder / "o.jsonl.progress").write_bytes(case.data)
        spool = Spool(self.folder / "o.jsonl")
        try:
            earlier = spool.earlier()
            if earlier:
                spool.start(earlier)
        finally:
            spool.close()

    def _registry(self, case: Case) -> None:
        (self.folder / "registry.json").write_bytes(case.data)
        state = read_state(self.folder)
        state.before_current({1, 2})
        json.dumps(state.as_data())

    def _result(self, case: Case) -> None:
        path = self._file(case, "jsonl")
        for record, _ in read_result(path, set(own_names(self.facets)), ANY_FIELD, self.said.append):
            json_line(record.fields)

    def _import(self, case: Case) -> None:
        form = case.seed.removeprefix("import-").partition(".")[0]
        form = form if form in EXPORTED and case.choice % 11 else sorted(EXPORTED)[case.choice % len(EXPORTED)]
        if form in READERS:
            found = READERS[form](case.data.decode("utf-8", "replace"), "x", self.facets)
        else:
            found = read_labels(self._file(case, "jsonl"), form, self.facets, self.said.append, ANY_FIELD)
        for one in found:
            assert isinstance(one, str) or isinstance(one.text, str), one
            if not isinstance(one, str):
                json_line(dict(one.labels))

    def _answer(self, case: Case) -> None:
        try:
            encoding = ("", "gzip", "identity", "zstd")[case.choice % 4]
            data = packed(case.data, 0) if encoding == "gzip" else case.data
            answer = page_in(bounded(unpacked([data[:99], data[99:]], encoding)))
        except (BrokenAnswerError, HugeAnswerError):
            reason_in(case.data)
            return
        for record in answer.records:
            assert_json_line(json_line(record))


#: The parts of a workbook beside its sheet.
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKBOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}" count="1" uniqueCount="1"><si><t>Title</t></si></sst>',
}
