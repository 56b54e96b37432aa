"""`mlcap explain`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from mlcap.cli.errors import OK, SOME_FAILED, USAGE, say
from mlcap.cli.explain_text import explanation_text, learned_text, mentioned_text
from mlcap.cli.options import input_options, tagger_of, tagger_options
from mlcap.cli.terminal import echo_json
from mlcap.explanation import Explanation, explain
from mlcap.explanation.data import as_data
from mlcap.explanation.mentioned import mentioned
from mlcap.explanation.overall import as_data as learned_data
from mlcap.explanation.overall import strongest_features
from mlcap.model.tagging import Tagger
from mlcap.records.reading import FORMS, read_records
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import json_line
from mlcap.text import counted, escaped


@click.command("explain")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--text", help="Explain this one caption.")
@input_options(FORMS)
@click.option(
    "--to",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="Form of the output; json is one object a line, html one page that needs no network.",
)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=8,
    show_default=True,
    metavar="N",
    help="Features listed for and against each value, 0 for all; the rest is summed up.",
)
@click.option("--mentioned", "only_mentioned", is_flag=True, help="List what captions mention and do not depict.")
@click.option("--global", "overall", is_flag=True, help="List the strongest features of each value; reads no caption.")
@tagger_options
def command(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    choice: FieldChoice,
    to: str,
    most: int,
    only_mentioned: bool,
    overall: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Explain why captions get their tags: zones, codes, mentions, and the words that decided.

    FILE is read as `mlcap tag` reads it, - or nothing for stdin. Offsets in json count
    characters of the caption as given.
    """
    _check_use(files, text, form, choice, to, only_mentioned, overall)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    tagger = tagger_of(model, models, verbose, text_only)
    if overall:
        learned = strongest_features(tagger.artifact.scorer, most or 8)
        if to == "json":
            echo_json({"model": tagger.version, "facets": learned_data(learned)})
        else:
            _echo(learned_text(learned))
        return OK
    source = _Source(files, text, form, choice)
    if to == "html":
        _html(tagger, source, most)
    else:
        show = _shower(tagger, to, most, only_mentioned)
        for number, record in enumerate(source.records(), 1):
            _echo(show(record, number))
    return source.finish()


def _check_use(
    files: tuple[str, ...],
    text: str | None,
    form: str | None,
    choice: FieldChoice,
    to: str,
    only_mentioned: bool,
    overall: bool,
) -> None:
    wrong = ""
    if text is not None and files:
        wrong = "give either --text or files, not both"
    elif files.count("-") > 1:
        wrong = "stdin (-) can be read once only"
    elif text is not None and (form or choice != FieldChoice()):
        wrong = "--from, --column and --id go with files, not with --text"
    elif overall and (files or text is not None or only_mentioned):
        wrong = "--global is about the model version; leave out captions and --mentioned"
    elif (overall or only_mentioned) and to == "html":
        wrong = "--global and --mentioned go with --to text or --to json"
    if wrong:
        raise click.UsageError(wrong, ctx=click.get_current_context())


class _Source:
    """The records to explain, and the count of those that could not be read."""

    def __init__(self, files: tuple[str, ...], text: str | None, form: str | None, choice: FieldChoice) -> None:
        self._given = (files, text, form, choice)
        self.read = self.unreadable = self._failed_inputs = 0

    def records(self) -> Iterator[Record]:
        """Read the records one after another."""
        files, text, form, choice = self._given
        found: Iterator[Record]
        if text is not None:
            fields = {"text": text}
            found = iter([Record("the caption", fields, text if text.strip() else None, "the caption is empty")])
        else:
            if not files and sys.stdin is not None and sys.stdin.isatty():
                say("reading captions from the terminal, separated by blank lines; end with Ctrl-D")
            found = read_records(files or ("-",), form, choice, say, self._fail)
        for record in found:
            if record.text is None:
                self.unreadable += 1
            else:
                self.read += 1
            yield record

    def _fail(self, error: Exception) -> None:
        say(str(error))
        self._failed_inputs += 1

    def finish(self) -> int:
        """Say what could not be read, and give the exit code."""
        if self.unreadable:
            say(f"{self.unreadable} of {counted(self.read + self.unreadable, 'record')} could not be read")
        if not self.read and not self.unreadable:
            if not self._failed_inputs:
                say("the input holds no captions")
            return USAGE
        return SOME_FAILED if self.unreadable or self._failed_inputs else OK


def _echo(text: str) -> None:
    # click takes the colours out where nobody sees them; NO_COLOR asks for that everywhere.
    click.echo(escaped(text), nl=False, color=False if os.environ.get("NO_COLOR") else None)
    sys.stdout.flush()


def record_name(record: Record) -> str:
    """What to call a record: its id, else its position."""
    return str(record.fields.get("id") or record.fields.get("nasa_id") or record.position)


def _shower(tagger: Tagger, to: str, most: int, only_mentioned: bool) -> Callable[[Record, int], str]:
    def mentioned_data(explanation: Explanation) -> dict[str, Any]:
        found = mentioned(explanation, tagger.facets)
        rows = [{"facet": m.facet, "value": m.value, "spans": [list(s) for s in m.spans]} for m in found]
        return {"text": explanation.text, "tags": explanation.tagged.as_record(), "mentioned": rows}

    def json_of(record: Record, _number: int) -> str:
        known = {k: record.fields[k] for k in ("id", "nasa_id") if k in record.fields}
        if record.text is None:
            return json_line({**known, "error": record.error, "position": record.position})
        explanation = explain(tagger, record.text, record.catalogue)
        return json_line({**known, **(mentioned_data(explanation) if only_mentioned else as_data(explanation, most))})

    def text_of(record: Record, number: int) -> str:
        gap = "\n" if number > 1 else ""
        name = record_name(record)
        if record.text is None:
            return f"{gap}{name}  ERROR {record.error}\n"
        explanation = explain(tagger, record.text, record.catalogue)
        if only_mentioned:
            return mentioned_text(explanation, mentioned(explanation, tagger.facets), name)
        return gap + explanation_text(explanation, name, most)

    return json_of if to == "json" else text_of


def _html(tagger: Tagger, source: _Source, most: int) -> None:
    from mlcap.report.explained import explanation_page

    explained = (
        (record_name(r), explain(tagger, r.text, r.catalogue) if r.text is not None else r.error)
        for r in source.records()
    )
    for piece in explanation_page(explained, tagger.version, most):
        sys.stdout.write(piece)
    sys.stdout.flush()
