"""Adapting: a new version from one that is there and labels of one's own, without the captions that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from mlcap.errors import TrainingError
from mlcap.evaluation.compare import Comparison, compare
from mlcap.evaluation.evaluate import Evaluation, evaluate
from mlcap.evaluation.metrics import indicator
from mlcap.evaluation.outcomes import tags_right
from mlcap.features.extract import extract
from mlcap.labels.folder import Labels
from mlcap.model.layout import Layout
from mlcap.model.load import Artifact
from mlcap.model.manifest import Provenance
from mlcap.model.probability import link, picks
from mlcap.model.review import Oddity, ReviewRule, decide, find_oddities
from mlcap.model.save import version_files
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.taxonomy import extra_words
from mlcap.training.card import write_card
from mlcap.training.changes import change_multiple, change_single
from mlcap.training.counts import CaptionCounts, count_features, weigh_counts
from mlcap.training.cross_validation import group_folds
from mlcap.training.extend import extended_layout, firmness, flag_firmness, spread_facet, spread_weights
from mlcap.training.fit import mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.record import made_with
from mlcap.training.slices import SliceMetrics
from mlcap.training.thresholds import Demand, OutOfFoldTags, choose_rule
from mlcap.training.train import rounded_weights
from mlcap.types import Facet, FacetValue, LabelledCaption, TaggedCaption

#: Fewer labelled captions, or groups of them, say too little.
FEWEST, FEWEST_GROUPS = 20, 5
#: From so many on the review thresholds are chosen anew; before, those of the version stay.
FEWEST_FOR_THRESHOLDS = 300
#: The calibration counts as much as so many captions that say it is right.
_CALIBRATION_PRIOR = 30.0


@dataclass(frozen=True)
class AdaptParameters:
    """Parameters of adapting, chosen on desks that were left out of training (docs/decisions/0016-adapting.md).

    Attributes:
        adapted_from: the identity of the version before.
        folds: of the cross-validation on the labels, grouped by mission.
        single_C, multiple_C: how much a label counts against keeping the weights, by kind of facet.
    """

    adapted_from: str
    folds: int = 5
    single_C: float = 0.35  # noqa: N815 - scikit-learn writes it so
    multiple_C: float = 0.03  # noqa: N815


@dataclass(frozen=True)
class Adapted:
    """The outcome.

    Attributes:
        content: the files of the new version.
        before, after: metrics of the version before and of adapting it, on the labels, the latter by cross-validation in
            which no mission stands on both sides.
        comparison: of the two, caption by caption.
        new_words: how many features the version did not know.
        thresholds: whether the review thresholds were chosen anew.
    """

    content: dict[str, bytes]
    before: Evaluation
    after: Evaluation
    comparison: Comparison
    new_words: int
    thresholds: bool


class Adapting:
    """Adapts a version's weights to labelled captions, all or some of them.

    Args:
        base: the version.
        captions: labelled, with labels of the version's facets.
        parameters: how.
    """

    def __init__(self, base: Artifact, captions: Sequence[LabelledCaption], parameters: AdaptParameters) -> None:
        self.base, self.captions, self.parameters = base, captions, parameters
        self.facets = base.facets
        words = extra_words(base.facets)
        self.features = [extract(c.text, words, c.catalogue) for c in captions]
        self.values = mention_values(base.facets)
        self.counts = CaptionCounts.of(self.features, self.values)
        self._trained_on = sum(base.manifest.provenance.training.captions.values())
        self._weights = TrainingParameters()

    def fit(self, rows: np.ndarray) -> Scorer:
        """Adapt the weights to some of the captions."""
        layout = extended_layout(self.base.scorer.layout, self.counts, rows, self._trained_on)
        origin = self.base.scorer.origin
        spread = Scorer(layout, spread_weights(self.base.scorer, layout))
        features = [self.features[i] for i in rows]
        amounts = weigh_counts(layout, count_features(layout, self.values, features))
        scores = spread.score(features).scores
        changed = [self._changed(w, rows, amounts, s, layout) for w, s in zip(spread.weights, scores, strict=True)]
        return Scorer(layout, changed, origin and spread_facet(origin, self.base.scorer.layout, layout))

    def _changed(
        self,
        weights: FacetWeights,
        rows: np.ndarray,
        amounts: sp.csr_matrix,
        scores: np.ndarray,
        layout: Layout,
    ) -> FacetWeights:
        facet = weights.facet
        kept = [place for place, i in enumerate(rows.tolist()) if facet.name in self.captions[i].labels]
        if not kept:
            return weights
        labels: list[FacetValue] = [self.captions[rows[place]].labels[facet.name] for place in kept]
        chosen = self._weights.multiple_weights if facet.multiple else self._weights.single_weights
        common = weights.common.shape[1]
        scale = np.zeros(common)
        for block, where in layout.slices.items():
            scale[where] = chosen.get(block, 0.0)
        scale /= firmness(layout, self._trained_on)
        here = sp.csr_matrix(amounts[kept][:, :common] @ sp.diags(scale))
        gold = indicator(facet, labels)
        if not facet.multiple:
            C = self.parameters.single_C
            change = change_single(here, scores[kept], weights.slope, gold.argmax(axis=1), C)
            return replace(weights, common=rounded_weights(weights.common + change * scale))
        width = weights.mentions.shape[1]
        starts = [common + self.values.index(name) * width for name in facet.names]
        mentions = [sp.csr_matrix(amounts[kept][:, start : start + width]) for start in starts]
        both = change_multiple(
            here,
            mentions,
            scores[kept],
            weights.slope,
            weights.offset,
            gold,
            self.parameters.multiple_C,
            self._weights.shared / flag_firmness(self._trained_on),
            self._weights.own / flag_firmness(self._trained_on),
        )
        return replace(
            weights,
            common=rounded_weights(weights.common + both.common * scale),
            mentions=rounded_weights(weights.mentions + both.mentions),
        )


def adapt(
    base: Artifact,
    labels: Labels,
    parameters: AdaptParameters,
    command: str,
    progress: Callable[[str], object] = lambda _: None,
) -> Adapted:
    """Adapt a version to labels.

    Args:
        base: the version.
        labels: all of them are learned from; near-duplicates in one group.
        command: how it was asked for, for the manifest.
        progress: called with the name of each finished step; there are `parameters.folds` + 2.

    Raises:
        TrainingError: the labels are too few, or of other facets than the version's.
    """
    captions = sorted(labels.captions, key=lambda c: (c.source, c.id))
    _check(base, labels, captions)
    work = Adapting(base, captions, parameters)
    progress("captions read")
    groups = [c.mission for c in captions]
    folds = group_folds(groups, min(parameters.folds, len(set(groups))), 0)
    before = base.scorer.score(work.features)
    scores = [np.array(s) for s in before.scores]
    for fold in range(parameters.folds):
        test = np.flatnonzero(folds == fold)
        if len(test):
            part = work.fit(np.flatnonzero(folds != fold)).score([work.features[i] for i in test])
            for whole, some in zip(scores, part.scores, strict=True):
                whole[test] = some
        progress("fold")
    calibrated = [_calibrated(w, captions, s) for w, s in zip(base.scorer.weights, scores, strict=True)]
    rule, chosen = _rule(base, captions, calibrated, scores)
    oddities = find_oddities(base.scorer, work.features, before)
    tagged = [
        decide(r, w, [link(f.facet, s * f.slope + f.offset) for f, s in zip(w, rows, strict=True)], oddities, "")
        for r, w, rows in (
            (base.manifest.review, base.scorer.weights, before.scores),
            (rule, calibrated, scores),
        )
    ]
    scorer = work.fit(np.arange(len(captions)))
    progress("adapted")
    weights = [replace(w, slope=c.slope, offset=c.offset) for w, c in zip(scorer.weights, calibrated, strict=True)]
    results = [evaluate(base.facets, captions, some) for some in tagged]
    made = _provenance(base, labels, captions, parameters, command, results[1])
    # What thresholds keep on desks never seen was measured for the version before, so nothing of it is promised anew.
    card = write_card(base.facets, made, None, (), labels.notes)
    content = version_files(scorer.layout, weights, rule, made, card, None, scorer.origin)
    new = scorer.layout.common + scorer.layout.mentions - base.scorer.layout.common - base.scorer.layout.mentions
    return Adapted(content, results[0], results[1], compare(captions, tagged[1], tagged[0]), new, chosen)


def _check(base: Artifact, labels: Labels, captions: Sequence[LabelledCaption]) -> None:
    for facet in labels.facets:
        own = next((f for f in base.facets if f.name == facet.name), None)
        if own is None or own.names != facet.names or own.multiple != facet.multiple:
            raise TrainingError(
                f"the version does not tag {facet.name} with the values of these labels; train on labels of your own with `mlcap train`"
            )
    groups = len({c.mission for c in captions})
    if len(captions) < FEWEST or groups < FEWEST_GROUPS:
        raise TrainingError(
            f"there are {len(captions)} labelled captions of {groups} missions or series; {FEWEST} of {FEWEST_GROUPS} are needed to adapt and to measure it"
        )


def _calibrated(weights: FacetWeights, captions: Sequence[LabelledCaption], scores: np.ndarray) -> FacetWeights:
    """The calibration under which labels are most probable out of fold, held near the one before.

    One factor for the slope of all values: few labels allow no more.
    """
    facet = weights.facet
    picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
    if not picked:
        return weights
    gold = indicator(facet, [captions[i].labels[facet.name] for i in picked])

    def loss(log_factor: float) -> float:
        p = link(facet, scores[picked] * weights.slope * np.exp(log_factor) + weights.offset)
        right = p[gold] if not facet.multiple else np.where(gold, p, 1 - p)
        return -float(np.log(np.maximum(right, 1e-9)).sum()) + _CALIBRATION_PRIOR * log_factor**2

    grid = np.linspace(-1.0, 1.0, 201)
    factor = float(np.exp(grid[int(np.argmin([loss(g) for g in grid]))]))
    return replace(weights, slope=weights.slope * factor)


def _rule(
    base: Artifact, captions: Sequence[LabelledCaption], weights: Sequence[FacetWeights], scores: Sequence[np.ndarray]
) -> tuple[ReviewRule, bool]:
    """(review rule, whether it was chosen anew); with few labels that of the version before."""
    facets = base.facets
    if len(captions) < FEWEST_FOR_THRESHOLDS or not all(f.name in c.labels for f in facets for c in captions):
        return base.manifest.review, False
    probabilities = [w.probabilities(s) for w, s in zip(weights, scores, strict=True)]
    given = [picks(f, p, w.thresholds) for f, p, w in zip(facets, probabilities, weights, strict=True)]
    tagged = _untold(facets, probabilities, weights)
    single = tags_right([f for f in facets if not f.multiple], captions, tagged)
    every = tags_right(facets, captions, tagged)
    targets = TrainingParameters()
    tags = OutOfFoldTags(facets, probabilities, given, single, every)
    everything = np.ones(len(captions), dtype=bool)
    return choose_rule(tags, [Demand(tags, everything, targets.event_target, targets.all_target)]), True


def _untold(
    facets: Sequence[Facet], probabilities: Sequence[np.ndarray], weights: Sequence[FacetWeights]
) -> list[TaggedCaption]:
    """Tags without anything odd about their captions."""
    plain = [Oddity((99, 1.0), False)] * len(probabilities[0])
    return decide(ReviewRule.never(facets), weights, probabilities, plain, "")


def _provenance(
    base: Artifact,
    labels: Labels,
    captions: Sequence[LabelledCaption],
    parameters: AdaptParameters,
    command: str,
    after: Evaluation,
) -> Provenance:
    before = base.manifest.provenance.training
    counts = dict(before.captions)
    counts["own"] = counts.get("own", 0) + len(captions)
    learned = {c.mission for c in captions}
    training = replace(
        before,
        command=command,
        parameters=asdict(parameters),
        captions=dict(sorted(counts.items())),
        label_files=dict(sorted(labels.digests.items())),
        stores=(),
        # What was learned from is held out no more.
        held_out_missions=before.held_out_missions - learned,
    )
    metrics = SliceMetrics(len(captions), after.facets, after.workload, after.calibration_error).as_data()
    slices: dict[str, Mapping[str, Any]] = {"all": metrics}
    return Provenance(training, made_with(), slices, {})
