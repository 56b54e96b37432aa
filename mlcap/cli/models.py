"""`mlcap models`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mlcap.artifact.load import load_artifact, read_manifest
from mlcap.cli.errors import MODEL, OK, say
from mlcap.cli.options import json_option, models_option, registry_place
from mlcap.errors import ArtifactError, RegistryError
from mlcap.labels.folder import read_labels
from mlcap.places import default_labels, shipped_taxonomy
from mlcap.promotion import promote as promote_version
from mlcap.registry import Registry


@click.group("models")
def command() -> None:
    """List, show, check and choose model versions."""


@command.command("list")
@models_option
@json_option
def list_versions(models: str | None, as_json: bool) -> int:
    """List the versions, which is current, and the history."""
    place = registry_place(models, False)
    registry = Registry(place.folder)
    current = registry.current()
    if as_json:
        history = [{"when": c.when, "version": c.version, "why": c.why} for c in registry.history()]
        click.echo(
            json.dumps(
                {"folder": str(place.folder), "versions": registry.versions(), "current": current, "history": history},
                indent=1,
            )
        )
        return OK
    for number in registry.versions():
        click.echo(f"{number}{'  current' if number == current else ''}")
    for change in registry.history():
        click.echo(f"{change.when}  version {change.version} became current: {change.why}")
    if not registry.versions():
        say(f"{place.folder}: holds no versions; train one with `mlcap train`")
    return OK


@command.command("show")
@click.argument("version", default="current")
@models_option
@json_option
def show(version: str, models: str | None, as_json: bool) -> int:
    """Print the card of a version, or with --json its manifest."""
    registry = Registry(registry_place(models, False).folder)
    number = registry.resolve(version)
    if as_json:
        click.echo(json.dumps(read_manifest(registry.folder / str(number)), ensure_ascii=False, indent=1))
    else:
        click.echo(load_artifact(registry.folder / str(number)).card)
    return OK


@command.command("verify")
@click.argument("version", required=False)
@models_option
def verify(version: str | None, models: str | None) -> int:
    """Check a version, or all of them: digests, shapes, ranges, feature schema."""
    registry = Registry(registry_place(models, False).folder)
    numbers = [registry.resolve(version)] if version else registry.versions()
    if not numbers:
        raise RegistryError(f"{registry.folder}: holds no versions; train one with `mlcap train`")
    code = OK
    for number in numbers:
        try:
            load_artifact(registry.folder / str(number))
            click.echo(f"version {number} is sound")
        except ArtifactError as error:
            say(f"version {number}: {error}")
            code = MODEL
    return code


@command.command("promote")
@click.argument("version")
@click.option("--why", default="promoted", show_default=True, help="Reason, for the history.")
@click.option(
    "--labels",
    metavar="DIR",
    help="Labels folder whose held-out missions are compared on [default: labels/ if there is one].",
)
@click.option(
    "--captions", "stores", multiple=True, metavar="STORE", help="Caption store for the library's labels; repeatable."
)
@click.option("--force", is_flag=True, help="Promote even what is clearly worse.")
@models_option
def promote(
    version: str, why: str, labels: str | None, stores: tuple[str, ...], force: bool, models: str | None
) -> int:
    """Make a version current, unless it is clearly worse than the current one."""
    registry = Registry(registry_place(models, False).folder)
    number = registry.resolve(version)
    folder = Path(labels) if labels else default_labels()
    captions = (
        read_labels(folder, [Path(s) for s in stores], shipped_taxonomy()).captions if labels or folder.is_dir() else ()
    )
    comparison = promote_version(registry, number, captions, why, force)
    if comparison is not None:
        say(
            f"compared on {comparison.captions} held-out captions"
            if comparison.captions
            else "no held-out captions at hand to compare on; name --labels and --captions"
        )
    say(f"version {number} is current")
    return OK


@command.command("rollback")
@models_option
def rollback(models: str | None) -> int:
    """Make the version current that was so before the present one."""
    registry = Registry(registry_place(models, False).folder)
    current = registry.current()
    known = set(registry.versions())
    earlier = [c.version for c in registry.history() if c.version != current and c.version in known]
    if not earlier:
        raise RegistryError(
            f"{registry.folder}: no earlier version was current; choose one with `mlcap models promote`"
        )
    registry.make_current(earlier[-1], f"rolled back from {current}")
    say(f"version {earlier[-1]} is current")
    return OK
