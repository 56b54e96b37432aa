"""`mlcap retag`."""

from __future__ import annotations

from pathlib import Path

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.options import fields_options, tagger_of, tagger_options
from mlcap.records.types import FieldChoice
from mlcap.text import printable

#: Captions shown; the rest is counted.
_MOST_SHOWN = 50


@click.command("retag")
@click.option("--out", required=True, metavar="DIR", help="Folder of results and ledger of a watched inbox.")
@fields_options
@click.option("--yes", is_flag=True, help="Do it; else only show what would change.")
@tagger_options
def command(
    out: str,
    choice: FieldChoice,
    yes: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Tag again what an older model version tagged in a watched inbox.

    Shows first what would change. With --yes the new tags become a result of their own,
    DIR/results/retag-model-VERSION.N.jsonl; the older results stay.
    """
    from mlcap.errors import LedgerError
    from mlcap.inbox.outbox import Outbox
    from mlcap.inbox.retag import preview, retag
    from mlcap.inbox.watch import sole_watcher

    if not (Path(out) / "ledger.sqlite").is_file():
        raise LedgerError(f"{out}: holds no ledger; name the --out of mlcap watch")
    tagger = tagger_of(model, models, verbose, text_only)
    with sole_watcher(Path(out)):
        outbox = Outbox.open(Path(out), tagger)
        with outbox.ledger:
            outbox.ledger.check()
            found = preview(outbox, choice)
            for name in found.lost:
                say(f"{name}: is no longer among the results; its captions cannot be tagged again")
            if found.not_found:
                say(f"{found.not_found} captions stand in fields that are not known; name their field with --column")
            for one in found.differences[:_MOST_SHOWN]:
                parts = [f"{n} {_value(one.before[n])} -> {_value(one.after[n])}" for n in one.before]
                click.echo(printable(f"{one.name}: {'; '.join(parts)}"))
            if len(found.differences) > _MOST_SHOWN:
                click.echo(f"and {len(found.differences) - _MOST_SHOWN} more")
            click.echo(
                f"{len(found.differences)} of {found.captions} captions of older versions change with version {tagger.version}"
            )
            if yes and found.captions:
                click.echo(f"{retag(outbox, choice)} tagged again")
            elif found.captions:
                say("nothing was written; --yes does it")
    return OK


def _value(value: object) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
