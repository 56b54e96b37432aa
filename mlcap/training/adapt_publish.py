"""From labels of one's own to an adapted version that is published: adapt, publish, pass the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlcap.errors import ModelRefusedError
from mlcap.evaluation.compare import Comparison
from mlcap.evaluation.promotion import promote
from mlcap.labels.folder import Labels
from mlcap.model.format import MANIFEST, read_file
from mlcap.model.registry import Registry
from mlcap.training.adapt import Adapted, adapt
from mlcap.training.adapting import AdaptParameters


@dataclass(frozen=True)
class PublishedAdaptation:
    """A version that was adapted and published.

    Attributes:
        number, identity: its names.
        adapted: the outcome.
        taken_along: whether the version before was put into the registry first, so that one can go back to it.
        refused: why it was not made current, None where it was.
    """

    number: int
    identity: str
    adapted: Adapted
    taken_along: bool
    refused: ModelRefusedError | None


def adapt_and_publish(
    source: Registry,
    target: Registry,
    labels: Labels,
    command: str,
    folds: int = 5,
    force: bool = False,
    progress: Callable[[str], object] = lambda _: None,
) -> PublishedAdaptation:
    """Adapt the current version to labels, publish the outcome and make it current if it gains something.

    What it gains cross-validation on the labels says; then comes what the promotion of any version asks for.

    Args:
        source: where the version is.
        target: where the new one goes; the version before is put there first where it holds none.
        force: make it current even if it gains nothing or is clearly worse.

    Raises:
        TrainingError: the labels are too few or of other facets.
        RegistryError, ArtifactError: a version cannot be read or written.
    """
    version = source.load("current")
    target.check_writable()
    adapted = adapt(version.artifact, labels, AdaptParameters(version.identity, folds), command, progress)
    taken_along = not target.versions()
    if taken_along:
        folder = source.folder / str(version.number)
        names = [*version.artifact.manifest.files, MANIFEST]
        first = target.publish({name: read_file(folder, name) for name in names})
        target.make_current(first, f"taken along from {source.folder.name}")
    number = target.publish(adapted.content)
    refused = None
    try:
        if not force:
            _check_gain(number, adapted.whole.comparison)
        promote(target, number, labels.captions, f"adapted from {version.identity}", force)
    except ModelRefusedError as error:
        refused = error
    return PublishedAdaptation(number, target.identity(number), adapted, taken_along, refused)


def _check_gain(number: int, comparison: Comparison) -> None:
    """Make sure that a version is better than the one before on the labels.

    Raises:
        ModelRefusedError: it is not.
    """
    if comparison.gains:
        return
    low, high = comparison.interval or (0.0, 0.0)
    figures = f"{comparison.difference or 0.0:+.3f} tags right per caption, 95 % interval {low:+.3f} to {high:+.3f}"
    what = "is clearly worse on your labels than" if comparison.clearly_worse else "gains nothing on your labels over"
    raise ModelRefusedError(
        f"version {number} {what} the version before ({figures}) and was not promoted;"
        " adapt again with more labels, or use --force to promote it all the same"
    )
