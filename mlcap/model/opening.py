"""Opening a model version for tagging: the one way from a name to a tagger."""

from __future__ import annotations

from collections.abc import Callable

from mlcap.model.location import find_models
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger


def open_tagger(
    model: str = "current", models: str | None = None, notice: Callable[[str], object] = lambda _: None
) -> Tagger:
    """Load a model version and give its tagger.

    Args:
        model: its number, or `current`.
        models: the registry's folder; where None, see `find_models`.
        notice: told in a line each which folder was chosen, before anything is read there, and which version.

    Raises:
        RegistryError: there is no such version.
        ArtifactError: the version is damaged or does not fit this mlcap.
    """
    chosen = find_models(models)
    notice(f"models: {chosen.folder.resolve()} ({chosen.chosen_by})")
    number, artifact = Registry(chosen.folder).load(model)
    notice(f"model: version {number}")
    return Tagger(artifact, str(number))
