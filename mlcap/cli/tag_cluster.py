"""`mlcap tag --on`: one Parquet file on a cluster, into a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from mlcap.cli.errors import say
from mlcap.cli.progress import steps
from mlcap.dask import SCHEME, client_class, tag_parts
from mlcap.errors import OutputError
from mlcap.parts import Part, parts_of
from mlcap.pinned import pin
from mlcap.records.types import FieldChoice
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.spool import Counts

_LARGEST_PORT = 65535


def on_cluster(
    address: str,
    files: Sequence[str],
    out: str | None,
    choice: FieldChoice,
    resume: bool,
    others: Mapping[str, object],
    version: tuple[str, str | None, bool, float | None],
    verbose: bool,
) -> Counts:
    """Tag on a cluster, and say which version does.

    Args:
        others: options that do not go with it, and what was given for them.
        version: model, models, text_only and target, as `pin` takes them.

    Raises:
        click.UsageError: what was given does not go with a cluster.
        MlcapError: as `tag_parts`.
    """
    _check_use(address, files, out, others)
    # First of all, since its extra brings whatever else may be missing.
    client_class()
    model, models, text_only, target = version
    pinned = pin(choice.captions, choice.id, model, models, text_only, target)
    if verbose or pinned.folder is not None:
        say(f"model version {pinned.identity} of {pinned.folder or 'mlcap'}, for every worker")
    (source,) = files
    parts = parts_of(source, pinned, warn=say)
    if not parts:
        return Counts()
    options = {
        "column": "\n".join(choice.captions) or None,
        "id": choice.id,
        "text_only": "yes" if text_only else None,
        "target": None if target is None else f"{target:g}",
        "parts": str(len(parts)),
    }
    taken = fingerprint([source], options, pinned.tagger())
    with steps(sum(part.rows for part in parts), " captions") as advance:

        def done(part: Part) -> None:
            advance("", part.rows)

        try:
            return tag_parts(address, Path(source), Path(out or ""), parts, pinned, taken, resume, done, say)
        except KeyboardInterrupt:
            say(f"what is done is kept in {out}; go on with --resume")
            raise


def _check_use(address: str, files: Sequence[str], out: str | None, others: Mapping[str, object]) -> None:
    context = click.get_current_context()
    host, _, port = address.removeprefix(SCHEME).rpartition(":")
    if not address.startswith(SCHEME) or not host or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise click.UsageError(f"--on takes {SCHEME}HOST:PORT, the address of a scheduler of Dask", ctx=context)
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise click.UsageError(f"{given[0]} does not go with --on", ctx=context)
    if len(files) != 1 or Path(files[0]).suffix.lower() not in (".parquet", ".pq") or out is None:
        raise click.UsageError("--on goes with one Parquet file, and -o with the folder for the tags", ctx=context)
    if Path(out).exists() and not Path(out).is_dir():
        raise OutputError(f"{out}: is no folder, which --on writes its files into; name a new one")
