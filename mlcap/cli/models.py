"""`mlcap models`."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path

import click

from mlcap.cli.at_hand import labels_of
from mlcap.cli.errors import MODEL, OK, say
from mlcap.cli.groups import Group
from mlcap.cli.models_diff import diff
from mlcap.cli.options import fields_options, json_option, labels_option, models_option, stores_option
from mlcap.cli.outputs import JOBLIB, target, write_output
from mlcap.cli.render import comparison_line
from mlcap.cli.terminal import echo_json
from mlcap.errors import ArtifactError, RegistryError
from mlcap.evaluation.promotion import promote as promote_version
from mlcap.model.location import default_labels, find_models
from mlcap.model.manifest_reading import OTHER_FEATURES
from mlcap.model.registry import Registry
from mlcap.model.registry_state import ROLLED_BACK
from mlcap.model.signing import check_signature, sign
from mlcap.records.types import FieldChoice
from mlcap.text import printable


@click.group("models", cls=Group)
def command() -> None:
    """List, show, check and choose model versions."""


command.add_command(diff)


def _registry(models: str | None) -> Registry:
    return Registry(find_models(models).folder)


@command.command("list")
@models_option
@json_option
def list_versions(models: str | None, as_json: bool) -> int:
    """List the versions, which is current, and the history."""
    registry = _registry(models)
    if models and not registry.folder.is_dir():
        raise RegistryError(f"{registry.folder}: there is no such folder; train a version into it with `mlcap train`")
    current, numbers = registry.current(), registry.versions()
    identities = {number: _identity(registry, number) for number in numbers}
    if as_json:
        data = {
            "folder": str(registry.folder),
            "versions": numbers,
            "identities": identities,
            "current": current,
            "history": [asdict(entry) for entry in registry.history()],
        }
        echo_json(data)
        return OK
    for number in numbers:
        name = identities[number] or f"{number}  cannot be read: see `mlcap models verify {number}`"
        click.echo(f"{name}{'  current' if number == current else ''}")
    for entry in registry.history():
        name = entry.identity or str(entry.version)
        click.echo(printable(f"{entry.when}  version {name} became current: {entry.why}"))
    if not numbers:
        say(f"{registry.folder}: holds no versions; train one with `mlcap train`")
    return OK


def _identity(registry: Registry, number: int) -> str | None:
    """The identity of a version, None where its manifest cannot be read."""
    try:
        return registry.identity(number)
    except ArtifactError:
        return None


@command.command("show")
@click.argument("version", default="current")
@models_option
@json_option
def show(version: str, models: str | None, as_json: bool) -> int:
    """Print the identity and the card of a version, or with --json its manifest."""
    registry = _registry(models)
    if as_json:
        echo_json(registry.manifest_data(registry.resolve(version)))
        return OK
    number = registry.resolve(version)
    can_tag = registry.reads_features(number)
    card = registry.load(version).artifact.card if can_tag else registry.card(number)
    click.echo(f"model version {registry.identity(number)}\n")
    for line in card.splitlines():
        click.echo(printable(line))
    if not can_tag:
        say(f"version {number} {OTHER_FEATURES}")
    return OK


@command.command("verify")
@click.argument("version", required=False)
@click.option(
    "--signature", "key", metavar="KEY", help="Check as well that the owner of this public key (PEM) signed it."
)
@models_option
def verify(version: str | None, key: str | None, models: str | None) -> int:
    """Check a version, or all of them: digests, shapes, ranges, feature schema.

    One that was trained with other features is held against its digests alone, and cannot tag.
    """
    registry = _registry(models)
    numbers = [registry.resolve(version)] if version else registry.versions()
    if not numbers:
        raise RegistryError(f"{registry.folder}: holds no versions; train one with `mlcap train`")
    code = OK
    for number in numbers:
        try:
            if not registry.reads_features(number):
                registry.card(number)
                if key is not None:
                    check_signature(registry.folder / str(number), Path(key))
                say(f"version {registry.identity(number)} is as it was published, but {OTHER_FEATURES}")
                code = MODEL
                continue
            found = registry.load(str(number))
            unknown = "" if found.recorded else "; the registry does not know the digest of its manifest yet"
            if key is not None:
                check_signature(registry.folder / str(number), Path(key))
            signed = "" if key is None else " and signed"
            click.echo(f"version {found.identity} is sound{signed}{unknown}")
        except ArtifactError as error:
            say(f"version {number}: {error}")
            code = MODEL
    return code


@command.command("sign")
@click.argument("version", default="current")
@click.option("--key", required=True, metavar="KEY", help="Private key of an elliptic curve (PEM).")
@models_option
def sign_version(version: str, key: str, models: str | None) -> int:
    """Sign a version beside its folder, in the form of OpenSSF Model Signing.

    `mlcap models verify --signature` checks it with the public key, and so do other tools.
    Keys: openssl ecparam -name prime256v1 -genkey -noout -out key.pem, and
    openssl ec -in key.pem -pubout -out key.pub.
    """
    registry = _own_registry(models)
    number = registry.resolve(version)
    identity = registry.load(str(number)).identity
    place = sign(registry.folder / str(number), Path(key))
    say(f"version {identity} is signed: {place}")
    return OK


@command.command("promote")
@click.argument("version")
@click.option("--why", default="promoted", show_default=True, help="Reason, for the history.")
@labels_option("Labels folder whose held-out missions are compared on [default: labels/ if there is one].")
@stores_option()
@fields_options
@click.option("--force", is_flag=True, help="Promote even what is clearly worse.")
@models_option
def promote(
    version: str,
    why: str,
    labels: str | None,
    stores: tuple[str, ...],
    choice: FieldChoice,
    force: bool,
    models: str | None,
) -> int:
    """Make a version current, unless it is clearly worse than the current one."""
    registry = _own_registry(models)
    number = registry.resolve(version)
    if number == registry.current():
        say(f"version {number} is current already")
        return OK
    folder = Path(labels) if labels else default_labels()
    captions = labels_of(folder, stores, choice=choice).captions if labels or folder.is_dir() else ()
    comparison = promote_version(registry, number, captions, why, force)
    if comparison is not None:
        say(comparison_line(comparison))
    say(f"version {registry.identity(number)} is current")
    return OK


@command.command("rollback")
@models_option
def rollback(models: str | None) -> int:
    """Make the version current that was so before the present one."""
    registry = _own_registry(models)
    earlier = registry.before_current()
    if earlier is None:
        raise RegistryError(
            f"{registry.folder}: no earlier version was current; choose one with `mlcap models promote`"
        )
    registry.load(str(earlier))
    registry.make_current(earlier, f"{ROLLED_BACK} {registry.current()}")
    say(f"version {registry.identity(earlier)} is current")
    return OK


def _own_registry(models: str | None) -> Registry:
    """The registry to change, which is never the one inside an installed mlcap."""
    chosen = find_models(models)
    if chosen.chosen_by == "shipped with mlcap":
        raise RegistryError(
            "the versions that come with mlcap are not changed; name a folder of your own with --models"
        )
    return Registry(chosen.folder)


@command.command("remove")
@click.argument("version")
@models_option
def remove(version: str, models: str | None) -> int:
    """Remove a version that is not the current one."""
    registry = _own_registry(models)
    number = registry.resolve(version)
    registry.remove(number)
    say(f"version {number} is removed")
    return OK


@command.command("export")
@click.argument("version")
@click.argument("file", metavar="FILE.joblib")
@models_option
def export(version: str, file: str, models: str | None) -> int:
    """Write the fitted scikit-learn pipelines of a version as joblib: facet name -> pipeline.

    Loading a joblib file runs what its maker put into it: load only files that you wrote
    yourself, with the same versions of mlcap and scikit-learn.
    """
    out = target(file, JOBLIB)
    exported = _registry(models).load(version)
    from joblib import dump

    from mlcap.taxonomy import extra_words
    from mlcap.training.export import export_pipelines

    stream = io.BytesIO()
    artifact = exported.artifact
    dump(export_pipelines(artifact.scorer, extra_words(artifact.facets)), stream)
    write_output(out, stream.getvalue())
    say(
        f"wrote the pipelines of version {exported.identity} to {file}; loading a joblib file runs code from it, so load only your own"
    )
    return OK
