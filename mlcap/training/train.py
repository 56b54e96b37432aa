"""One training: from labels to the files of a model version."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import sklearn

import mlcap
from mlcap.artifact.save import version_files
from mlcap.errors import TrainingError
from mlcap.evaluation.calibration import Workload, calibration_error, workload
from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.figures import FacetFigures, facet_figures, indicator
from mlcap.features.extract import MENTION_BLOCK, WORD_BLOCKS, extract
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import Labels
from mlcap.labels.taxonomy import extra_words
from mlcap.pipeline.classifiers import sigmoid, softmax
from mlcap.pipeline.scorer import FacetWeights, Scorer
from mlcap.pipeline.vectorizer import BLOCKS
from mlcap.review import ReviewRule, decide, single_probability, whole_probability
from mlcap.training.calibrate import choose_thresholds, fit_sigmoid, fit_temperature
from mlcap.training.card import write_card
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.fit import Fitted, fit_facets
from mlcap.training.settings import Settings
from mlcap.types import Facet, FacetValue, LabelledCaption

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
class SliceFigures:
    """Out-of-fold figures of one slice of the training captions: by facet, the workload, and the calibration error by single-valued facet."""

    captions: int
    facets: dict[str, FacetFigures]
    workload: Workload
    calibration_error: dict[str, float | None]


@dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes:
        content: the files of the version.
        cross_validation: out-of-fold figures by slice: all, library, composed, ...
        fitted: the scikit-learn pipelines.
    """

    content: dict[str, bytes]
    cross_validation: dict[str, SliceFigures]
    fitted: Fitted


def train(
    labels: Labels,
    settings: Settings,
    command: str,
    stores: Sequence[tuple[str, str]] = (),
    jobs: int = 1,
    progress: Callable[[str], object] = lambda _: None,
) -> Trained:
    """Train every facet.

    Args:
        labels: what to train on; the held-out missions are left out.
        command: the command line, for the manifest.
        stores: (name, SHA-256) of the caption stores, for the manifest.
        jobs: processes for cross-validation; the result does not depend on it.
        progress: called with the name of each finished step; there are `settings.folds` + 3.

    Raises:
        TrainingError: there are too few captions, values or missions.
    """
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    facets = labels.facets
    _check_enough(facets, captions)
    words = extra_words(facets)
    features = [extract(c.text, words) for c in captions]
    progress("captions read")
    scores = out_of_fold_scores(facets, captions, features, settings, jobs, lambda: progress("fold"))
    calibrations = [_calibrate(f, captions, s) for f, s in zip(facets, scores, strict=True)]
    thresholds = [np.full(len(f.values), 0.5) for f in facets]
    probabilities = [_probabilities(f, s, c) for f, s, c in zip(facets, scores, calibrations, strict=True)]
    review, slices = _review_and_figures(facets, captions, probabilities, thresholds, settings)
    progress("calibrated")
    fitted = fit_facets(facets, captions, features, settings)
    progress("fitted")
    weights = [_weights(f, fitted, c, t) for f, c, t in zip(facets, calibrations, thresholds, strict=True)]
    record = _record(labels, captions, settings, command, stores, review, slices)
    idf = {b: fitted.vectorizer.idf_[b] for b in WORD_BLOCKS}
    held_out = _held_out_evaluation(labels, Scorer(fitted.vectorizer.vocabulary_, idf, weights), review)
    card = write_card(facets, record, held_out)
    return Trained(version_files(fitted.vectorizer.vocabulary_, idf, weights, record, card, held_out), slices, fitted)


def _held_out_evaluation(labels: Labels, scorer: Scorer, review: ReviewRule) -> dict[str, Any] | None:
    """Measure on the held-out missions, by source; None where no caption of them is at hand."""
    held = sorted(labels.measuring(), key=lambda c: (c.source, c.id))
    if not held:
        return None
    words = extra_words(labels.facets)
    features = [extract(c.text, words) for c in held]
    known = [scorer.known_words(f) for f in features]
    empty = [not f.blocks["lead"] for f in features]
    tagged = decide(review, scorer.weights, scorer.probabilities(features), known, empty, "")
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
    calibrated = scores * calibration.slope + calibration.offset
    return sigmoid(calibrated) if facet.multiple else softmax(calibrated)


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


def _review_and_figures(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    probabilities: Sequence[np.ndarray],
    thresholds: Sequence[np.ndarray],
    settings: Settings,
) -> tuple[ReviewRule, dict[str, SliceFigures]]:
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
    single = single_probability(facets, probabilities)
    review = choose_thresholds(
        single, whole, list(single_right), list(all_right), settings.event_target, settings.all_target
    )
    automatic = (single >= review.single) & (whole >= review.whole)
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


def _rounded(weights: np.ndarray) -> np.ndarray:
    """Weights with `_BITS` significant bits."""
    mantissa, exponent = np.frexp(weights)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**_BITS) / 2.0**_BITS, exponent))


def _weights(facet: Facet, fitted: Fitted, calibration: Calibration, thresholds: np.ndarray) -> FacetWeights:
    pipeline = fitted.pipelines[facet.name]
    coefficients = pipeline["classify"].coef_ * pipeline["weigh"].scale_
    offsets = fitted.vectorizer.offsets_
    common = offsets[BLOCKS[-1]][1]
    own = np.zeros((len(facet.values), 0))
    if facet.multiple:
        own = np.stack(
            [coefficients[i, slice(*offsets[f"{MENTION_BLOCK}:{name}"])] for i, name in enumerate(facet.names)]
        )
    return FacetWeights(
        facet,
        _rounded(coefficients[:, :common]),
        _rounded(own),
        pipeline["classify"].intercept_,
        calibration.slope,
        calibration.offset,
        thresholds,
    )


def _record(
    labels: Labels,
    captions: Sequence[LabelledCaption],
    settings: Settings,
    command: str,
    stores: Sequence[tuple[str, str]],
    review: ReviewRule,
    slices: dict[str, SliceFigures],
) -> dict[str, Any]:
    found = sorted(f"{c.id} {text_digest(c.text)}" for c in captions if c.source == "library")
    return {
        "review": asdict(review),
        "training": {
            "command": command,
            "parameters": asdict(settings),
            "captions": dict(sorted(Counter(c.source for c in captions).items())),
            "label_files": dict(sorted(labels.digests.items())),
            "stores": [{"name": name, "sha256": digest} for name, digest in stores],
            "library_labels": {
                "written": labels.joined.labels if labels.joined else 0,
                "text_found": len(labels.joined.captions) if labels.joined else 0,
                "trained_on_sha256": hashlib.sha256("\n".join(found).encode()).hexdigest(),
            },
            "held_out_missions": sorted(labels.held_out),
            "held_out_drawn": labels.drawn,
        },
        "made_with": {
            "mlcap": mlcap.__version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "cross_validation": {
            name: {
                "captions": s.captions,
                "facets": {k: v.as_data() for k, v in s.facets.items()},
                "workload": {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(s.workload).items()},
                "calibration_error": {k: None if v is None else round(v, 4) for k, v in s.calibration_error.items()},
            }
            for name, s in slices.items()
        },
    }
