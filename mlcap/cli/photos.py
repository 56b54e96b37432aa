"""What `mlcap tag --write`, `apply` and `undo` share: plans and outcomes as lines, and where journals lie."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.outputs import write_output
from mlcap.errors import InputError
from mlcap.model.tagging import Tagger
from mlcap.records.photo_names import is_photo
from mlcap.records.types import Record
from mlcap.runs.spool import Counts
from mlcap.text import counted, printable
from mlcap.types import Facet, TaggedCaption

if TYPE_CHECKING:
    from mlcap.photos.plan import Plan, PlannedPhoto
    from mlcap.photos.planning import PlanSettings


def runs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--runs DIR`: the folder of journals."""
    return click.option(
        "--runs",
        metavar="DIR",
        help="Folder of journals [default: $MLCAP_RUNS, else mlcap/runs in the user's folder of program state].",
    )(function)


def runs_folder(option: str | None) -> Path:
    """Choose the folder of journals: the option, MLCAP_RUNS, or the one of the XDG base directories."""
    if chosen := option or os.environ.get("MLCAP_RUNS"):
        return Path(chosen)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "mlcap" / "runs"


#: Options of plans, wherever one is made.
EMBED = click.option("--embed", is_flag=True, help="With --write: into the photographs, not their sidecars.")
TERMS = click.option("--terms", metavar="TOML", help="With --write: the archive's own words for values.")
VOID = click.option(
    "--void-credentials",
    is_flag=True,
    help="With --embed: also into photographs with Content Credentials, which this makes invalid.",
)


def plan_settings(
    facets: Sequence[Facet], embed: bool, uncertain: bool, people: bool, terms: str | None, void: bool
) -> PlanSettings:
    """What a plan is to do, by the options.

    Raises:
        UsageError: one lacks the other that it goes with.
        TermsError: the archive's words cannot be read.
    """
    if void and not embed:
        raise click.UsageError("--void-credentials goes with --embed", ctx=click.get_current_context())
    from mlcap.photos.planning import PlanSettings
    from mlcap.photos.terms import terms_of

    words = terms_of(facets, None if terms is None else Path(terms))
    return PlanSettings(embed, uncertain, people, words, void)


def write_plan(
    path: Path,
    records: Iterable[Record],
    tagger: Tagger,
    settings: PlanSettings,
    warn: Callable[[str], object],
) -> Counts:
    """Tag photographs, write the plan and show it.

    Args:
        path: as `mlcap.cli.outputs.target` gives it.
        warn: is told of each record that is no photograph.

    Raises:
        InputError: none of the records is a photograph, and there are some.
        OutputError: the plan cannot be written.
    """
    from mlcap.photos.planning import make_plan
    from mlcap.records.exiftool import session

    read = unreadable = review = others = 0

    def tagged() -> Iterator[tuple[Record, TaggedCaption | None]]:
        nonlocal read, unreadable, review, others
        for record in records:
            if not is_photo(str(record.fields.get("file", ""))):
                others += 1
                warn(f"{record.position}: is no photograph; --write passes it over")
                continue
            read += record.text is not None
            unreadable += record.text is None
            if record.text is None:
                say(f"{record.position}: {record.error}")
            found = tagger.tag_one(record.text, record.catalogue) if record.text is not None else None
            review += found is not None and (found.needs_review or bool(record.doubts))
            yield record, found

    with session():
        plan = make_plan(tagged(), tagger.version, settings)
    if not read + unreadable:
        if others:
            raise InputError(
                f"{counted(others, 'record')}, and none is a photograph, so no plan is made; give photographs, their sidecars or folders of these"
            )
        return Counts()
    keep_plan(path, plan)
    if settings.people and not any(p.people for p in plan.photos):
        say("--people: the plan names nobody, as no caption that is written names people who are shown")
    return Counts(read, unreadable, review)


def keep_plan(path: Path, plan: Plan) -> None:
    """Write a plan into a file and show it.

    Args:
        path: as `mlcap.cli.outputs.target` gives it.

    Raises:
        OutputError: it cannot be written.
    """
    from mlcap.photos.plan_file import plan_bytes

    write_output(path, plan_bytes(plan))
    for photo in plan.photos:
        _show(photo)
    writing = sum(p.changes for p in plan.photos)
    skipped = sum(bool(p.skipped) for p in plan.photos)
    others = {"left out": skipped, "as planned already": len(plan.photos) - writing - skipped}
    rest = "".join(f", {n} {what}" for what, n in others.items() if n)
    offer = f"`mlcap apply {path}` does it" if writing else "there is nothing to apply"
    say(f"run {plan.run}: {writing} of {len(plan.photos)} photographs would be written{rest}; {offer}")


def _show(photo: PlannedPhoto) -> None:
    notes = "; ".join(photo.notes)
    if not photo.changes:
        why = photo.skipped or "is as it should be"
        click.echo(printable(f"{photo.file}: nothing; {why}" + (f"; {notes}" if notes else "")))
        return
    click.echo(printable(f"{photo.file}: into {photo.target}"))
    for name, values in photo.fields.items():
        line = f"    {name}: has {_listed(values['old'])}; add {_listed(values['add'])}"
        click.echo(printable(line + (f"; take away {_listed(values['remove'])}" if values.get("remove") else "")))
    gone = f"; take away {_listed(photo.gone)}" if photo.gone else ""
    click.echo(printable(f"    mlcap: add {_listed(photo.new)}{gone}"))
    if notes:
        click.echo(printable(f"    {notes}"))


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "nothing"


def report(outcomes: Iterable[Any]) -> int:
    """Print what became of each file that is worth a line, and the counts; give the exit code."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts[outcome.what] += 1
        if outcome.what == "failed":
            say(f"{outcome.file}: {outcome.why}")
        elif outcome.why:
            click.echo(printable(f"{outcome.file}: {outcome.what}; {outcome.why}"))
    click.echo(", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "nothing to do")
    return SOME_FAILED if counts["failed"] else OK
