"""Evaluating a model version on labelled captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.evaluation.calibration import Bin, Workload, calibration_error, reliability, workload
from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import FacetMetrics, averages, facet_metrics
from mlcap.evaluation.outcomes import tags_right, those_read
from mlcap.rounding import rounded
from mlcap.types import Facet, LabelledCaption, TaggedCaption


@dataclass(frozen=True)
class Evaluation:
    """The outcome of an evaluation.

    Attributes:
        captions: how many captions, those that are not read left out.
        facets: metrics by facet, in the order of the taxonomy; facets without labels are missing.
        intervals: `FACET.METRIC` -> 95 % interval.
        calibration_error: facet -> expected calibration error, for single-valued facets.
        reliability: facet -> reliability table.
        workload: what share needs no review and how right it is.
        not_read: how many captions more are in a language that is not read, by language or script; nothing else counts them.
    """

    captions: int
    facets: dict[str, FacetMetrics]
    intervals: dict[str, tuple[float, float] | None]
    calibration_error: dict[str, float | None]
    reliability: dict[str, list[Bin]]
    workload: Workload
    not_read: dict[str, int]

    def as_data(self) -> dict[str, Any]:
        """The evaluation as plain data for JSON."""
        return {
            "captions": self.captions,
            "not_read": self.not_read,
            "facets": {k: v.as_data() for k, v in self.facets.items()},
            "intervals": rounded(self.intervals),
            "calibration_error": rounded(self.calibration_error),
            "reliability": {k: [rounded(asdict(b)) for b in v] for k, v in self.reliability.items()},
            "workload": rounded(asdict(self.workload)),
        }


def evaluate(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> Evaluation:
    """Compare tags with labels.

    Args:
        facets: the model's facets.
        captions: labelled captions, at least one.
        tagged: their tags, in the same order.

    Raises:
        ValueError: there is no caption, or the two differ in length.
    """
    if not captions or len(captions) != len(tagged):
        raise ValueError("captions and tags must be equally many, and at least one")
    read, not_read = those_read(tagged)
    captions, tagged = [captions[i] for i in read], [tagged[i] for i in read]
    metrics: dict[str, FacetMetrics] = {}
    intervals: dict[str, tuple[float, float] | None] = {}
    errors: dict[str, float | None] = {}
    tables: dict[str, list[Bin]] = {}
    for facet in facets:
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        if not picked:
            continue
        gold = [captions[i].labels[facet.name] for i in picked]
        given = [tagged[i].tags[facet.name] for i in picked]
        right = np.asarray([g == p for g, p in zip(gold, given, strict=True)])
        metrics[facet.name] = facet_metrics(facet, gold, given)
        missions = [captions[i].mission for i in picked]
        for name, average in averages(facet, gold, given).items():
            intervals[f"{facet.name}.{name}"] = bootstrap(missions, average)
        if not facet.multiple:
            probability = [tagged[i].facets[facet.name].probability for i in picked]
            errors[facet.name] = calibration_error(probability, list(right))
            tables[facet.name] = reliability(probability, list(right))
    automatic = [not t.needs_review for t in tagged]
    single_right = tags_right([f for f in facets if not f.multiple], captions, tagged)
    every_right = tags_right(facets, captions, tagged)
    work = workload(automatic, list(single_right), list(every_right))
    return Evaluation(len(captions), metrics, intervals, errors, tables, work, not_read)
