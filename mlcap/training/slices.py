"""Out-of-fold metrics by slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.calibration import Workload, calibration_error, workload
from mlcap.evaluation.metrics import FacetMetrics, facet_metrics
from mlcap.model.probability import picked_values
from mlcap.model.review import ReviewRule
from mlcap.rounding import rounded
from mlcap.training.thresholds import OutOfFoldTags
from mlcap.types import LabelledCaption


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


def measure_slices(
    captions: Sequence[LabelledCaption], tags: OutOfFoldTags, review: ReviewRule, among: np.ndarray, suffix: str = ""
) -> dict[str, SliceMetrics]:
    """Measure out-of-fold tags slice by slice.

    Args:
        tags: of the captions.
        review: when they need review.
        among: (captions,) bool, those that count.
        suffix: what is added to the names of slices.
    """
    automatic = tags.automatic(review)
    slices = {}
    for name, every in slices_of(captions).items():
        picked = every[among[every]]
        if not len(picked):
            continue
        metrics, errors = {}, {}
        for facet, p, given in zip(tags.facets, tags.probabilities, tags.given, strict=True):
            labelled = np.asarray([i for i in picked.tolist() if facet.name in captions[i].labels], dtype=np.intp)
            if not len(labelled):
                continue
            gold = [captions[i].labels[facet.name] for i in labelled.tolist()]
            found = picked_values(facet, given[labelled])
            metrics[facet.name] = facet_metrics(facet, gold, found)
            if not facet.multiple:
                right = [g == f for g, f in zip(gold, found, strict=True)]
                errors[facet.name] = calibration_error(list(p.max(axis=1)[labelled]), right)
        work = workload(automatic[picked], tags.single_right[picked], tags.all_right[picked])
        slices[name + suffix] = SliceMetrics(len(picked), metrics, work, errors)
    return slices
