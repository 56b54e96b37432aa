"""`mlcap pull`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.options import Number
from mlcap.cli.outputs import STORE, target
from mlcap.pull.client import API, Library
from mlcap.pull.search import parse_years, parts_of
from mlcap.pull.store import Pulled, pull_ids, pull_search, read_ids

#: Ids named in a list before the rest is counted.
_MOST_NAMED = 20


@click.command("pull")
@click.option("--query", "query", metavar="WORDS", help="Search for these words.")
@click.option("--years", metavar="FROM-TO", help="Years of the records; each is asked for by itself.")
@click.option("--center", metavar="NAME", help="NASA centre, such as JSC, KSC or HQ.")
@click.option(
    "--ids",
    metavar="CSV",
    help="Fetch the records that the column nasa_id of this table names; texts are held against its sha256.",
)
@click.option("-o", "--out", required=True, metavar="OUT", help="Caption store to make, JSON Lines.")
@click.option("--resume", is_flag=True, help="Go on where a stopped pull ended.")
@click.option("--api", default=API, show_default=True, metavar="URL", help="Address of the search API.")
@click.option(
    "--delay", default=1.0, show_default=True, type=Number(0, 60), metavar="SECONDS", help="Seconds between requests."
)
def command(
    query: str | None,
    years: str | None,
    center: str | None,
    ids: str | None,
    out: str,
    resume: bool,
    api: str,
    delay: float,
) -> int:
    """Fetch captions from NASA's image library.

    By search, or by the ids of a table: `mlcap pull --ids labels/library.csv -o store.jsonl`
    fetches the texts of the labels, for `python train.py --captions store.jsonl`. When the
    library refuses or fails it is asked again after a pause that doubles, eight times.
    """
    if (ids is None) == (query is None and years is None and center is None):
        raise click.UsageError(
            "give either --ids, or what to search for: --query, --years, --center", ctx=click.get_current_context()
        )
    store = target(out, STORE, () if ids is None else (ids,))
    with Library(api, delay, say) as library:
        if ids is not None:
            pulled = _by_id(library, Path(ids), store, resume)
        else:
            question = (
                {"media_type": "image"} | ({"q": query} if query else {}) | ({"center": center} if center else {})
            )
            parts = parts_of(question, parse_years(years) if years else None)
            pulled = pull_search(library, parts, store, resume, say, _count("records"))
    return _report(pulled, out)


def _by_id(library: Library, table: Path, out: Path, resume: bool) -> Pulled:
    wanted = read_ids(table)
    say(f"{len(wanted)} records to fetch")
    return pull_ids(library, wanted, out, resume, _count(f"of {len(wanted)} ids"))


def _count(what: str) -> Callable[[int], None]:
    """Counts on one line of a terminal; says nothing elsewhere."""

    def show(number: int) -> None:
        if sys.stderr is not None and sys.stderr.isatty():
            click.echo(f"\r{number} {what} ", nl=False, err=True)

    return show


def _report(pulled: Pulled, out: str) -> int:
    for what, ids in (("not in the library", pulled.missing), ("changed since it was labelled", pulled.changed)):
        for one in ids[:_MOST_NAMED]:
            say(f"{one}: {what}")
        if len(ids) > _MOST_NAMED:
            say(f"and {len(ids) - _MOST_NAMED} more {what}")
    say(f"{out}: {pulled.records} records")
    return SOME_FAILED if pulled.missing or pulled.changed or pulled.short else OK
