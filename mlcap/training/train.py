"""One training: from labels to the files of a model version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcap.errors import TrainingError
from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.metrics import indicator
from mlcap.features.blocks import MENTIONS
from mlcap.features.extract import extract
from mlcap.labels.folder import Labels
from mlcap.model.manifest import StoreDigest
from mlcap.model.probability import link
from mlcap.model.review import ReviewRule, decide, find_oddities
from mlcap.model.save import version_files
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.card import write_card
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import score_counted
from mlcap.training.fit import Fitted, fit_counted, mention_values
from mlcap.training.masking import masked_metrics
from mlcap.training.parameters import TrainingParameters
from mlcap.training.record import provenance
from mlcap.training.slices import SliceMetrics, choose_review
from mlcap.types import Facet, LabelledCaption

#: Fewer captions than this cannot be cross-validated to any purpose.
FEWEST = 20
#: Significant bits kept of each weight: the solvers' tolerance warrants no more, and fewer make equal bytes likelier.
_BITS = 14


@dataclass(frozen=True)
class Calibration:
    """Calibration of one facet: slope and offset, each of shape (values,)."""

    slope: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes:
        content: the files of the version.
        cross_validation: out-of-fold metrics by slice: all, library, composed, ...
        fitted: the scikit-learn pipelines.
    """

    content: dict[str, bytes]
    cross_validation: dict[str, SliceMetrics]
    fitted: Fitted


def train(
    labels: Labels,
    parameters: TrainingParameters,
    command: str,
    stores: Sequence[StoreDigest] = (),
    jobs: int = 1,
    progress: Callable[[str], object] = lambda _: None,
) -> Trained:
    """Train every facet.

    Args:
        labels: what to train on; the held-out missions are left out.
        command: the command line, for the manifest.
        stores: the caption stores, for the manifest.
        jobs: processes for cross-validation; the result does not depend on it.
        progress: called with the name of each finished step; there are `parameters.folds` + 3.

    Raises:
        TrainingError: there are too few captions, values or missions.
    """
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    facets = labels.facets
    _check_enough(facets, captions)
    counts = _counts(facets, captions)
    progress("captions read")
    out_of_fold = score_counted(facets, captions, counts, parameters, jobs, lambda: progress("fold"))
    scores = out_of_fold.scores
    calibrations = [_calibrate(f, captions, s) for f, s in zip(facets, scores, strict=True)]
    thresholds = [np.full(len(f.values), 0.5) for f in facets]
    probabilities = [_probabilities(f, s, c) for f, s, c in zip(facets, scores, calibrations, strict=True)]
    review, slices = choose_review(facets, captions, probabilities, thresholds, parameters)
    progress("calibrated")
    fitted = fit_counted(facets, [c.labels for c in captions], counts, np.arange(len(captions)), parameters)
    progress("fitted")
    weights = [facet_weights(f, fitted, c, t) for f, c, t in zip(facets, calibrations, thresholds, strict=True)]
    masked = masked_metrics(facets, captions, out_of_fold)
    made = provenance(labels, captions, parameters, command, stores, slices, masked)
    layout = fitted.vectorizer.layout_
    held_out = _held_out_evaluation(labels, Scorer(layout, weights), review)
    card = write_card(facets, made, held_out, labels.notes)
    return Trained(version_files(layout, weights, review, made, card, held_out), slices, fitted)


def _counts(facets: Sequence[Facet], captions: Sequence[LabelledCaption]) -> CaptionCounts:
    """Read captions; their features, many times as large as what is counted of them, are let go one by one."""
    words = extra_words(facets)
    return CaptionCounts.of((extract(c.text, words) for c in captions), mention_values(facets))


def _held_out_evaluation(labels: Labels, scorer: Scorer, review: ReviewRule) -> dict[str, Any] | None:
    """Measure on the held-out missions, by source; None where no caption of them is at hand."""
    held = sorted(labels.measuring(), key=lambda c: (c.source, c.id))
    if not held:
        return None
    words = extra_words(labels.facets)
    features = [extract(c.text, words) for c in held]
    scored = scorer.score(features)
    tagged = decide(review, scorer.weights, scorer.probabilities(scored), find_oddities(scorer, features, scored), "")
    parts = {"all": list(range(len(held)))}
    for source in sorted({c.source for c in held}):
        parts[source] = [i for i, c in enumerate(held) if c.source == source]
    if len(parts) == 2:  # One source is all there is.
        parts.popitem()
    return {
        name: evaluate(labels.facets, [held[i] for i in picked], [tagged[i] for i in picked]).as_data()
        for name, picked in parts.items()
    }


def _check_enough(facets: Sequence[Facet], captions: Sequence[LabelledCaption]) -> None:
    if len(captions) < FEWEST:
        raise TrainingError(
            f"there are {len(captions)} labelled captions outside of the held-out missions; at least {FEWEST} are needed"
        )
    for facet in facets:
        found = {c.labels[facet.name] for c in captions if facet.name in c.labels}
        if len(found) < 2:
            raise TrainingError(
                f"all captions have the same {facet.name}, or none; label captions of at least two values, or remove the facet from taxonomy.toml"
            )


def _calibrate(facet: Facet, captions: Sequence[LabelledCaption], scores: np.ndarray) -> Calibration:
    picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
    count = len(facet.values)
    gold = indicator(facet, [captions[i].labels[facet.name] for i in picked])
    if facet.multiple:
        slope, offset = fit_sigmoid(scores[picked], gold)
        return Calibration(np.full(count, slope), np.full(count, offset))
    return Calibration(np.full(count, 1 / fit_temperature(scores[picked], gold.argmax(axis=1))), np.zeros(count))


def _probabilities(facet: Facet, scores: np.ndarray, calibration: Calibration) -> np.ndarray:
    return link(facet, scores * calibration.slope + calibration.offset)


def rounded_weights(weights: np.ndarray) -> np.ndarray:
    """Weights with `_BITS` significant bits."""
    mantissa, exponent = np.frexp(weights)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**_BITS) / 2.0**_BITS, exponent))


def facet_weights(facet: Facet, fitted: Fitted, calibration: Calibration, thresholds: np.ndarray) -> FacetWeights:
    """The weights of a facet as a version holds them, from its fit, calibration and thresholds."""
    coefficients = fitted.coefficients(facet)
    offsets = fitted.vectorizer.offsets_
    common = fitted.vectorizer.layout_.common
    own = np.zeros((len(facet.values), 0))
    if facet.multiple:
        own = np.stack([coefficients[i, slice(*offsets[f"{MENTIONS}:{name}"])] for i, name in enumerate(facet.names)])
    return FacetWeights(
        facet,
        rounded_weights(coefficients[:, :common]),
        rounded_weights(own),
        fitted.pipelines[facet.name]["classify"].intercept_,
        calibration.slope,
        calibration.offset,
        thresholds,
    )
