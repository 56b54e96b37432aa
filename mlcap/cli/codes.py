"""`mlcap codes`."""

from __future__ import annotations

import sys

import click

from mlcap.captions.codes import find_codes
from mlcap.captions.normalise import normalise
from mlcap.cli.options import json_option
from mlcap.cli.terminal import echo_json
from mlcap.text import one_line


@click.command("codes")
@click.argument("text", required=False)
@json_option
def command(text: str | None, as_json: bool) -> int:
    """Show the codes found in TEXT (or stdin), each with its canonical name.

    Offsets count characters of the text as given.
    """
    given = text if text is not None else sys.stdin.buffer.read(1 << 20).decode("utf-8", errors="replace")
    mapped = normalise(given)
    rows = []
    for code in find_codes(mapped.text):
        start, end = mapped.span(code.start, code.end)
        rows.append({**code._asdict(), "text": given[start:end], "start": start, "end": end})
    if as_json:
        echo_json(rows)
        return 0
    if not rows:
        click.echo("no codes found", err=True)
    width = max((len(str(r["text"])) for r in rows), default=0)
    for row in rows:
        shown = one_line(str(row["text"]))
        click.echo(f"{row['kind']:9s} {shown:{min(width, 40)}s}  {one_line(str(row['canonical']))}  ({row['group']})")
    return 0
