"""`mlcap review open` and `mlcap review invite`."""

from __future__ import annotations

import getpass
import socket
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.extras import check_desk_extra
from mlcap.cli.options import input_options, tagger_of, tagger_options
from mlcap.cli.places import public_option, served_place
from mlcap.errors import DeskError, InputError
from mlcap.model.tagging import Tagger
from mlcap.records.reading import FORMS
from mlcap.records.types import FieldChoice
from mlcap.review.adding import Added, LackingPhotos, lacking_photos
from mlcap.review.addresses import OPEN, kept_addresses, opened_once, served_at
from mlcap.review.desk import Desk
from mlcap.review.people import checked_name, invite
from mlcap.review.queues import Queue, QueueKind
from mlcap.review.suggestions import pair_of_cell
from mlcap.taxonomy import read_taxonomy
from mlcap.text import counted
from mlcap.types import Facet

#: Records that could not be read named on stderr; all of them are on the desk.
_NAMED = 5


def _share(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """A share as `0.1` or `10%`."""
    if value is None:
        return None
    try:
        share = float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter("give a share from 0 to 1, or a percentage such as 10%", context, parameter)
    return share


@click.command("open")
@click.argument("desk")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@input_options(FORMS)
@click.option("--photos", multiple=True, metavar="DIR", help="Folder in which photographs are looked up; repeatable.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="Who works here; repeatable [default: the user].")
@click.option(
    "--audit", callback=_share, metavar="SHARE", help="Share of the automatic captions to check [default: 10%]."
)
@click.option(
    "--blind", callback=_share, metavar="SHARE", help="Share of the captions to read without tags [default: 0]."
)
@click.option(
    "--cell", metavar="LABELLED,GIVEN", help="Begin with what is in doubt between two values, or about a role."
)
@click.option("--taxonomy", metavar="FILE", help="Facets to decide [default: those of the model version].")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to serve on.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port to serve on [default: that of the last time, else a free one].",
)
@click.option("--allow", multiple=True, metavar="HOST", help="Further name by which the desk is asked; repeatable.")
@public_option
@click.option("--browser/--no-browser", default=True, help="Open the first address in the browser.")
@click.option("--terminal", is_flag=True, help="Work in the terminal instead.")
@tagger_options
def open_command(
    desk: str,
    sources: tuple[str, ...],
    form: str | None,
    choice: FieldChoice,
    photos: tuple[str, ...],
    names: tuple[str, ...],
    audit: float | None,
    blind: float | None,
    cell: str | None,
    taxonomy: str | None,
    host: str,
    port: int,
    allow: tuple[str, ...],
    public: str,
    browser: bool,
    terminal: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Put captions on a desk and work on it.

    SOURCE is what `mlcap tag` reads or has written, a folder that `mlcap watch` writes to, or photographs; what is on the
    desk already stays as it is. Each address that is printed lets one person in, once.
    """
    people = [checked_name(n) for n in names] or [_user()]
    new = _is_new(Path(desk), sources)
    if new:
        _check_some_are_there(sources)
    if not terminal:
        check_desk_extra("the desk in a browser", ", or work with --terminal")
        _check_place(host, allow, public)
    tagger = tagger_of(model, models, verbose, text_only)
    wanted = read_taxonomy(Path(taxonomy)) if taxonomy else tagger.facets if new else None
    # What is wrong with the options is told before anything is made or put on the desk.
    if new and wanted is not None:
        _queue_of_cell(wanted, cell)
    with Desk.open(Path(desk), wanted) as opened:
        queue = _queue_of_cell(opened.facets, cell)
        opened.set_shares(audit, blind)
        failed = _fill(opened, tagger, sources, [Path(p) for p in photos], form, choice)
        if not opened.store.one("SELECT 1 FROM captions LIMIT 1"):
            raise DeskError(f"{desk}: holds no captions; name a file of captions")
        if terminal:
            from mlcap.cli.review_terminal import work

            invite(opened.store, people[0])
            work(opened, tagger, people[0], queue)
        else:
            with opened_once(opened.store):
                _serve(opened, tagger, people, (host, port, allow, public), browser, queue)
        return SOME_FAILED if failed else OK


def _check_place(host: str, allow: tuple[str, ...], public: str) -> None:
    from mlcap.web.serving import checked_place

    checked_place(host, allow, public)


def _queue_of_cell(facets: Sequence[Facet], cell: str | None) -> Queue:
    """The queue to begin with."""
    return Queue(QueueKind.PAIR, pair_of_cell(facets, cell)) if cell else Queue()


def _user() -> str:
    try:
        return checked_name(getpass.getuser())
    except (OSError, KeyError, ImportError, DeskError):  # By Python and system, for want of an account or of its list.
        return "me"


def _is_new(desk: Path, sources: tuple[str, ...]) -> bool:
    if (desk / "desk.sqlite").exists():
        return False
    if not sources:
        raise DeskError(f"{desk}: is no desk; name the captions to put on a new one: mlcap review open {desk} CAPTIONS")
    return True


def _check_some_are_there(sources: tuple[str, ...]) -> None:
    """A desk is not made for captions that are nowhere."""
    missing = [name for name in sources if name != "-" and not Path(name).exists()]
    if len(missing) == len(sources):
        raise InputError(f"{missing[0]}: there is no such file")


def _fill(
    desk: Desk, tagger: Tagger, sources: tuple[str, ...], photos: list[Path], form: str | None, choice: FieldChoice
) -> bool:
    """Put sources on the desk; whether something of them could not be read."""
    failures: list[str] = []

    def failed(error: Exception) -> None:
        say(str(error))
        failures.append(str(error))

    added = desk.add(tagger, sources, photos, form, choice, say, failed)
    if sources:
        say(f"{counted(added.new, 'new caption')}, {added.known} on the desk already")
    _say_unreadable(added)
    if failures and not (added.new or added.known or added.unreadable):
        raise DeskError("no source could be read, so the desk is not opened; without a source it opens as it is")
    if sources or photos:
        _say_lacking(lacking_photos(desk.store))
    renewed = desk.renew(tagger)
    if renewed:
        say(f"model version {tagger.version} tagged {counted(renewed, 'open caption')} anew")
    return bool(failures or added.unreadable)


def _say_lacking(found: LackingPhotos) -> None:
    if found.missing:
        say(
            f"{counted(len(found.missing), 'photograph')} that captions name not found, {found.missing[0]} for one: name the folder with"
            " --photos DIR; links are not followed"
        )
    if found.ambiguous:
        say(
            f"{counted(len(found.ambiguous), 'caption')} shown without a photograph, as several have the name, {found.ambiguous[0]}"
            " for one: give the path within the folder, as sub/NAME, or name one folder with --photos"
        )


def _say_unreadable(added: Added) -> None:
    for fault in added.unreadable[:_NAMED]:
        say(fault)
    if added.unreadable:
        say(
            f"{counted(len(added.unreadable), 'record')} could not be read; `mlcap review status DESK --json` names all"
        )


def _serve(
    desk: Desk,
    tagger: Tagger,
    people: list[str],
    place: tuple[str, int, tuple[str, ...], str],
    browser: bool,
    queue: Queue,
) -> None:
    from mlcap.desk.application import desk_application
    from mlcap.web.serving import bound_socket, serve

    host, port, allow, public = place
    sock = _socket_as_before(desk, host) if port == 0 else bound_socket(host, port)
    address, hosts = served_place(desk.store, OPEN, host, sock, allow, public)
    asked = "" if queue == Queue() else f"&queue={queue.kind}&value={quote(queue.value)}"
    links = {name: f"{address}/enter?token={invite(desk.store, name)}{asked}" for name in people}

    def started() -> None:
        for name, link in links.items():
            click.echo(f"{name}: {link}")
        say(f"model version {tagger.version} suggests")
        say("each address lets one person in, once; Ctrl-C ends the desk, which keeps everything")
        if browser:
            webbrowser.open(links[people[0]])

    serve(desk_application(desk, tagger, hosts), sock, started)


def _socket_as_before(desk: Desk, host: str) -> socket.socket:
    """A socket of the port that the desk had last, so that pages and links of then hold; of a free one where that is taken."""
    from mlcap.web.serving import bound_socket

    last = kept_addresses(desk.store).get(OPEN)
    with suppress(InputError):
        if last is not None:
            return bound_socket(host, last.port)
    return bound_socket(host, 0)


@click.command("invite")
@click.argument("desk")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def invite_command(desk: str, names: tuple[str, ...]) -> int:
    """Print an address for each NAME that lets this person in, once, at the desk as it was opened last."""
    with Desk.open(Path(desk)) as opened:
        place = served_at(opened.store)
        for name in names:
            click.echo(f"{checked_name(name)}: {place.address}/enter?token={invite(opened.store, name)}")
        if not place.answers:
            say(
                f"nobody answers there now; open the desk (`mlcap review open {desk}`) or serve it (`mlcap serve {desk}`) first"
            )
    return OK
