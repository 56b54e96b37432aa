"""`mlcap undo`."""

from __future__ import annotations

import click

from mlcap.cli.photos import report, runs_folder, runs_option


@click.command("undo")
@click.argument("run")
@runs_option
def command(run: str, runs: str | None) -> int:
    """Take back what `mlcap apply` added to photographs in RUN.

    Exactly that: what a person has confirmed or changed since is kept and said.
    """
    from mlcap.photos.journal import Journal
    from mlcap.photos.undo import undo_run

    if not run.replace("-", "").isalnum():
        raise click.UsageError(f"{run!r} names no run; `mlcap apply` says the name", ctx=click.get_current_context())
    return report(undo_run(run, Journal(runs_folder(runs), run)))
