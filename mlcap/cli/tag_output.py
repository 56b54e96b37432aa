"""Where `mlcap tag` puts its records: onto stdout, or into a file that appears when it is complete."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator

from mlcap.cli.errors import say
from mlcap.cli.outputs import TAGGED, plain_path, target
from mlcap.model.tagging import Tagger
from mlcap.records.csv_writing import CsvStyle, CsvWriter
from mlcap.records.parquet import load_pyarrow
from mlcap.records.table_writing import TableWriter
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.records.writing import JsonlWriter, Writer
from mlcap.runs.batches import output_records, tagged_lines
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.finish import output_form
from mlcap.runs.spool import Counts
from mlcap.runs.tag import tag_into


def onto_stdout(
    to: str | None,
    records: Iterator[Record],
    tagger: Tagger,
    jobs: int | None,
    style: CsvStyle,
    choice: FieldChoice = ANY_FIELD,
) -> Counts:
    """Tag records onto stdout, one by one or, in several processes, batch by batch."""
    writer = _writer(to, tagger, style, choice)
    if jobs is None:
        counts = _one_by_one(writer, records, tagger)
    else:
        counts = Counts()
        with tagged_lines(tagger, records, jobs) as batches:
            for lines, found in batches:
                as_json = isinstance(writer, JsonlWriter)
                sys.stdout.writelines(lines if as_json else (writer.line(json.loads(line)) for line in lines))
                sys.stdout.flush()
                counts += found
    sys.stdout.write(writer.finish())
    return counts


def _one_by_one(writer: Writer, records: Iterator[Record], tagger: Tagger) -> Counts:
    """Have each line out before the next caption is read."""
    counts = Counts()
    for record in records:
        (out,), found = output_records(tagger, [record])
        counts += found
        sys.stdout.write(writer.line(out))
        sys.stdout.flush()
    return counts


def into_file(
    name: str,
    to: str | None,
    records: Iterator[Record],
    tagger: Tagger,
    files: tuple[str, ...],
    options: dict[str, str | None],
    resume: bool,
    jobs: int | None,
    style: CsvStyle,
    choice: FieldChoice = ANY_FIELD,
) -> Counts | None:
    """Tag records into a file; None where `resume` finds it there and no run stopped.

    Raises:
        OutputError: it cannot be written, or what is there must not be replaced.
    """
    form = output_form(plain_path(name), to)
    if form == "parquet":
        load_pyarrow(name)
    out = target(name, TAGGED[form], files)
    if not resume and out.exists() and out.stat().st_size:
        # Nobody can tell labels that a person mended from those of another version or input.
        say(f"{out}: is there and is replaced at the end, with whatever was mended in it by hand; stop to keep it")
    taken = fingerprint([name for name in files if name != "-"], options, tagger)
    try:
        counts = tag_into(out, form, records, tagger, taken, resume, jobs, _say_resumed, style, choice)
    except KeyboardInterrupt:
        if files and "-" not in files:
            say(f"what is done is kept beside {out}; go on with --resume")
        raise
    if counts is None:
        say(f"{out}: is there, and no run of it was stopped; leave --resume away to tag again")
    return counts


def read_with(
    form: str | None, choice: FieldChoice, text: str | None, text_only: bool, target: float | None
) -> dict[str, str | None]:
    """What a run that goes on must be given again."""
    given = {"from": form, "column": "\n".join(choice.captions) or None, "text": text}
    given |= {"text_only": "yes"} if text_only else {}
    given |= {"target": f"{target:g}"} if target is not None else {}
    return {**given, "id": choice.id} if choice.id else given


def _say_resumed(done: Counts) -> None:
    say(f"going on after {done.all} records")


def _writer(to: str | None, tagger: Tagger, style: CsvStyle, choice: FieldChoice) -> Writer:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    chosen = to or ("table" if sys.stdout.isatty() else "jsonl")
    if chosen == "jsonl":
        return JsonlWriter()
    if chosen == "csv":
        return CsvWriter(tagger.facets, style)
    return TableWriter(tagger.facets, shutil.get_terminal_size().columns, choice)
