"""From labels to a published version: train, publish, promote."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import ArtifactError, InputError, ModelRefusedError, RegistryError
from mlcap.evaluation.compare import Comparison
from mlcap.evaluation.promotion import promote
from mlcap.labels.folder import Labels, read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.model.manifest import StoreDigest
from mlcap.model.manifest_reading import read_training
from mlcap.model.registry import Registry, Version
from mlcap.records.types import FieldChoice
from mlcap.training.parameters import TrainingParameters
from mlcap.training.train import Trained
from mlcap.training.train import train as train_facets


@dataclass(frozen=True)
class Published:
    """A version that was trained and published.

    Attributes:
        number, identity: its names.
        trained: the outcome of its training.
        comparison: with the version that was current before; None where there was none to compare with.
        refused: why it was not made current, None where it was.
    """

    number: int
    identity: str
    trained: Trained
    comparison: Comparison | None
    refused: ModelRefusedError | None


def drawn_before(registry: Registry) -> frozenset[str]:
    """The held-out missions that the newest version of a registry drew; none where none drew any or can be read."""
    try:
        numbers = registry.versions()
    except RegistryError:  # Whether it can be written is found out before anything long.
        return frozenset()
    for number in reversed(numbers):
        try:
            training = read_training(registry.manifest_data(number), registry.folder / str(number))
        except ArtifactError:
            continue
        if training.held_out_drawn:
            return training.held_out_missions
    return frozenset()


def train_and_publish(
    labels: Labels,
    stores: Sequence[Path],
    registry: Registry,
    parameters: TrainingParameters,
    command: str,
    jobs: int = 1,
    progress: Callable[[str], object] = lambda _: None,
    force: bool = False,
) -> Published:
    """Train on labels, publish the version and make it current unless it is clearly worse than the one that is.

    Args:
        stores: the caption stores that the labels were read with.
        command: how it was asked for, for the manifest.
        jobs, progress: as `mlcap.training.train.train` takes them.
        force: make it current even if it is clearly worse.

    Raises:
        TrainingError: the labels are not enough.
        InputError: a store cannot be read.
        RegistryError, ArtifactError: the registry cannot be written, or the version not be loaded.
    """
    registry.check_writable()
    trained = train_facets(labels, parameters, command, [_digest(s) for s in stores], jobs, progress)
    number = registry.publish(trained.content)
    comparison, refused = None, None
    try:
        comparison = promote(registry, number, labels.captions, "trained", force)
    except ModelRefusedError as error:
        refused = error
    return Published(number, registry.identity(number), trained, comparison, refused)


def train(
    labels: str | Path,
    models: str | Path,
    captions: Sequence[str | Path] = (),
    folds: int = 5,
    jobs: int = 1,
    force: bool = False,
    columns: Sequence[str] = (),
    id_column: str | None = None,
) -> Version:
    r"""Train a model version on a folder of labels, publish it and make it current.

    Args:
        labels: the folder: tables or JSON Lines of labelled captions and, if its values are other than mlcap's, a
            `taxonomy.toml`.
        models: the folder of versions to publish into; it is made where it is missing.
        captions: caption stores with the texts of the library's labels.
        folds: of the cross-validation grouped by mission.
        jobs: processes; the version does not depend on it.
        force: make the version current even if it is clearly worse than the one that is.
        columns: fields with the caption, in order of preference; () to find it by its usual names.
        id_column: the field that names a record; None to find it by its usual names.

    Warns:
        UserWarning: what `mlcap train` says of the labels: which fields were chosen, rows that are passed over, fields
            that are nearly called as a facet, captions without a mission.

    Raises:
        ModelRefusedError: the version is published, and not current because it is clearly worse.
        LabelError, TaxonomyError, InputError: the labels cannot be read.
        TrainingError: they are not enough.
        RegistryError: the version cannot be written.

    Example:
        >>> launches = ["A rocket stands on the pad.", "Engines ignite over the sea.", "Smoke hides both towers."]
        >>> lessons = ["A pilot floats in deep water.", "Pilot and tutor try the simulator.", "At night the pilot reads maps."]
        >>> captions = [(t, "launch", []) for t in launches] + [(t, "training", ["pilot"]) for t in lessons]
        >>> lines = [
        ...     {"id": f"{n}", "text": text, "event": event, "crew_role": roles, "mission": f"m-{n % 3}"}
        ...     for n, (text, event, roles) in enumerate(captions * 6)
        ... ]
        >>> Path("my-labels").mkdir()
        >>> _ = Path("my-labels/captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
        >>> version = mlcap.train("my-labels", "my-models", folds=2)
        >>> mlcap.load(models="my-models").version == version.identity
        True
    """
    stores, registry = [Path(s) for s in captions], Registry(Path(models))
    found = _warned(Path(labels), stores, FieldChoice(tuple(columns), id_column), registry)
    command = f"mlcap.train({Path(labels).name})"
    published = train_and_publish(found, stores, registry, TrainingParameters(folds=folds), command, jobs, force=force)
    if published.refused is not None:
        raise published.refused
    return registry.load(str(published.number))


def _warned(labels: Path, stores: Sequence[Path], choice: FieldChoice, registry: Registry) -> Labels:
    """Read labels; what there is to say of them are warnings of whoever called `train`."""
    said: list[str] = []
    before = drawn_before(registry)
    try:
        return read_labels(labels, stores, shipped_taxonomy(), warn=said.append, choice=choice, before=before)
    finally:
        for line in said:
            warnings.warn(line, stacklevel=3)


def _digest(store: Path) -> StoreDigest:
    digest = hashlib.sha256()
    try:
        with open(store, "rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise InputError(f"{store}: cannot be read ({error.strerror})") from error
    return StoreDigest(store.name, digest.hexdigest())
