"""The parameters of training, chosen by grouped cross-validation (docs/decisions/0003-features-and-weights.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlcap.labels.series import FOLDS

#: Block -> weight for single-valued and for multi-valued facets.
SINGLE_WEIGHTS = {
    "lead": 1.5,
    "background": 1.0,
    "lead-letters": 1.2,
    "words": 1.0,
    "letters": 1.0,
    "header": 0.05,
    "codes": 0.2,
    "cues": 0.2,
    "scenes": 0.35,
    "people": 0.2,
    "time": 0.3,
}
MULTIPLE_WEIGHTS = {
    "lead": 1.4,
    "header": 0.15,
    "codes": 0.15,
    "cues": 0.15,
    "scenes": 0.1,
    "people": 0.2,
    "mentions": 1.0,
}


#: Of fewer labelled captions, or missions and series of them, a version is not adapted: they say too little.
FEWEST_TO_ADAPT, FEWEST_GROUPS_TO_ADAPT = 20, 5


@dataclass(frozen=True)
class TrainingParameters:
    """Parameters of one training.

    Attributes:
        folds: number of folds of the grouped cross-validation.
        seed: decides nothing but the order of groups within the folds.
        single_C, multiple_C: inverse of the regularisation by kind of facet, as in scikit-learn.
        single_weights, multiple_weights: block -> weight by kind of facet.
        catalogue_C: the same for what records add (`mlcap.training.catalogue`).
        shared, own: how strongly the mention weights speak (`MultiValueClassifier`).
        single_ratios, multiple_ratios: how far columns weigh by how unevenly values have them, by kind of facet.
        event_target, all_target: the share of right single values, and of captions right
            in every facet, that the automatic captions must reach out of fold.
        desk_target: the share of right single values that they must reach by its lower bound on desks left out.
    """

    folds: int = FOLDS
    seed: int = 0
    single_C: float = 0.1  # noqa: N815 - scikit-learn writes it so
    multiple_C: float = 4.0  # noqa: N815
    catalogue_C: float = 0.03  # noqa: N815
    single_weights: Mapping[str, float] = field(default_factory=lambda: dict(SINGLE_WEIGHTS))
    multiple_weights: Mapping[str, float] = field(default_factory=lambda: dict(MULTIPLE_WEIGHTS))
    shared: float = 0.5
    own: float = 0.3
    single_ratios: float = 0.3
    multiple_ratios: float = 0.4
    event_target: float = 0.97
    all_target: float = 0.93
    desk_target: float = 0.95
