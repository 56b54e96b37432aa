"""`mlcap drift`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.options import fields_options, json_option, tagger_of, tagger_options
from mlcap.cli.progress import InputBar
from mlcap.cli.terminal import echo, echo_json
from mlcap.errors import InputError
from mlcap.evaluation.drift import FEWEST, Difference, Drift, NewName, Seen, drift, month_of, seen
from mlcap.model.tagging import Tagger
from mlcap.records.reading import FORMS, read_records
from mlcap.records.types import FieldChoice, Record
from mlcap.text import counted, one_line

#: Months and names in text; JSON has all.
_MOST_MONTHS, _MOST_NAMES = 24, 8
_WIDTH = 80
#: A date of a year alone is of no month, and nothing is wrong with it.
_YEAR = re.compile(r"\d{4}")
#: What intervals and stars mean.
_KEY = ("95 % intervals, of each row alone; * is no chance among all rows",)


@click.command("drift")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--from", "form", type=click.Choice(FORMS), help="Form of both [default: by extension].")
@fields_options
@tagger_options
@json_option
def command(
    old: str,
    new: str,
    form: str | None,
    choice: FieldChoice,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Show how the captions in NEW differ from those in OLD.

    It tells what they show, why they need review, and which missions and words are new to the
    archive and to training. Both are files of any form that `mlcap tag` reads, tagged or not;
    all captions are tagged by one version. Differences are NEW less OLD with 95 % intervals,
    as a whole and by month. An interval is of its row alone, so that of many rows some leave
    out 0 by chance. A star marks what is no chance among all rows: where captions do not
    differ, one report in twenty at most has a star.
    """
    tagger = tagger_of(model, models, verbose, text_only, say)
    failed: list[Exception] = []
    before, unread_before = _seen(tagger, old, form, choice, failed)
    after, unread_after = _seen(tagger, new, form, choice, failed)
    if failed:
        raise InputError(str(failed[0]))
    for name, captions in ((old, before), (new, after)):
        if not captions:
            raise InputError(f"{name}: holds no captions")
    found = drift(before, after)
    if as_json:
        echo_json({"model": tagger.version, **found.as_data()})
    else:
        echo("\n".join(drift_lines(found, tagger.version)))
    if unread := unread_before + unread_after:
        say(f"{counted(unread, 'record')} beside that cannot be read")
    return SOME_FAILED if unread else OK


def _seen(
    tagger: Tagger, name: str, form: str | None, choice: FieldChoice, failed: list[Exception]
) -> tuple[list[Seen], int]:
    """What is measured of the captions of a file, and how many of its records cannot be read."""
    bar = InputBar([name], shown=True)
    unread, odd_dates = 0, []

    def readable() -> Iterator[Record]:
        nonlocal unread
        for record in bar.watched(read_records([name], form, choice, say, failed.append, bar.opened)):
            unread += record.text is None
            date = record.catalogue.get("date_created", "").strip()
            if date and not _YEAR.fullmatch(date) and not month_of(date):
                odd_dates.append(date)
            yield record

    found = list(seen(tagger, readable()))
    if odd_dates:
        say(
            f"{name}: {counted(len(odd_dates), 'date')} cannot be read, the first is {odd_dates[0][:40]!r}; write them as 2026-05-12."
            " The captions count by a date of their own, or as undated"
        )
    return found, unread


def drift_lines(found: Drift, version: str) -> list[str]:
    """The report as text, at most 80 columns."""
    lines = [f"{counted(found.old, 'older caption')}, {found.new} newer, tagged by version {version}", *_KEY, ""]
    lines += [_row("", "older", "newer", "newer less older", ""), *map(_difference, found.differences)]
    lines += _names("missions of which no older caption speaks", found.missions)
    lines += _names("words of leads that neither older captions nor training have", found.words)
    lines += ["", "by month, against all older captions"]
    months = list(found.months.items())
    if len(months) > _MOST_MONTHS:
        lines.append(f"  (the latest {_MOST_MONTHS} of {len(months)}; --json has all)")
    for month, (count, differences) in months[-_MOST_MONTHS:]:
        changed = [d for d in differences if d.changed]
        what = f"fewer than {FEWEST}, not compared" if not differences else "no change" if not changed else ""
        lines.append(f"  {month or 'undated':7s}  {counted(count, 'caption')}{f': {what}' if what else ''}")
        lines += [f"  {line}" for line in map(_difference, changed)]
    return [line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in lines]


def _row(name: str, old: str, new: str, interval: str, star: str) -> str:
    return f"{name:34s} {old:>6s} {new:>6s}  {interval:s}{star}".rstrip()


def _difference(one: Difference) -> str:
    name = one_line(one.measure)
    name = name if len(name) <= 34 else f"{name[:31]}..."
    return _row(name, f"{one.old:.3f}", f"{one.new:.3f}", f"{one.low:+.3f} to {one.high:+.3f}", " *" * one.changed)


def _names(title: str, names: Sequence[NewName]) -> list[str]:
    if not names:
        return []
    shown = [f"  {one_line(name.name)} ({counted(name.new, 'caption')})" for name in names[:_MOST_NAMES]]
    return ["", title, *shown]
