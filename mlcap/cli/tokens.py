"""`mlcap tokens`: what programs call the service with."""

from __future__ import annotations

from pathlib import Path

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.groups import Group
from mlcap.cli.options import Number
from mlcap.review.desk import Desk
from mlcap.review.programs import SCOPES, add_program, programs, revoke
from mlcap.review.tokens import TAG


@click.group("tokens", cls=Group)
def command() -> None:
    """Give, list and revoke the tokens by which programs call `mlcap serve`.

    DESK is the folder of the desk that is served. It keeps of each token its hash alone.
    """


@command.command("add")
@click.argument("desk")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help=f"What it is for; repeatable [default: {TAG}].",
)
@click.option(
    "--days", type=Number(0, min_open=True), metavar="DAYS", help="Days for which it holds [default: until revoked]."
)
def add_command(desk: str, name: str, scopes: tuple[str, ...], days: float | None) -> int:
    """Print a token for the program NAME; it is shown this once.

    Scope tag is to have captions tagged and explained, scope feedback to say what is right of them. Nobody gets to the
    desk by it; people are let in there by `mlcap review invite`.
    """
    with Desk.open(Path(desk)) as opened:
        click.echo(add_program(opened.store, name, tuple(dict.fromkeys(scopes)) or (TAG,), days))
    return OK


@command.command("list")
@click.argument("desk")
def list_command(desk: str) -> int:
    """List the programs that have a token, what it is for and until when it holds."""
    with Desk.open(Path(desk)) as opened:
        found = programs(opened.store)
    for one in found:
        click.echo(f"{one.name}\t{' '.join(sorted(one.scopes))}\t{one.until or 'until revoked'}")
    if not found:
        say("no program has a token")
    return OK


@command.command("revoke")
@click.argument("desk")
@click.argument("name")
def revoke_command(desk: str, name: str) -> int:
    """Take the token of the program NAME back; its next request is refused."""
    with Desk.open(Path(desk)) as opened:
        revoke(opened.store, name)
    return OK
