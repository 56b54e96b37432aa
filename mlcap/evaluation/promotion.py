"""The gate: a version becomes current only after a comparison with the one that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlcap.errors import ArtifactError, ModelRefusedError
from mlcap.evaluation.compare import Comparison, compare
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger
from mlcap.text import counted
from mlcap.types import LabelledCaption


def promote(
    registry: Registry, number: int, captions: Sequence[LabelledCaption], why: str, force: bool = False
) -> Comparison | None:
    """Make a version current unless it is clearly worse than the one that is.

    Args:
        captions: labelled captions; those of missions held out by both versions are compared on.
        why: for the history.
        force: promote even what is clearly worse.

    Returns:
        The comparison; None where no current version could be compared with.

    Raises:
        ModelRefusedError: the candidate is clearly worse, and `force` is not set.
        RegistryError, ArtifactError: the candidate cannot be loaded or the registry not written.
    """
    candidate = registry.load(str(number))
    comparison = None
    current = registry.current()
    if current is not None and current != number:
        try:
            now = registry.load(str(current))
        except ArtifactError:
            now = None  # A current version that no longer loads is no bar to its successor.
        if now is not None:
            shared = now.artifact.manifest.held_out(candidate.artifact.manifest.held_out(captions))
            texts = [c.text for c in shared]
            tags = [Tagger(v.artifact, v.identity).tag(texts) for v in (candidate, now)]
            comparison = replace(compare(shared, *tags), at_hand=len(captions))
            if comparison.clearly_worse and not force:
                low, high = comparison.interval or comparison.of_one or (0.0, 0.0)
                raise ModelRefusedError(
                    f"version {number} is clearly worse than version {current} on {counted(comparison.captions, 'held-out caption')}"
                    f" ({comparison.difference:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}) and was not promoted; use --force to promote it all the same"
                )
    registry.make_current(number, why)
    return comparison
