"""Cross-validation grouped by mission: every caption is scored by a fit that never saw its mission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlcap.errors import TrainingError
from mlcap.features.extract import CaptionFeatures
from mlcap.text import counted
from mlcap.training.counts import CaptionCounts
from mlcap.training.fit import fit_counted, mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.processes import in_processes
from mlcap.types import Facet, FacetValue, LabelledCaption


def group_folds(missions: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Assign captions to folds, whole missions at a time, folds about equally large.

    Returns:
        The fold of each caption, shape (captions,).

    Raises:
        TrainingError: there are fewer missions than folds.
    """
    names, counts = np.unique(np.asarray(missions), return_counts=True)
    if len(names) < folds:
        raise TrainingError(
            f"{counted(len(names), 'mission is', 'missions are')} left after joining captions that resemble each other"
            f" (`mlcap labels duplicates` lists them), and {folds}-fold cross-validation needs {folds}; label captions of"
            " more missions"
            + (f", or take --folds {len(names)} (in Python folds={len(names)})" if len(names) > 1 else "")
        )
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order], kind="stable")]
    loads = [0] * folds
    fold_of = {}
    for i in order:
        lightest = min(range(folds), key=lambda f: loads[f])
        fold_of[names[i]] = lightest
        loads[lightest] += int(counts[i])
    return np.asarray([fold_of[m] for m in missions])


@dataclass(frozen=True)
class OutOfFold:
    """Scores of captions by fits that never saw their missions.

    Attributes:
        scores: for every facet an array of shape (captions, values), before calibration.
        blocks: for every facet what each block of features adds to them, block -> array of that shape.
        without_background: for every facet the scores, were there nothing from the background; mentions left out.

    """

    scores: list[np.ndarray]
    blocks: list[dict[str, np.ndarray]]
    without_background: list[np.ndarray]


@dataclass(frozen=True)
class _Work:
    """What every fold needs: the facets, the captions' labels, counts and folds, and the parameters."""

    facets: Sequence[Facet]
    labels: Sequence[Mapping[str, FacetValue]]
    counts: CaptionCounts
    folds: np.ndarray
    parameters: TrainingParameters

    def score(self, fold: int) -> OutOfFold:
        """Score the captions of one fold, in order."""
        fitted = fit_counted(self.facets, self.labels, self.counts, np.flatnonzero(self.folds != fold), self.parameters)
        held = self.counts.amounts(fitted.known, np.flatnonzero(self.folds == fold)).tocsc()
        scores = [fitted.amount_scores(facet, held) for facet in self.facets]
        blocks = [fitted.block_scores(facet, held) for facet in self.facets]
        return OutOfFold(scores, blocks, [fitted.lead_scores(facet, held) for facet in self.facets])


def out_of_fold_scores(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    parameters: TrainingParameters,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> OutOfFold:
    """Score every caption out of fold.

    Args:
        features: of the captions, in the same order.
        jobs: processes to use; the result does not depend on it.
        advance: called after each fold.

    Raises:
        TrainingError: too few missions, or a fold leaves a single-valued facet one value only.
    """
    counts = CaptionCounts.of(features, mention_values(facets))
    return score_counted(facets, captions, counts, parameters, jobs, advance)


def score_counted(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    counts: CaptionCounts,
    parameters: TrainingParameters,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> OutOfFold:
    """Score captions that were counted already, see `out_of_fold_scores`."""
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    work = _Work(facets, [c.labels for c in captions], counts, folds, parameters)
    shapes = [(len(captions), len(f.values)) for f in facets]
    out = OutOfFold([np.zeros(s) for s in shapes], [{} for _ in facets], [np.zeros(s) for s in shapes])
    for fold, part in enumerate(in_processes(work.score, range(parameters.folds), jobs)):
        test = folds == fold
        for place, scores in enumerate(part.scores):
            out.scores[place][test] = scores
            out.without_background[place][test] = part.without_background[place]
            for name, added in part.blocks[place].items():
                out.blocks[place].setdefault(name, np.zeros_like(out.scores[place]))[test] = added
        advance()
    return out
