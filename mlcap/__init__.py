"""mlcap reads captions of human-spaceflight photographs and says what the picture shows.

>>> import mlcap
>>> tagged = mlcap.load().tag(["Two astronauts rehearse a spacewalk in the pool."])[0]
>>> tagged.event, tagged.crew_role, tagged.needs_review  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcap.errors import MlcapError

if TYPE_CHECKING:
    from mlcap.model.tagging import Tagger

__version__ = "0.1.0"
__all__ = ["MlcapError", "__version__", "load"]


def load(model: str = "current", models: str | None = None) -> Tagger:
    """Load a model version for tagging.

    Args:
        model: its number, or `current`.
        models: the registry's folder; where None, as the command line chooses it.

    Raises:
        RegistryError: there is no such version.
        ArtifactError: the version is damaged or does not fit this mlcap.
    """
    from mlcap.model.opening import open_tagger

    return open_tagger(model, models)
