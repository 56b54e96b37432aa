"""From the lines of a run to the wanted form of its output."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mlcap.errors import InputError
from mlcap.files import beside, cannot_write, move_into_place
from mlcap.records.csv_writing import CsvStyle, CsvWriter
from mlcap.records.parquet_writing import column_kinds, write_parquet
from mlcap.records.table_writing import TableWriter
from mlcap.records.types import ANY_FIELD, FieldChoice
from mlcap.runs.spool import Spool
from mlcap.types import Facet

_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
#: A table in a file has no terminal to fit.
_TABLE_WIDTH = 120


def output_form(out: Path, wanted: str | None) -> str:
    """The form of an output: as wanted, else by its extension.

    Raises:
        InputError: the extension says nothing.
    """
    form = wanted or _SUFFIXES.get(out.suffix.lower())
    if form is None:
        raise InputError(f"{out}: its extension tells no form; say --to jsonl, csv or parquet")
    return form


def finish(
    spool: Spool, form: str, facets: Sequence[Facet], style: CsvStyle | None = None, choice: FieldChoice = ANY_FIELD
) -> None:
    """Put the output in its place, whole.

    Raises:
        OutputError: it cannot be written; the lines stay, and the run can go on from them.
    """
    made = beside(spool.out, ".new")
    try:
        if form == "jsonl":
            move_into_place(spool.part, spool.out)
        else:
            if form == "parquet":
                write_parquet(made, column_kinds(spool.records()), spool.records())
            else:
                _write_text(made, form, spool, facets, style or CsvStyle(), choice)
            # The lines go when the output is in place, so it must be on the disk by then.
            with open(made, "rb") as stream:
                os.fsync(stream.fileno())
            move_into_place(made, spool.out)
        spool.discard()
    except OSError as error:
        made.unlink(missing_ok=True)
        raise cannot_write(spool.out, error, "free space, then go on with --resume") from error


def _write_text(
    path: Path, form: str, spool: Spool, facets: Sequence[Facet], style: CsvStyle, choice: FieldChoice
) -> None:
    writer = CsvWriter(facets, style) if form == "csv" else TableWriter(facets, _TABLE_WIDTH, choice)
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(writer.line(record) for record in spool.records())
        stream.write(writer.finish())
