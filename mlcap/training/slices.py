"""Out-of-fold metrics by slice, and the review thresholds that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.calibration import Workload, calibration_error, workload
from mlcap.evaluation.metrics import FacetMetrics, facet_metrics
from mlcap.evaluation.outcomes import right_everywhere
from mlcap.model.probability import picked_values, picks, whole_probability
from mlcap.model.review import ReviewRule, above_thresholds
from mlcap.rounding import rounded
from mlcap.training.parameters import TrainingParameters
from mlcap.training.thresholds import OutOfFoldTags, choose_rule
from mlcap.types import Facet, LabelledCaption


@dataclass(frozen=True)
class SliceMetrics:
    """Out-of-fold metrics of one slice of the training captions: by facet, the workload, and the calibration error by single-valued facet."""

    captions: int
    facets: dict[str, FacetMetrics]
    workload: Workload
    calibration_error: dict[str, float | None]

    def as_data(self) -> dict[str, Any]:
        """The metrics as plain data for JSON."""
        return {
            "captions": self.captions,
            "facets": {k: v.as_data() for k, v in self.facets.items()},
            "workload": rounded(asdict(self.workload)),
            "calibration_error": rounded(self.calibration_error),
        }


def slices_of(captions: Sequence[LabelledCaption]) -> dict[str, np.ndarray]:
    """The slices by which metrics are read side by side: name -> indices."""
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
) -> tuple[ReviewRule, dict[str, SliceMetrics]]:
    """Choose when tags need review, and measure the out-of-fold tags slice by slice.

    Args:
        probabilities: for every facet an array of shape (captions, values), out of fold and calibrated.
        thresholds: for every facet an array of shape (values,).

    """
    given = [picks(f, p, t) for f, p, t in zip(facets, probabilities, thresholds, strict=True)]
    values = [picked_values(f, g) for f, g in zip(facets, given, strict=True)]
    labels = [c.labels for c in captions]
    tags = [dict(zip((f.name for f in facets), row, strict=True)) for row in zip(*values, strict=True)]
    single_right = right_everywhere([f for f in facets if not f.multiple], labels, tags)
    all_right = right_everywhere(facets, labels, tags)
    out_of_fold = OutOfFoldTags(facets, probabilities, given, single_right, all_right)
    review = choose_rule(out_of_fold, representative(captions), parameters.event_target, parameters.all_target)
    automatic = above_thresholds(review, facets, probabilities) & (
        whole_probability(facets, probabilities, given) >= review.whole
    )
    slices = {}
    for name, picked in slices_of(captions).items():
        metrics, errors = {}, {}
        for facet, p in zip(facets, probabilities, strict=True):
            labelled = [int(i) for i in picked if facet.name in captions[i].labels]
            if labelled:
                gold, found = ([side[i][facet.name] for i in labelled] for side in (labels, tags))
                metrics[facet.name] = facet_metrics(facet, gold, found)
                if not facet.multiple:
                    right = [g == f for g, f in zip(gold, found, strict=True)]
                    errors[facet.name] = calibration_error(list(p.max(axis=1)[labelled]), right)
        slices[name] = SliceMetrics(
            len(picked), metrics, workload(automatic[picked], single_right[picked], all_right[picked]), errors
        )
    return review, slices
