"""`mlcap apply`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.outputs import MARC, target, write_output
from mlcap.cli.photos import report, runs_folder, runs_option

if TYPE_CHECKING:
    from mlcap.photos.edits import Outcome
    from mlcap.photos.plan import Plan


@click.command("apply")
@click.argument("plan")
@click.option(
    "--marc", metavar="FILE", help="Write MARCXML for a catalogue too: subjects, and provenance in field 883."
)
@click.option(
    "--agency",
    default="mlcap",
    show_default=True,
    metavar="CODE",
    help="With --marc: MARC code of the organization that tags.",
)
@runs_option
def command(plan: str, marc: str | None, agency: str, runs: str | None) -> int:
    """Write the tags of PLAN, made by `mlcap tag PHOTOS --write PLAN`, to photographs.

    Adds to dc:subject, lr:hierarchicalSubject, digiKam:TagsList, IPTC Keywords (in the
    photograph itself) and to mlcap's own XMP namespace. Takes away what mlcap itself added
    where a corrected caption gives other tags, or a person set a tag to `rejected`; all else
    stays as it is, so that a second time changes nothing. `mlcap undo RUN` takes it back.
    """
    from mlcap.photos.apply import apply_plan
    from mlcap.photos.journal import Journal
    from mlcap.photos.plan_file import read_plan

    context = click.get_current_context()
    if marc is None and context.get_parameter_source("agency") is not ParameterSource.DEFAULT:
        raise click.UsageError("--agency goes with --marc", ctx=context)
    read = read_plan(Path(plan))
    catalogue = None if marc is None else target(marc, MARC, (plan, *(photo.file for photo in read.photos)))
    journal = Journal(runs_folder(runs), read.run)
    done: list[Outcome] = []
    code = report(_kept(apply_plan(read, journal), done))
    if catalogue is not None:
        _write_marc(catalogue, read, done, agency)
    if journal.entries():
        say(f"to take it back: mlcap undo {read.run}" + (f" --runs {runs}" if runs else ""))
    return code or (SOME_FAILED if any(photo.refused for photo in read.photos) else OK)


def _kept(outcomes: Iterable[Outcome], done: list[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        done.append(outcome)
        yield outcome


def _write_marc(path: Path, plan: Plan, done: Iterable[Outcome], agency: str) -> None:
    from mlcap.photos.marc import CataloguedPhoto, marc_xml
    from mlcap.photos.terms import by_tag

    write_output(path, marc_xml([CataloguedPhoto(o.file, o.tags) for o in done], by_tag(plan.terms), agency))
