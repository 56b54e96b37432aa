"""`mlcap serve`: the service for programs, with the desk that its feedback ends on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.extras import check_desk_extra
from mlcap.cli.options import Number, tagger_options, target_option
from mlcap.cli.places import public_option, served_place

if TYPE_CHECKING:
    from mlcap.review.desk import Desk
    from mlcap.service.current import CurrentTagger

#: Seconds for the requests at hand to end when the service is stopped.
_GRACE = 75


@click.command("serve")
@click.argument("desk")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to serve on.")
@click.option(
    "--port",
    default=8017,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port; 0 for a free one.",
)
@click.option("--allow", multiple=True, metavar="HOST", help="Further name by which the service is asked; repeatable.")
@public_option
@click.option(
    "--rate",
    default=500.0,
    show_default=True,
    type=Number(1, 1e6),
    metavar="N",
    help="Requests a second that one address may send in the long run; at once as many as in 2 s, and 400 in any case.",
)
@click.option(
    "--token",
    "program",
    metavar="NAME",
    help="Give the program NAME a token for all that programs may do, if it has none.",
)
@click.option("--log", "log", is_flag=True, help="Tell of each request in a line of JSON on stderr, without captions.")
@click.option("--log-captions", is_flag=True, help="Tell the captions as well.")
@tagger_options
@target_option
def command(
    desk: str,
    host: str,
    port: int,
    allow: tuple[str, ...],
    public: str,
    rate: float,
    program: str | None,
    log: bool,
    log_captions: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
    target: float | None,
) -> int:
    """Serve programs: tag, explain and take feedback over HTTP, and the pages of the desk beside it.

    DESK is the folder of a review desk, made where it is missing; it keeps the tokens (`mlcap tokens add`) and the
    feedback. Ctrl-C or SIGTERM ends the service once the requests that it has taken are answered. With the current model version it follows what is promoted meanwhile.
    """
    check_desk_extra("the service")
    from mlcap.review.desk import Desk
    from mlcap.review.programs import SCOPES, add_program, programs
    from mlcap.service.current import CurrentTagger
    from mlcap.web.serving import bound_socket, checked_place

    current = CurrentTagger(model, models, text_only, target, say, say if verbose else lambda _: None)
    there = (Path(desk) / "desk.sqlite").is_file()
    checked_place(host, allow, public)
    facets = None if there else current().facets
    with closing(bound_socket(host, port)) as sock, Desk.open(Path(desk), facets) as opened:
        write = (lambda line: click.echo(line, nl=False, err=True)) if log or log_captions else None
        if program and all(one.name != program for one in programs(opened.store)):
            click.echo(f"token of {program}: {add_program(opened.store, program, SCOPES)}")
        _serve(opened, current, sock, (host, allow, public), rate, write, log_captions)
    return OK


def _serve(
    desk: Desk,
    current: CurrentTagger,
    sock: socket.socket,
    place: tuple[str, tuple[str, ...], str],
    rate: float,
    write: Callable[[str], object] | None,
    log_captions: bool,
) -> None:
    from mlcap.review.addresses import SERVE
    from mlcap.review.feedback_taking import bring_to_desk
    from mlcap.review.programs import programs
    from mlcap.service.application import service_application
    from mlcap.service.context import Service
    from mlcap.service.limits import service_limits
    from mlcap.service.work import Work
    from mlcap.web.serving import serve

    host, allow, public = place
    address, hosts = served_place(desk.store, SERVE, host, sock, allow, public)

    def started() -> None:
        click.echo(address)
        say(f"model version {current.version} tags")
        if not programs(desk.store):
            say(f"no program has a token; give one with `mlcap tokens add {desk.store.folder} NAME`")

    with Work(current) as work:
        # Feedback that was recorded when the last service was killed.
        work.later(lambda tagger: bring_to_desk(desk, tagger))
        service = Service(desk, current, work)
        serve(service_application(service, hosts, service_limits(rate), write, log_captions), sock, started, _GRACE)
