"""`mlcap models`."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mlcap.cli.at_hand import labels_of
from mlcap.cli.errors import MODEL, OK, SOME_FAILED, say
from mlcap.cli.options import json_option, labels_option, models_option, show_option, stores_option
from mlcap.cli.render import comparison_line
from mlcap.errors import ArtifactError, InputError, LabelError, RegistryError
from mlcap.evaluation.compare import ChangedTag, changed_tags
from mlcap.evaluation.promotion import promote as promote_version
from mlcap.evaluation.versions import UNLABELLED, verdict
from mlcap.files import replace_file
from mlcap.model.load import load_artifact
from mlcap.model.location import default_labels, find_models
from mlcap.model.manifest_reading import manifest_data
from mlcap.model.opening import open_tagger
from mlcap.model.registry import ROLLED_BACK, Registry
from mlcap.records.reading import FORMS, read_records
from mlcap.taxonomy import check_label
from mlcap.text import one_line
from mlcap.types import Facet, FacetValue


@click.group("models")
def command() -> None:
    """List, show, check and choose model versions."""


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
    current = registry.current()
    if as_json:
        history = [{"when": c.when, "version": c.version, "why": c.why} for c in registry.history()]
        click.echo(
            json.dumps(
                {
                    "folder": str(registry.folder),
                    "versions": registry.versions(),
                    "current": current,
                    "history": history,
                },
                indent=1,
            )
        )
        return OK
    for number in registry.versions():
        click.echo(f"{number}{'  current' if number == current else ''}")
    for entry in registry.history():
        click.echo(f"{entry.when}  version {entry.version} became current: {entry.why}")
    if not registry.versions():
        say(f"{registry.folder}: holds no versions; train one with `mlcap train`")
    return OK


@command.command("show")
@click.argument("version", default="current")
@models_option
@json_option
def show(version: str, models: str | None, as_json: bool) -> int:
    """Print the card of a version, or with --json its manifest."""
    registry = _registry(models)
    number = registry.resolve(version)
    if as_json:
        click.echo(json.dumps(manifest_data(registry.folder / str(number)), ensure_ascii=False, indent=1))
    else:
        click.echo(load_artifact(registry.folder / str(number)).card)
    return OK


@command.command("verify")
@click.argument("version", required=False)
@models_option
def verify(version: str | None, models: str | None) -> int:
    """Check a version, or all of them: digests, shapes, ranges, feature schema."""
    registry = _registry(models)
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
@labels_option("Labels folder whose held-out missions are compared on [default: labels/ if there is one].")
@stores_option()
@click.option("--force", is_flag=True, help="Promote even what is clearly worse.")
@models_option
def promote(
    version: str, why: str, labels: str | None, stores: tuple[str, ...], force: bool, models: str | None
) -> int:
    """Make a version current, unless it is clearly worse than the current one."""
    registry = _own_registry(models)
    number = registry.resolve(version)
    if number == registry.current():
        say(f"version {number} is current already")
        return OK
    folder = Path(labels) if labels else default_labels()
    captions = labels_of(folder, stores).captions if labels or folder.is_dir() else ()
    comparison = promote_version(registry, number, captions, why, force)
    if comparison is not None:
        say(comparison_line(comparison))
    say(f"version {number} is current")
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
    say(f"version {earlier} is current")
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
    registry = _registry(models)
    number, artifact = registry.load(version)
    from joblib import dump

    from mlcap.taxonomy import extra_words
    from mlcap.training.export import export_pipelines

    stream = io.BytesIO()
    dump(export_pipelines(artifact.scorer, extra_words(artifact.facets)), stream)
    try:
        replace_file(Path(file), stream.getvalue())
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}); name a file in a folder that can") from error
    say(
        f"wrote the pipelines of version {number} to {file}; loading a joblib file runs code from it, so load only your own"
    )
    return OK


@command.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.argument("file", metavar="FILE")
@click.option("--from", "form", type=click.Choice(FORMS), help="Form of FILE [default: by extension].")
@show_option(10, "How many changed captions to show.")
@models_option
@json_option
def diff(a: str, b: str, file: str, form: str | None, show: int, models: str | None, as_json: bool) -> int:
    """Show what changes in the tags of the captions in FILE from version A to version B.

    Where FILE has labels, each change is called better, worse or neither.
    """
    before, after = open_tagger(a, models), open_tagger(b, models)
    failed: list[str] = []
    records = list(read_records([file], form, None, say, lambda e: failed.append(str(e))))
    if failed:
        raise InputError(failed[0])
    read = [r for r in records if r.text is not None]
    if not read:
        raise InputError(f"{file}: holds no captions")
    texts = [str(r.text) for r in read]
    labels = [_labels(r.fields, before.facets) for r in read]
    found = changed_tags(labels, before.tag(texts), after.tag(texts))
    if as_json:
        rows = [{**asdict(c), "position": read[c.index].position, "text": texts[c.index]} for c in found]
        click.echo(json.dumps({"captions": len(read), "changed_tags": rows}, ensure_ascii=False, indent=1))
    else:
        _print_changed(found, texts, [r.position for r in read], show)
    if len(read) < len(records):
        say(f"{len(records) - len(read)} records could not be read and were left out")
        return SOME_FAILED
    return OK


def _labels(fields: Mapping[str, Any], facets: Sequence[Facet]) -> dict[str, FacetValue]:
    """The labels of a record that fit the facets; other fields are none."""
    out: dict[str, FacetValue] = {}
    for facet in facets:
        with suppress(LabelError):
            out[facet.name] = check_label(facet, fields.get(facet.name))
    return out


def _value(value: FacetValue) -> str:
    return value if isinstance(value, str) else ";".join(value) or "-"


def _print_changed(found: Sequence[ChangedTag], texts: Sequence[str], positions: Sequence[str], show: int) -> None:
    captions = len({c.index for c in found})
    click.echo(f"{captions} of {len(texts)} captions change, in {len(found)} tags")
    kinds = Counter((t.facet, _value(t.before), _value(t.after), verdict(t)) for t in found)
    for (facet, before, after, outcome), count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {count:4d}  {facet}: {before} -> {after}{'' if outcome == UNLABELLED else f'  ({outcome})'}")
    for tag in found[:show]:
        plain = one_line(texts[tag.index])[:100]
        click.echo(f"{positions[tag.index]}  {tag.facet}: {_value(tag.before)} -> {_value(tag.after)}\n    {plain}")
