"""`mlcap apply`."""

from __future__ import annotations

from pathlib import Path

import click

from mlcap.cli.errors import say
from mlcap.cli.photos import report, runs_folder, runs_option


@click.command("apply")
@click.argument("plan")
@runs_option
def command(plan: str, runs: str | None) -> int:
    """Write the tags of PLAN, made by `mlcap tag PHOTOS --write PLAN`, to photographs.

    Only adds: to dc:subject, lr:hierarchicalSubject, IPTC Keywords (in the photograph itself)
    and to mlcap's own XMP namespace. What is there already stays as it is, so that a second
    time changes nothing. `mlcap undo RUN` takes it back.
    """
    from mlcap.photos.apply import apply_plan
    from mlcap.photos.journal import Journal
    from mlcap.photos.plan import read_plan

    read = read_plan(Path(plan))
    journal = Journal(runs_folder(runs), read.run)
    code = report(apply_plan(read, journal))
    say(f"to take it back: mlcap undo {read.run}" + (f" --runs {runs}" if runs else ""))
    return code
