"""Whether labels are enough to train and to cross-validate on, found out before anything long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcap.errors import TrainingError
from mlcap.labels.folder import Labels
from mlcap.labels.held_out import FEWEST_TO_TRAIN
from mlcap.text import counted
from mlcap.training.cross_validation import group_folds
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, LabelledCaption


def check_enough(labels: Labels, captions: Sequence[LabelledCaption], parameters: TrainingParameters) -> None:
    """Check that captions can be trained and cross-validated on.

    Args:
        captions: those of the labels to train on.

    Raises:
        TrainingError: there are too few captions, values or missions; the message advises what can work.
    """
    if len(captions) < FEWEST_TO_TRAIN:
        raise TrainingError(
            f"there are {len(captions)} labelled captions outside of the held-out missions; at least {FEWEST_TO_TRAIN} are needed"
        )
    for facet in labels.facets:
        found = {c.labels[facet.name] for c in captions if facet.name in c.labels}
        if len(found) < 2:
            raise TrainingError(
                f"all captions have the same {facet.name}, or none; label captions of at least two values, or remove the facet from taxonomy.toml"
            )
    missions = len({c.mission for c in captions})
    if missions < parameters.folds:
        held = len({c.mission for c in labels.measuring()})
        fewer = _most_folds(labels.facets, captions, missions, parameters.seed)
        raise TrainingError(
            f"{counted(missions, 'mission is', 'missions are')} left to train on"
            + (f" beside {held} held out" if held else "")
            + f", and {parameters.folds}-fold cross-validation needs {parameters.folds}"
            + (f"; {labels.joins.words}" if labels.joins else "")
            + "; label captions of more missions that do not repeat each other"
            + (f", or take --folds {fewer} (in Python folds={fewer})" if fewer else "; fewer folds cannot help here")
        )


def _most_folds(facets: Sequence[Facet], captions: Sequence[LabelledCaption], missions: int, seed: int) -> int:
    """With how many folds at most every fit still meets two values of each single-valued facet; 0 for none."""
    named = [c.mission for c in captions]

    def works(folds: int) -> bool:
        places = group_folds(named, folds, seed)
        rest = [[captions[i] for i in np.flatnonzero(places != fold).tolist()] for fold in range(folds)]
        return all(
            len({c.labels[f.name] for c in part if f.name in c.labels}) > 1
            for part in rest
            for f in facets
            if not f.multiple
        )

    return next((folds for folds in range(missions, 1, -1) if works(folds)), 0)
