"""The learning curve: how the metrics grow with the captions, by grouped cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from mlcap.errors import TrainingError
from mlcap.evaluation.curve import CurvePoint
from mlcap.evaluation.metrics import average_f1, facet_metrics
from mlcap.features.extract import CaptionFeatures
from mlcap.model.probability import picked_values, picks
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import group_folds
from mlcap.training.fit import fit_counted, mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, LabelledCaption


def shares(points: int) -> list[float]:
    """Shares that double up to all: 1/8, 1/4, 1/2, 1 for four points."""
    return [0.5**k for k in range(points - 1, -1, -1)]


def fitted_captions(captions: Sequence[LabelledCaption], source: str, points: int, folds: int, beside: bool) -> int:
    """About how many captions all fits of a curve have together, which is what its time goes by."""
    mine = sum(c.source == source for c in captions)
    others = points * (len(captions) - mine) if beside else 0
    return round((folds - 1) * (mine * sum(shares(points)) + others))


def learning_curve(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    parameters: TrainingParameters,
    source: str,
    points: int = 4,
    beside: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> Iterator[CurvePoint]:
    """Train on growing shares of one kind of caption, and measure each on the same folds.

    Folds hold whole missions and stay the same for every point; shares grow by whole missions
    too, in an order drawn once, so that a larger share holds every smaller one. Captions are
    measured by uncalibrated scores: the highest value, or every value above 0.

    Args:
        features: of the captions, in the same order.
        source: the kind that grows: `composed`, `library` or `own`.
        points: how many, each of twice the captions of the one before.
        beside: also train on every caption of the other kinds.
        advance: called after each fit with how many captions it had; see `fitted_captions`.

    Yields:
        Points as they are done, smallest first; a share too small to train on is left out.

    Raises:
        TrainingError: there are fewer missions than folds, or not even all captions are enough.
    """
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    mine = np.asarray([c.source == source for c in captions])
    rank = _order([c.mission for c in captions], parameters.seed)
    counts, labels = CaptionCounts.of(features, mention_values(facets)), [c.labels for c in captions]
    for share in shares(points):
        scores = [np.zeros((len(captions), len(f.values))) for f in facets]
        used = []
        try:
            for fold in range(parameters.folds):
                grown = _growing(np.flatnonzero(mine & (folds != fold)), rank, share)
                used.append(len(grown))
                others = ~mine & (folds != fold) & beside
                train = np.sort(np.concatenate([grown, np.flatnonzero(others)]))
                fitted = fit_counted(facets, labels, counts, train, parameters)
                test = np.flatnonzero(folds == fold)
                held = counts.amounts(fitted.known, test)
                for column, facet in enumerate(facets):
                    scores[column][test] = fitted.amount_scores(facet, held)
                advance(len(train))
        except TrainingError:
            if share == 1:
                raise
            continue
        measured = _measured(facets, captions, scores)
        yield CurvePoint(
            source, round(float(np.mean(used))), _averages(facets, measured.get(source, {})), share, measured
        )


def _order(missions: Sequence[str], seed: int) -> np.ndarray:
    """The rank of each caption's mission in an order drawn once, shape (captions,)."""
    names = sorted(set(missions))
    rank = dict(zip(names, np.random.default_rng(seed).permutation(len(names)).tolist(), strict=True))
    return np.asarray([rank[m] for m in missions])


def _growing(candidates: np.ndarray, rank: np.ndarray, share: float) -> np.ndarray:
    """Take whole missions in order until a share of the captions is reached; indices in the order of the captions."""
    if share >= 1 or not len(candidates):
        return candidates
    ordered = candidates[np.argsort(rank[candidates], kind="stable")]
    last = rank[ordered[max(0, round(share * len(ordered)) - 1)]]
    return np.sort(ordered[rank[ordered] <= last])


def _averages(facets: Sequence[Facet], found: Mapping[str, float | None]) -> dict[str, float | None]:
    keys = {f.name: f"{f.name}.{average_f1(f)}" for f in facets}
    return {name: found[key] for name, key in keys.items() if key in found}


def _measured(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], scores: Sequence[np.ndarray]
) -> dict[str, dict[str, float | None]]:
    out: dict[str, dict[str, float | None]] = {}
    for source in dict.fromkeys(c.source for c in captions):
        found: dict[str, float | None] = {}
        for facet, mine in zip(facets, scores, strict=True):
            picked = [i for i, c in enumerate(captions) if c.source == source and facet.name in c.labels]
            if not picked:
                continue
            gold = [captions[i].labels[facet.name] for i in picked]
            metrics = facet_metrics(facet, gold, picked_values(facet, picks(facet, mine[picked], 0.0)))
            found[f"{facet.name}.accuracy"] = metrics.accuracy
            found[f"{facet.name}.macro_f1"] = metrics.macro_f1
            found[f"{facet.name}.micro_f1"] = metrics.micro_f1
        out[source] = found
    return out
