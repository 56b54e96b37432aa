"""`mlcap review export` and `mlcap review import`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.options import fields_options, tagger_of, tagger_options
from mlcap.cli.outputs import EXPORTED, EXPORTED_TAXONOMY, PLAN, target
from mlcap.cli.photos import EMBED, TERMS, VOID, keep_plan, plan_settings
from mlcap.records.types import FieldChoice
from mlcap.review.desk import Desk
from mlcap.review.exporting import FORMS, export_to, exported_files, exported_text
from mlcap.review.importing import import_labels
from mlcap.review.labels import Exported
from mlcap.review.sources import source_names
from mlcap.text import counted

_NAMED = 5


@click.command("export")
@click.argument("desk")
@click.option("--to", "form", type=click.Choice(tuple(FORMS)), help="Form [default: labels].")
@click.option("-o", "--out", metavar="OUT", help="File; for labels a name without extension is a folder to train on.")
@click.option("--without-accepted", is_flag=True, help="Leave out what was merely left as it was suggested.")
@click.option("--write", "plan", metavar="PLAN", help="Plan what to write into the photographs instead; touch nothing.")
@EMBED
@TERMS
@VOID
def export_command(
    desk: str,
    form: str | None,
    out: str | None,
    without_accepted: bool,
    plan: str | None,
    embed: bool,
    terms: str | None,
    void_credentials: bool,
) -> int:
    """Give the decisions as labelled captions, or plan to write them into photographs.

    `labels` is what `mlcap train`, `adapt` and `evaluate` read, `csv` a table for people; the others are for the programs
    of these names. A plan makes tags `confirmed` that people chose and `rejected` that they took off; `mlcap apply` writes
    it, `mlcap undo` takes it back.
    """
    context = click.get_current_context()
    if plan is not None:
        if form or out:
            raise click.UsageError("--write goes without --to and -o", ctx=context)
        return _write_plan(Path(desk), plan, not without_accepted, embed, terms, void_credentials)
    if embed or terms or void_credentials:
        raise click.UsageError("--embed, --terms and --void-credentials go with --write", ctx=context)
    form = form or "labels"
    with Desk.open(Path(desk)) as opened:
        if out is None:
            text, found = exported_text(opened, form, not without_accepted)
            if hasattr(sys.stdout, "reconfigure"):
                sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
            sys.stdout.write(text)
        else:
            kinds = (EXPORTED[form], EXPORTED_TAXONOMY)
            files = zip(exported_files(Path(out), form), kinds, strict=False)
            paths = [target(str(path), kind, source_names(opened.store)) for path, kind in files]
            found = export_to(opened, paths[0] if len(paths) == 1 else Path(out), form, not without_accepted)
    _say_exported(found, out)
    return OK


def _write_plan(
    desk: Path, plan: str, with_accepted: bool, embed: bool, terms: str | None, void_credentials: bool
) -> int:
    from mlcap.review.photo_plan import plan_photos

    path = target(plan, PLAN)
    with Desk.open(desk) as opened:
        settings = plan_settings(opened.facets, embed, False, False, terms, void_credentials)
        made, without = plan_photos(opened, settings, with_accepted)
    keep_plan(path, made)
    if without:
        say(f"decided captions without a photograph: {without}")
    return OK


def _say_exported(found: Exported, out: str | None) -> None:
    where = f" to {out}" if out else ""
    say(f"{counted(len(found.captions), 'labelled caption')}{where}")
    if found.accepted:
        say(f"{counted(found.accepted, 'caption')} merely left as suggested: left out")
    if found.unsettled:
        say(
            f"{len(found.unsettled)} whose readings differ are left out; settle them on the desk: {_some(found.unsettled)}"
        )
    if found.renamed:
        say(f"{len(found.renamed)} ids have two texts; the earlier bears its digest in its id: {_some(found.renamed)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


@click.command("import")
@click.argument("desk")
@click.argument("file")
@click.option("--from", "form", type=click.Choice(tuple(FORMS)), help="Form [default: as the file tells].")
@fields_options
@click.option("--name", default="import", show_default=True, help="Who gave the labels where the file does not say.")
@tagger_options
def import_command(
    desk: str,
    file: str,
    form: str | None,
    choice: FieldChoice,
    name: str,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Take over labels that people gave elsewhere; the same file again changes nothing.

    Captions that the desk does not hold are put on it. Tables of any form that `tag` reads and JSON Lines are read as
    `evaluate` reads them, with `;` between several values of a cell.
    """
    tagger = tagger_of(model, models, verbose, text_only)
    with Desk.open(Path(desk)) as opened:
        done = import_labels(opened, tagger, Path(file), form, name, say, choice)
    for fault in done.faults[:_NAMED]:
        say(fault)
    if done.faults:
        say(f"{counted(len(done.faults), 'record')} could not be taken over")
    say(f"{counted(done.new, 'new decision')}, {done.known} known already")
    return SOME_FAILED if done.faults else OK
