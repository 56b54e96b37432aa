"""Out-of-fold figures by slice, and the review thresholds that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.calibration import Workload, calibration_error, workload
from mlcap.evaluation.figures import FacetFigures, facet_figures
from mlcap.model.probability import whole_probability
from mlcap.model.review import ReviewRule, above_thresholds
from mlcap.training.parameters import TrainingParameters
from mlcap.training.thresholds import OutOfFoldTags, choose_rule
from mlcap.types import Facet, FacetValue, LabelledCaption


@dataclass(frozen=True)
class SliceFigures:
    """Out-of-fold figures of one slice of the training captions: by facet, the workload, and the calibration error by single-valued facet."""

    captions: int
    facets: dict[str, FacetFigures]
    workload: Workload
    calibration_error: dict[str, float | None]

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data for JSON."""
        return {
            "captions": self.captions,
            "facets": {k: v.as_data() for k, v in self.facets.items()},
            "workload": {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self.workload).items()},
            "calibration_error": {k: None if v is None else round(v, 4) for k, v in self.calibration_error.items()},
        }


def _given(facet: Facet, probability: np.ndarray, thresholds: np.ndarray) -> list[FacetValue]:
    if facet.multiple:
        return [tuple(n for i, n in enumerate(facet.names) if row[i] > thresholds[i]) for row in probability]
    return [facet.names[int(i)] for i in probability.argmax(axis=1)]


def slices_of(captions: Sequence[LabelledCaption]) -> dict[str, np.ndarray]:
    """The slices by which figures are read side by side: name -> indices."""
    out = {"all": np.arange(len(captions))}
    for source in ("library", "composed", "own"):
        picked = [i for i, c in enumerate(captions) if c.source == source]
        if picked and len(picked) < len(captions):
            out[source] = np.asarray(picked)
    drawn = [i for i, c in enumerate(captions) if c.slices.get("sample") == "random"]
    late = [i for i, c in enumerate(captions) if c.source == "composed" and c.slices.get("era", "") >= "2000"]
    for name, picked in (("library, random sample", drawn), ("composed, 2000 and later", late)):
        if picked:
            out[name] = np.asarray(picked)
    return out


#: With fewer captions drawn at random than this, the targets are measured on all captions.
FEWEST_DRAWN = 300


def representative(captions: Sequence[LabelledCaption]) -> np.ndarray:
    """The captions whose mix is the archive's: those drawn at random, if they are enough, else all; bool, shape (captions,)."""
    drawn = np.asarray([c.slices.get("sample") == "random" for c in captions])
    return drawn if drawn.sum() >= FEWEST_DRAWN else np.ones(len(captions), dtype=bool)


def choose_review(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    probabilities: Sequence[np.ndarray],
    thresholds: Sequence[np.ndarray],
    parameters: TrainingParameters,
) -> tuple[ReviewRule, dict[str, SliceFigures]]:
    """Choose when tags need review, and measure the out-of-fold tags slice by slice.

    Args:
        probabilities: for every facet an array of shape (captions, values), out of fold and calibrated.
        thresholds: for every facet an array of shape (values,).

    """
    given = [_given(f, p, t) for f, p, t in zip(facets, probabilities, thresholds, strict=True)]
    right = [
        np.asarray([f.name not in c.labels or c.labels[f.name] == g for c, g in zip(captions, row, strict=True)])
        for f, row in zip(facets, given, strict=True)
    ]
    single_right = np.all(
        [r for f, r in zip(facets, right, strict=True) if not f.multiple] or [np.ones(len(captions), dtype=bool)],
        axis=0,
    )
    all_right = np.all(right, axis=0)
    whole = whole_probability(facets, probabilities, thresholds)
    tags = OutOfFoldTags(facets, probabilities, thresholds, single_right, all_right)
    review = choose_rule(tags, representative(captions), parameters.event_target, parameters.all_target)
    automatic = above_thresholds(review, facets, probabilities) & (whole >= review.whole)
    slices = {}
    for name, picked in slices_of(captions).items():
        figures, errors = {}, {}
        for facet, row, p, ok in zip(facets, given, probabilities, right, strict=True):
            labelled = [int(i) for i in picked if facet.name in captions[i].labels]
            if labelled:
                figures[facet.name] = facet_figures(
                    facet, [captions[i].labels[facet.name] for i in labelled], [row[i] for i in labelled]
                )
                if not facet.multiple:
                    errors[facet.name] = calibration_error(list(p.max(axis=1)[labelled]), list(ok[labelled]))
        slices[name] = SliceFigures(
            len(picked), figures, workload(automatic[picked], single_right[picked], all_right[picked]), errors
        )
    return review, slices
