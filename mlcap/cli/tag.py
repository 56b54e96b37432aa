"""`mlcap tag`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click

from mlcap.cli.errors import OK, SOME_FAILED, USAGE, say
from mlcap.cli.options import csv_options, input_options, tagger_of, tagger_options, target_option
from mlcap.cli.outputs import PLAN
from mlcap.cli.outputs import target as target_file
from mlcap.cli.photos import EMBED, TERMS, VOID, plan_settings, write_plan
from mlcap.cli.progress import InputBar
from mlcap.cli.tag_output import into_file, onto_stdout, read_with
from mlcap.cli.warnings import Warnings
from mlcap.errors import InputError
from mlcap.records.csv_writing import CsvStyle
from mlcap.records.reading import FORMS, read_records
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import FORMS as OUTPUT_FORMS
from mlcap.runs.spool import Counts


def _options(*options: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[..., Any]:
    """Several options, in the order of the help page."""
    return lambda function: reduce(lambda inner, option: option(inner), reversed(options), function)


_output_options = _options(
    click.option(
        "--to",
        type=click.Choice(OUTPUT_FORMS),
        help="Form of the output [default: by the extension of OUT; table on a terminal, else jsonl].",
    ),
    click.option("-o", "--out", metavar="OUT", help="Write into this file, which appears when it is complete."),
    click.option("--resume", is_flag=True, help="With -o: go on where a stopped run ended."),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=None,
        metavar="N",
        help="Tag in N processes; lines come in batches, in the same order.",
    ),
    csv_options,
)
_photo_options = _options(
    click.option("--write", "plan", metavar="PLAN", help="Photographs: plan what to write into them; touch nothing."),
    EMBED,
    click.option("--uncertain", is_flag=True, help="With --write: tags that need review as well."),
    click.option("--people", is_flag=True, help="With --write: the names of the people shown as well."),
    TERMS,
    VOID,
)


#: The options that go with --write alone.
_PLAN_OPTIONS = ("--embed", "--uncertain", "--people", "--terms", "--void-credentials")


@click.command("tag")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--text", help="Tag this one caption.")
@input_options(FORMS)
@_output_options
@click.option(
    "--on",
    "cluster",
    metavar="dask://HOST:PORT",
    help="Tag one Parquet file on a cluster of Dask, into the folder OUT of Parquet files.",
)
@_photo_options
@target_option
@tagger_options
def command(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    choice: FieldChoice,
    to: str | None,
    out: str | None,
    resume: bool,
    jobs: int | None,
    style: CsvStyle,
    cluster: str | None,
    plan: str | None,
    embed: bool,
    uncertain: bool,
    people: bool,
    terms: str | None,
    void_credentials: bool,
    target: float | None,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Tag captions with event and crew roles, one record a caption, in order.

    FILE is - or nothing for stdin, else by extension: .txt (captions separated by blank
    lines, or one a line with --lines), .jsonl, .csv, .tsv (each also .gz or .zst), .json
    (records, a response of NASA's image library, metadata.json, exiftool -j), .xlsx,
    .parquet, photographs, their .xmp sidecars, or a folder of these. A record that cannot be read
    becomes a record with "error" and "position", the rest goes on, and the exit code is 3.
    """
    _check_use(files, text, form, choice, to, out, resume)
    if cluster is not None:
        not_there = {"--text": text, "--from": form, "--to": to, "--jobs": jobs, "--write": plan, **_given(style)}
        return _on_cluster(cluster, files, out, choice, resume, not_there, (model, models, text_only, target), verbose)
    own = (embed, uncertain, people, terms, void_credentials)
    _check_plan(plan, own, {"--text": text, "--to": to, "-o": out, "--jobs": jobs})
    version: list[str] = []
    tagger = tagger_of(model, models, verbose, text_only, version.append, target)
    failures: list[Exception] = []
    warn = Warnings()
    # Where lines go to the terminal they show how far it is.
    bar = InputBar(files or ("-",), out is not None or not sys.stdout.isatty())
    records = (
        _text_record(text) if text is not None else _file_records(files, form, choice, warn, _noting(failures), bar)
    )
    records = bar.watched(_announced(records, version))
    counts: Counts | None
    if plan is not None:
        _check_there(files)
        counts = write_plan(target_file(plan, PLAN, files), records, tagger, plan_settings(tagger.facets, *own), warn)
    elif out is not None:
        given = read_with(form, choice, text, text_only, target)
        counts = into_file(out, to, records, tagger, files, given, resume, jobs, style, choice)
        if counts is None:
            return OK
    else:
        counts = onto_stdout(to, records, tagger, jobs, style, choice)
    warn.finish()
    return _finish(counts, len(failures), text is not None)


def _given(style: CsvStyle) -> dict[str, object]:
    """The options of CSV that were given."""
    return {"--bom": style.bom or None, "--no-formulas": None if style.formulas else True}


def _on_cluster(*given: Any) -> int:
    # Late, since few have a cluster.
    from mlcap.cli.tag_cluster import on_cluster

    return _finish(on_cluster(*given), 0, alone=False)


def _noting(failures: list[Exception]) -> Callable[[Exception], object]:
    """Whom to tell of an input that cannot be read: it is said, and noted."""

    def failed(error: Exception) -> None:
        say(str(error))
        failures.append(error)

    return failed


def _announced(records: Iterable[Record], lines: Sequence[str]) -> Iterator[Record]:
    """The records, the lines being said before the first that is to be tagged."""
    waiting = list(lines)
    for record in records:
        if record.text is not None:
            while waiting:
                say(waiting.pop(0))
        yield record


def _check_use(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    choice: FieldChoice,
    to: str | None,
    out: str | None,
    resume: bool,
) -> None:
    context = click.get_current_context()
    if text is not None and files:
        raise click.UsageError("give either --text or files, not both", ctx=context)
    if files.count("-") > 1:
        raise click.UsageError("stdin (-) can be read once only", ctx=context)
    if text is not None and (form or choice != FieldChoice()):
        raise click.UsageError("--from, --column and --id go with files, not with --text", ctx=context)
    if resume and (out is None or not files or "-" in files):
        raise click.UsageError("--resume goes with -o and files, which can be read again", ctx=context)
    if to == "parquet" and out is None:
        raise click.UsageError("Parquet is written into a file; name it with -o", ctx=context)


def _check_plan(plan: str | None, own: Sequence[object], others: Mapping[str, object]) -> None:
    context = click.get_current_context()
    if plan is not None and any(value is not None for value in others.values()):
        *names, last = others
        raise click.UsageError(f"--write goes with photographs, without {', '.join(names)} and {last}", ctx=context)
    if plan is None and any(own):
        *names, last = _PLAN_OPTIONS
        raise click.UsageError(f"{', '.join(names)} and {last} go with --write", ctx=context)


def _check_there(files: Iterable[str]) -> None:
    """A plan that leaves a file out is none."""
    for name in files:
        if not Path(name).exists():
            raise InputError(f"{name}: there is no such file, so no plan is made")


def _text_record(text: str) -> Iterator[Record]:
    empty = not text.strip()
    yield Record("--text", {"text": text}, None if empty else text, "the caption is empty" if empty else "")


def _file_records(
    files: tuple[str, ...],
    form: str | None,
    choice: FieldChoice,
    warn: Callable[[str], object],
    failed: Callable[[Exception], object],
    bar: InputBar,
) -> Iterator[Record]:
    if not files and sys.stdin is not None and sys.stdin.isatty():
        say("reading captions from the terminal, separated by blank lines; end with Ctrl-D")
    return read_records(files or ("-",), form, choice, warn, failed, bar.opened)


def _finish(counts: Counts, failures: int, alone: bool) -> int:
    """Say what came of the records, unless one was given on the command line and is there to be seen."""
    if not counts.all:
        if not failures:
            say("the input holds no captions")
        return USAGE
    if counts.unreadable or not alone:
        errors = {0: "0 errors", 1: "1 error: its record says why"}
        more = f"{counts.unreadable} errors: their records say why"
        say(f"{counts.read} tagged, {counts.review} for review, {errors.get(counts.unreadable, more)}")
    return SOME_FAILED if counts.unreadable or failures else OK
