"""`mlcap tag`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import click

from mlcap.cli.errors import OK, SOME_FAILED, USAGE, say
from mlcap.cli.options import model_option, models_option, registry_place, verbose_option
from mlcap.records.reading import FORMS, read_records
from mlcap.records.types import Record
from mlcap.records.writing import CsvWriter, JsonlWriter, TableWriter, Writer, output_record
from mlcap.registry import Registry
from mlcap.tagging import Tagger


@click.command("tag")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--text", help="Tag this one caption.")
@click.option(
    "--from", "form", type=click.Choice(FORMS), help="Form of the input [default: by extension; txt for stdin]."
)
@click.option(
    "--column", metavar="NAME", help="Field or column with the caption [default: text, caption or description]."
)
@click.option(
    "--to",
    type=click.Choice(["table", "jsonl", "csv"]),
    help="Form of the output [default: table on a terminal, else jsonl].",
)
@model_option
@models_option
@verbose_option
def command(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    column: str | None,
    to: str | None,
    model: str,
    models: str | None,
    verbose: bool,
) -> int:
    """Tag captions with event and crew roles, one record a caption, in order.

    FILE is - or nothing for stdin, else by extension: .txt (captions separated by blank
    lines), .jsonl, .csv or .tsv. A record that cannot be read becomes a record with
    "error" and "position", the rest goes on, and the exit code is 3.
    """
    if text is not None and files:
        raise click.UsageError("give either --text or files, not both", ctx=click.get_current_context())
    if files.count("-") > 1:
        raise click.UsageError("stdin (-) can be read once only", ctx=click.get_current_context())
    if text is not None and (form or column):
        raise click.UsageError("--from and --column go with files, not with --text", ctx=click.get_current_context())
    place = registry_place(models, verbose)
    number, artifact = Registry(place.folder).load(model)
    if verbose:
        say(f"model: version {number}")
    tagger = Tagger(artifact, str(number))
    counts = {"read": 0, "unreadable": 0, "inputs": 0}

    def failed(error: Exception) -> None:
        say(str(error))
        counts["inputs"] += 1

    records: Iterator[Record]
    if text is not None:
        empty = not text.strip()
        records = iter(
            [Record("--text", {"text": text}, None if empty else text, "the caption is empty" if empty else "")]
        )
    else:
        if not files and sys.stdin is not None and sys.stdin.isatty():
            say("reading captions from the terminal, separated by blank lines; end with Ctrl-D")
        records = read_records(files or ("-",), form, column, say, failed)
    writer = _writer(to, tagger)
    for record in records:
        tagged = tagger.tag_one(record.text) if record.text is not None else None
        counts["read" if tagged else "unreadable"] += 1
        sys.stdout.write(writer.line(output_record(record, tagged, tagger.facets)))
        sys.stdout.flush()
    sys.stdout.write(writer.finish())
    return _finish(counts)


def _writer(to: str | None, tagger: Tagger) -> Writer:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    chosen = to or ("table" if sys.stdout.isatty() else "jsonl")
    if chosen == "jsonl":
        return JsonlWriter()
    if chosen == "csv":
        return CsvWriter(tagger.facets)
    return TableWriter(tagger.facets, shutil.get_terminal_size().columns)


def _finish(counts: dict[str, int]) -> int:
    if counts["unreadable"]:
        say(
            f"{counts['unreadable']} of {counts['read'] + counts['unreadable']} records could not be read; their lines say why"
        )
    if not counts["read"] and not counts["unreadable"]:
        if not counts["inputs"]:
            say("the input holds no captions")
        return USAGE
    return SOME_FAILED if counts["unreadable"] or counts["inputs"] else OK
