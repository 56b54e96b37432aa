"""One training: from labels to the files of a model version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.kinds import KindMetrics, measure_kinds
from mlcap.evaluation.metrics import indicator
from mlcap.features.blocks import CATALOGUE, MENTIONS
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.labels.folder import Labels
from mlcap.model.layout import Layout
from mlcap.model.manifest import StoreDigest, caution_of
from mlcap.model.probability import link
from mlcap.model.review import ReviewRule, decide, find_oddities
from mlcap.model.save import version_files
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.card import write_card
from mlcap.training.catalogue import catalogue_amounts, corrected_out_of_fold, learn_catalogue
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import OutOfFold, group_folds, score_counted
from mlcap.training.desks import LeftOut, score_left_out
from mlcap.training.enough import check_enough
from mlcap.training.fit import Fitted, fit_counted, mention_values
from mlcap.training.masking import masked_metrics
from mlcap.training.origin import fit_origin
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import LeftOutTags, choose_review, tags_of
from mlcap.training.record import provenance
from mlcap.training.slices import SliceMetrics, measure_slices
from mlcap.training.thresholds import OutOfFoldTags
from mlcap.types import Facet, LabelledCaption, TaggedCaption

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
        caution: why its probabilities are not to be trusted, "" where they are.
    """

    content: dict[str, bytes]
    cross_validation: dict[str, SliceMetrics]
    fitted: Fitted
    caution: str


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
        progress: called with the name of each finished step; there are `parameters.folds` + 3, and one for
            each desk that is left out (`mlcap.training.desks.desks_of`).

    Raises:
        TrainingError: there are too few captions, values or missions.
    """
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    facets, every = labels.facets, np.arange(len(captions))
    check_enough(labels, captions, parameters)
    agreements = labels.agreements  # Read first, so that a fault in them costs no training.
    counts, origins, contradictory = _read(facets, captions)
    progress("captions read")
    out_of_fold = score_counted(facets, captions, counts, parameters, jobs, lambda: progress("fold"))
    calibrations = [_calibrate(f, captions, s) for f, s in zip(facets, out_of_fold.scores, strict=True)]
    left_out = score_left_out(facets, captions, counts, parameters, jobs, lambda: progress("desk"))
    text = _tags(facets, captions, calibrations, out_of_fold, contradictory)
    review, promises = choose_review(text, captions, _left_out(facets, captions, calibrations, left_out), parameters)
    progress("thresholds chosen")
    fitted = fit_counted(facets, [c.labels for c in captions], counts, every, parameters)
    layout = fitted.vectorizer.layout_
    amounts = counts.amounts(fitted.known, every)[:, : layout.common].tocsr()
    added, corrected = _catalogue(facets, captions, layout, amounts, out_of_fold, calibrations, parameters)
    origin = fit_origin(layout, amounts, origins)
    progress("fitted")
    slices = measure_slices(captions, text, review, np.ones(len(captions), dtype=bool))
    if (recorded := np.diff(catalogue_amounts(layout, amounts).indptr) > 0).any():
        records = tags_of(facets, captions, corrected, text.odd | _differ(facets, text.probabilities, corrected))
        slices |= measure_slices(captions, records, review, recorded, ", with records")
    weights = [facet_weights(f, fitted, c, a) for f, c, a in zip(facets, calibrations, added, strict=True)]
    masked = masked_metrics(facets, captions, out_of_fold)
    made = provenance(labels, captions, parameters, command, stores, slices, masked)
    scorer = Scorer(layout, weights, origin)
    held_out = _held_out_evaluation(labels, scorer, review)
    kinds = _kinds(labels, scorer, review)
    card = write_card(facets, made, held_out, promises, labels.notes, agreements, kinds)
    content = version_files(layout, weights, review, made, card, held_out, origin, promises)
    return Trained(content, slices, fitted, caution_of(made.training, promises))


def _read(facets: Sequence[Facet], captions: Sequence[LabelledCaption]) -> tuple[CaptionCounts, list[str], np.ndarray]:
    """Read captions: their counts, where the ids of their records are from, and which contradict themselves.

    Their features, many times as large as what is counted of them, are let go one by one.
    """
    words = extra_words(facets)
    origins: list[str] = []
    contradictory: list[bool] = []

    def features() -> Iterator[CaptionFeatures]:
        for caption in captions:
            found = extract(caption.text, words, caption.catalogue)
            origins.append(found.origin)
            contradictory.append(bool(found.contradictions))
            yield found

    counts = CaptionCounts.of(features(), mention_values(facets))
    return counts, origins, np.asarray(contradictory, dtype=bool)


def _probabilities(
    facets: Sequence[Facet], scores: Sequence[np.ndarray], calibrations: Sequence[Calibration]
) -> list[np.ndarray]:
    return [link(f, s * c.slope + c.offset) for f, s, c in zip(facets, scores, calibrations, strict=True)]


def _differ(facets: Sequence[Facet], one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> np.ndarray:
    """Whether two readings give a single-valued facet different values: bool, shape (captions,)."""
    out = np.zeros(len(one[0]), dtype=bool)
    for facet, a, b in zip(facets, one, other, strict=True):
        if not facet.multiple:
            out |= a.argmax(axis=1) != b.argmax(axis=1)
    return out


def _tags(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    calibrations: Sequence[Calibration],
    found: OutOfFold | LeftOut,
    contradictory: np.ndarray,
) -> OutOfFoldTags:
    """The tags of captions, in the order of the scores, with what sends them to review whatever their probabilities."""
    odd = contradictory | _differ(facets, found.scores, found.without_background)
    return tags_of(facets, captions, _probabilities(facets, found.scores, calibrations), odd)


def _left_out(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    calibrations: Sequence[Calibration],
    left_out: LeftOut | None,
) -> LeftOutTags | None:
    if left_out is None:
        return None
    picked = [captions[i] for i in left_out.rows.tolist()]
    tags = _tags(facets, picked, calibrations, left_out, np.zeros(len(picked), dtype=bool))
    missions = np.unique([c.mission for c in picked], return_inverse=True)[1]
    return LeftOutTags(tags, left_out.desks, missions)


def _catalogue(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    layout: Layout,
    amounts: sp.csr_matrix,
    out_of_fold: OutOfFold,
    calibrations: Sequence[Calibration],
    parameters: TrainingParameters,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What records add: for every facet weights (values, catalogue columns), and probabilities with records out of fold.

    Single-valued facets alone learn from records: out of fold they made roles no better.
    """
    labels = [c.labels for c in captions]
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    records, every = catalogue_amounts(layout, amounts), np.arange(len(captions))
    weights, probabilities = [], []
    for facet, scores, calibration in zip(facets, out_of_fold.scores, calibrations, strict=True):
        calibrated = scores * calibration.slope + calibration.offset
        if facet.multiple:
            weights.append(np.zeros((len(facet.values), records.shape[1])))
        else:
            weights.append(learn_catalogue(facet, labels, layout, records, calibrated, every, parameters))
            calibrated = corrected_out_of_fold(facet, labels, layout, records, calibrated, folds, parameters)
        probabilities.append(link(facet, calibrated))
    return weights, probabilities


def _tagged(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    scorer: Scorer,
    review: ReviewRule,
    records: bool = True,
) -> list[TaggedCaption]:
    """Tag captions, with or without the records beside them."""
    words = extra_words(facets)
    features = [extract(c.text, words, c.catalogue if records else {}) for c in captions]
    scored = scorer.score(features)
    return decide(review, scorer.weights, scorer.probabilities(scored), find_oddities(scorer, features, scored), "")


def _kinds(labels: Labels, scorer: Scorer, review: ReviewRule) -> dict[str, dict[str, KindMetrics]]:
    """Measure on kinds of caption, from the text alone and with the record; nothing without captions of them."""
    captions = labels.kinds
    read = {"text alone": False, "with records": True} if captions else {}
    return {
        name: measure_kinds(captions, _tagged(labels.facets, captions, scorer, review, records))
        for name, records in read.items()
    }


def _held_out_evaluation(labels: Labels, scorer: Scorer, review: ReviewRule) -> dict[str, Any] | None:
    """Measure on the held-out missions, by source; None where no caption of them is at hand."""
    held = sorted(labels.measuring(), key=lambda c: (c.source, c.id))
    if not held:
        return None
    tagged = _tagged(labels.facets, held, scorer, review)
    parts = {"all": list(range(len(held)))}
    for source in sorted({c.source for c in held}):
        parts[source] = [i for i, c in enumerate(held) if c.source == source]
    if len(parts) == 2:  # One source is all there is.
        parts.popitem()
    return {
        name: evaluate(labels.facets, [held[i] for i in picked], [tagged[i] for i in picked]).as_data()
        for name, picked in parts.items()
    }


def _calibrate(facet: Facet, captions: Sequence[LabelledCaption], scores: np.ndarray) -> Calibration:
    picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
    count = len(facet.values)
    gold = indicator(facet, [captions[i].labels[facet.name] for i in picked])
    if facet.multiple:
        slope, offset = fit_sigmoid(scores[picked], gold)
        return Calibration(np.full(count, slope), np.full(count, offset))
    return Calibration(np.full(count, 1 / fit_temperature(scores[picked], gold.argmax(axis=1))), np.zeros(count))


def rounded_weights(weights: np.ndarray) -> np.ndarray:
    """Weights with `_BITS` significant bits."""
    mantissa, exponent = np.frexp(weights)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**_BITS) / 2.0**_BITS, exponent))


def facet_weights(facet: Facet, fitted: Fitted, calibration: Calibration, added: np.ndarray) -> FacetWeights:
    """The weights of a facet as a version holds them; `added` are the catalogue's, in units of calibrated scores."""
    coefficients = fitted.coefficients(facet)
    coefficients[:, fitted.vectorizer.layout_.slices[CATALOGUE]] = added / calibration.slope[:, None]
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
        np.full(len(facet.values), 0.5),
    )
