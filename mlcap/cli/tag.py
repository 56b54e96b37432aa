"""`mlcap tag`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.errors import OK, SOME_FAILED, USAGE, say
from mlcap.cli.options import csv_options, input_options, tagger_of, tagger_options
from mlcap.cli.photos import write_plan
from mlcap.cli.progress import InputBar
from mlcap.cli.warnings import Warnings
from mlcap.errors import InputError, OutputError
from mlcap.model.tagging import Tagger
from mlcap.records.csv_writing import CsvStyle, CsvWriter
from mlcap.records.parquet import load_pyarrow
from mlcap.records.reading import FORMS, read_records
from mlcap.records.table_writing import TableWriter
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import FORMS as OUTPUT_FORMS
from mlcap.records.writing import JsonlWriter, Writer
from mlcap.runs.batches import output_records, tagged_lines
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.finish import output_form
from mlcap.runs.spool import Counts
from mlcap.runs.tag import tag_into

if TYPE_CHECKING:
    from mlcap.photos.planning import PlanSettings


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
    click.option("--embed", is_flag=True, help="With --write: into the photographs, not their sidecars."),
    click.option("--uncertain", is_flag=True, help="With --write: tags that need review as well."),
    click.option("--people", is_flag=True, help="With --write: the names of the people shown as well."),
    click.option("--terms", metavar="TOML", help="With --write: the archive's own words for values."),
    click.option(
        "--void-credentials",
        is_flag=True,
        help="With --embed: also into photographs with Content Credentials, which this makes invalid.",
    ),
)


@click.command("tag")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--text", help="Tag this one caption.")
@input_options(FORMS)
@_output_options
@_photo_options
@tagger_options
def command(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    columns: tuple[str, ...],
    id_column: str | None,
    to: str | None,
    out: str | None,
    resume: bool,
    jobs: int | None,
    style: CsvStyle,
    plan: str | None,
    embed: bool,
    uncertain: bool,
    people: bool,
    terms: str | None,
    void_credentials: bool,
    model: str,
    models: str | None,
    verbose: bool,
) -> int:
    """Tag captions with event and crew roles, one record a caption, in order.

    FILE is - or nothing for stdin, else by extension: .txt (captions separated by blank
    lines, or one a line with --lines), .jsonl, .csv, .tsv (each also .gz or .zst), .json (a
    response of NASA's image library, metadata.json, exiftool -j), .xlsx, .parquet,
    photographs, their .xmp sidecars, or a folder of these. A record that cannot be read
    becomes a record with "error" and "position", the rest goes on, and the exit code is 3.
    """
    choice = FieldChoice(columns, id_column)
    _check_use(files, text, form, choice, to, out, resume)
    own = {"--embed": embed, "--uncertain": uncertain, "--people": people, "--terms": terms}
    own["--void-credentials"] = void_credentials
    _check_plan(plan, own, {"--text": text, "--to": to, "-o": out, "--jobs": jobs})
    _check_there(files if plan is not None else ())
    version: list[str] = []
    tagger = tagger_of(model, models, verbose, version.append)
    failures: list[Exception] = []

    def failed(error: Exception) -> None:
        say(str(error))
        failures.append(error)

    warn = Warnings()
    # Where lines go to the terminal they show how far it is.
    bar = InputBar(files or ("-",), out is not None or not sys.stdout.isatty())
    records = _text_record(text) if text is not None else _file_records(files, form, choice, warn, failed, bar)
    records = bar.watched(_announced(records, version))
    counts: Counts | None
    if plan is not None:
        settings = _plan_settings(tagger, embed, uncertain, people, terms, void_credentials)
        counts = write_plan(Path(plan), records, tagger, settings)
    elif out is not None:
        given = _read_with(form, choice, text)
        counts = _into_file(_target(out), to, records, tagger, files, given, resume, jobs, style)
        if counts is None:
            return OK
    else:
        counts = _onto_stdout(to, records, tagger, jobs, style)
    warn.finish()
    return _finish(counts, len(failures), text is not None)


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


def _check_plan(plan: str | None, own: Mapping[str, object], others: Mapping[str, object]) -> None:
    context = click.get_current_context()
    if plan is not None and any(value is not None for value in others.values()):
        *names, last = others
        raise click.UsageError(f"--write goes with photographs, without {', '.join(names)} and {last}", ctx=context)
    if plan is None and any(own.values()):
        *names, last = own
        raise click.UsageError(f"{', '.join(names)} and {last} go with --write", ctx=context)


def _check_there(files: Iterable[str]) -> None:
    """A plan that leaves a file out is none."""
    for name in files:
        if not Path(name).exists():
            raise InputError(f"{name}: there is no such file, so no plan is made")


def _plan_settings(
    tagger: Tagger, embed: bool, uncertain: bool, people: bool, terms: str | None, void: bool
) -> PlanSettings:
    if void and not embed:
        raise click.UsageError("--void-credentials goes with --embed", ctx=click.get_current_context())
    from mlcap.photos.planning import PlanSettings
    from mlcap.photos.terms import read_terms

    words = () if terms is None else read_terms(Path(terms), tagger.facets)
    return PlanSettings(embed, uncertain, people, words, void)


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


def _onto_stdout(
    to: str | None, records: Iterator[Record], tagger: Tagger, jobs: int | None, style: CsvStyle
) -> Counts:
    writer = _writer(to, tagger, style)
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


def _into_file(
    out: Path,
    to: str | None,
    records: Iterator[Record],
    tagger: Tagger,
    files: tuple[str, ...],
    options: dict[str, str | None],
    resume: bool,
    jobs: int | None,
    style: CsvStyle,
) -> Counts | None:
    form = output_form(out, to)
    if form == "parquet":
        load_pyarrow(str(out))
    if out.is_dir():
        raise OutputError(f"{out}: is a folder; name the file to write in it")
    if out.exists() and not out.is_file():
        raise OutputError(f"{out}: is no plain file, which alone can be replaced; leave -o away and use >")
    if any(name != "-" and out.exists() and Path(name).exists() and out.samefile(name) for name in files):
        raise OutputError(f"{out}: is an input as well; write into another file")
    taken = fingerprint([name for name in files if name != "-"], options, tagger)
    try:
        counts = tag_into(out, form, records, tagger, taken, resume, jobs, _say_resumed, style)
    except KeyboardInterrupt:
        if files and "-" not in files:
            say(f"what is done is kept beside {out}; go on with --resume")
        raise
    if counts is None:
        say(f"{out}: is there, and no run of it was stopped; leave --resume away to tag again")
    return counts


def _read_with(form: str | None, choice: FieldChoice, text: str | None) -> dict[str, str | None]:
    """What a run that goes on must be given again."""
    given = {"from": form, "column": "\n".join(choice.captions) or None, "text": text}
    return {**given, "id": choice.id} if choice.id else given


def _target(out: str) -> Path:
    """The file itself where OUT is a link to one, so that the link stays."""
    return Path(out).resolve() if Path(out).is_symlink() else Path(out)


def _say_resumed(done: Counts) -> None:
    say(f"going on after {done.all} records")


def _writer(to: str | None, tagger: Tagger, style: CsvStyle) -> Writer:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    chosen = to or ("table" if sys.stdout.isatty() else "jsonl")
    if chosen == "jsonl":
        return JsonlWriter()
    if chosen == "csv":
        return CsvWriter(tagger.facets, style)
    return TableWriter(tagger.facets, shutil.get_terminal_size().columns)


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
