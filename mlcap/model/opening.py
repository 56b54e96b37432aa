"""Opening a model version for tagging: the one way from a name to a tagger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlcap.model.location import ModelsFolder, find_models, shipped_models
from mlcap.model.registry import Registry, Version
from mlcap.model.tagging import Tagger


def open_tagger(
    model: str = "current",
    models: str | Path | None = None,
    notice: Callable[[str], object] = lambda _: None,
    warn: Callable[[str], object] = lambda _: None,
    other: Callable[[str], object] = lambda _: None,
    text_only: bool = False,
    target: float | None = None,
) -> Tagger:
    """Load a model version and give its tagger.

    Args:
        model: its number, its identity, or `current`.
        models: the registry's folder; where None, see `find_models`.
        notice: told in a line each which folder was chosen, before anything is read there, and which version.
        warn: told where damage of the version's manifest could not be found.
        other: told which version it is where it is not the shipped one.
        text_only: whether to pass over what records hold beside their captions.
        target: see `Tagger`.

    Raises:
        RegistryError: there is no such version.
        ArtifactError: the version is damaged or does not fit this mlcap.
        InputError: it keeps no such target.
    """
    chosen = find_models(models)
    notice(f"models: {chosen.folder.resolve()} ({chosen.chosen_by})")
    registry = Registry(chosen.folder)
    version = registry.load(model)
    caution = version.artifact.manifest.caution
    notice(f"model: version {version.identity}{caution and f', {caution}'}")
    if not _is_shipped(chosen, version):
        other(f"model version {version.identity} of {chosen.folder} ({chosen.chosen_by}){caution and f', {caution}'}")
    if not version.recorded:
        warn(
            f"{chosen.folder}: the registry does not know the digest of version {version.number}, so damage of its manifest"
            " would not be found; it is noted when a version is next published or promoted"
        )
    return Tagger(version.artifact, version.identity, text_only, target)


def _is_shipped(chosen: ModelsFolder, version: Version) -> bool:
    shipped = shipped_models()
    return chosen.folder.resolve() == shipped.resolve() and version.number == Registry(shipped).current()
