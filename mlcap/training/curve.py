"""The learning curve: how the figures grow with the captions, by grouped cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcap.errors import TrainingError
from mlcap.evaluation.figures import facet_figures
from mlcap.features.extract import CaptionFeatures
from mlcap.model.probability import picked_values, picks
from mlcap.training.cross_validation import group_folds
from mlcap.training.fit import fit_facets
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, LabelledCaption


@dataclass(frozen=True)
class Point:
    """One point of a learning curve.

    Attributes:
        source: the kind of caption that was trained on.
        share: the share of the training captions of that kind that were used, 0 to 1.
        captions: how many that are, on average over the folds.
        figures: kind of caption measured on -> `FACET.FIGURE` -> figure over all folds; figures are
            `right` (share of captions whose value or set of values is right), `macro_f1`, `micro_f1`,
            None where there is nothing to count.
        averages: facet -> which of these is its average F1.
    """

    source: str
    share: float
    captions: int
    figures: dict[str, dict[str, float | None]]
    averages: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four places; `figures` are the average F1 of each facet on the point's own kind."""
        measured = {
            source: {k: None if v is None else round(v, 4) for k, v in found.items()}
            for source, found in self.figures.items()
        }
        mine = measured.get(self.source, {})
        averages = {
            facet: mine[f"{facet}.{name}"] for facet, name in self.averages.items() if f"{facet}.{name}" in mine
        }
        return {
            "source": self.source,
            "share": self.share,
            "captions": self.captions,
            "figures": averages,
            "measured_on": measured,
        }


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
    settings: TrainingParameters,
    source: str,
    points: int = 4,
    beside: bool = False,
    advance: Callable[[int], object] = lambda _: None,
) -> Iterator[Point]:
    """Train on growing shares of one kind of caption, and measure each on the same folds.

    Folds hold whole missions and stay the same for every point; shares grow by whole missions
    too, in an order drawn once, so that a larger share holds every smaller one. Captions are
    measured by uncalibrated scores: the highest value, or every value above 0.

    Args:
        features: of the captions, in the same order.
        source: the kind that grows: `composed`, `library` or `own`.
        points: how many, each of twice the captions of the one before.
        beside: also train on every caption of the other kinds.
        advance: called after each fit with the captions that it had; see `fitted_captions`.
        advance: called after each fit; there are points times folds.

    Yields:
        Points as they are done, smallest first; a share too small to train on is left out.

    Raises:
        TrainingError: there are fewer missions than folds, or not even all captions are enough.
    """
    folds = group_folds([c.mission for c in captions], settings.folds, settings.seed)
    mine = np.asarray([c.source == source for c in captions])
    rank = _order([c.mission for c in captions], settings.seed)
    for share in shares(points):
        scores = [np.zeros((len(captions), len(f.values))) for f in facets]
        used = []
        try:
            for fold in range(settings.folds):
                grown = _growing(np.flatnonzero(mine & (folds != fold)), rank, share)
                used.append(len(grown))
                others = ~mine & (folds != fold) & beside
                train = [int(i) for i in np.sort(np.concatenate([grown, np.flatnonzero(others)]))]
                fitted = fit_facets(facets, [captions[i] for i in train], [features[i] for i in train], settings)
                test = [int(i) for i in np.flatnonzero(folds == fold)]
                for place, facet in enumerate(facets):
                    scores[place][test] = fitted.scores(facet, [features[i] for i in test])
                advance(len(train))
        except TrainingError:
            if share == 1:
                raise
            continue
        averages = {f.name: "micro_f1" if f.multiple else "macro_f1" for f in facets}
        yield Point(source, share, round(float(np.mean(used))), _figures(facets, captions, scores), averages)


def _order(missions: Sequence[str], seed: int) -> np.ndarray:
    """The place of each caption's mission in an order drawn once, shape (captions,)."""
    names = sorted(set(missions))
    place = dict(zip(names, np.random.default_rng(seed).permutation(len(names)).tolist(), strict=True))
    return np.asarray([place[m] for m in missions])


def _growing(candidates: np.ndarray, rank: np.ndarray, share: float) -> np.ndarray:
    """Take whole missions in order until a share of the captions is reached; indices in the order of the captions."""
    if share >= 1 or not len(candidates):
        return candidates
    ordered = candidates[np.argsort(rank[candidates], kind="stable")]
    last = rank[ordered[max(0, round(share * len(ordered)) - 1)]]
    return np.sort(ordered[rank[ordered] <= last])


def _figures(
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
            figures = facet_figures(facet, gold, picked_values(facet, picks(facet, mine[picked], 0.0)))
            found[f"{facet.name}.right"] = figures.exact
            found[f"{facet.name}.macro_f1"] = figures.macro_f1
            found[f"{facet.name}.micro_f1"] = figures.micro_f1
        out[source] = found
    return out
