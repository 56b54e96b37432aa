"""`mlcap watch`."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.options import Number, fields_options, json_option, tagger_of, tagger_options
from mlcap.cli.stopping import Terminated
from mlcap.cli.terminal import echo_json
from mlcap.records.types import FieldChoice
from mlcap.text import printable


@click.command("watch")
@click.argument("inbox")
@click.option("--out", required=True, metavar="DIR", help="Folder of results and ledger, outside of the inbox.")
@click.option(
    "--every", default=2.0, show_default=True, type=Number(0.01), metavar="SECONDS", help="Seconds between two looks."
)
@click.option(
    "--settle",
    default=2.0,
    show_default=True,
    type=Number(0),
    metavar="SECONDS",
    help="Seconds for which a file must stay as it is.",
)
@click.option(
    "--patience",
    default=None,
    type=Number(0),
    metavar="SECONDS",
    help="Seconds for which a file that cannot be read must stay as it is before it is moved, and one whose last line"
    " has no end before it is read [default: ten times --settle].",
)
@click.option(
    "--memory",
    default=256,
    show_default=True,
    type=click.IntRange(32),
    metavar="MIB",
    help="MiB that files read at the same time may take, beside the model; worker processes take 32 of them each.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=None, metavar="N", help="Tag in N processes.")
@fields_options
@click.option("--lines", is_flag=True, help="Texts with one caption a line.")
@click.option("--once", is_flag=True, help="Stop when everything is tagged.")
@click.option("--status", is_flag=True, help="Say how the inbox stands instead.")
@json_option
@tagger_options
def command(
    inbox: str,
    out: str,
    every: float,
    settle: float,
    patience: float | None,
    memory: int,
    jobs: int | None,
    choice: FieldChoice,
    lines: bool,
    once: bool,
    status: bool,
    as_json: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Tag the files that arrive in INBOX until stopped.

    Reads what `mlcap tag` reads. Results are files of JSON Lines in DIR/results; the ledger
    DIR/ledger.sqlite knows every record, so that no row of a file is tagged twice by one model
    version, whatever stops the program. A file that cannot be read is moved to
    INBOX/mlcap-failed with the reason, once it has stopped changing. SIGTERM ends it.
    """
    if status:
        return _status(Path(inbox), Path(out), as_json)
    if as_json:
        raise click.UsageError("--json goes with --status", ctx=click.get_current_context())
    from mlcap.inbox.status import status_of
    from mlcap.inbox.watch import watch
    from mlcap.inbox.watcher import WatchSettings

    tagger = tagger_of(model, models, verbose, text_only)
    settings = WatchSettings(every, settle, memory << 20, choice, lines, once, patience, jobs)
    caution = tagger.artifact.manifest.caution
    say(f"watching {inbox} with model version {tagger.version}{caution and f', {caution}'}")
    try:
        watch(Path(inbox), Path(out), tagger, settings, Event(), say)
    except Terminated:
        say("stopped")
        return OK
    found = status_of(Path(inbox), Path(out))
    say(f"{found.untagged}; all else is tagged" if found.untagged else "everything is tagged")
    return SOME_FAILED if once and (found.failures or found.unreadable or found.backlog) else OK


def _status(inbox: Path, out: Path, as_json: bool) -> int:
    from mlcap.inbox.status import status_of

    found = status_of(inbox, out)
    if as_json:
        echo_json(found.as_data())
        return OK
    files = ", ".join(f"{n} {state}" for state, n in sorted(found.files.items())) or "none"
    click.echo(f"files: {files}")
    superseded = f", {found.superseded} superseded by their files since" if found.superseded else ""
    click.echo(f"records: {found.tagged} tagged, {found.unreadable} could not be read{superseded}")
    for version, n in found.models.items():
        click.echo(f"    by model version {version}: {n}")
    oldest = "" if found.oldest is None else f", the oldest for {found.oldest:.0f} s"
    click.echo(f"backlog: {found.backlog} files{oldest}")
    for path, reason, at in found.failures:
        click.echo(printable(f"failed {at}: {path}: {reason}"))
    return OK
