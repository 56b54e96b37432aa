"""Adapting: a new version from one that is there and labels of one's own, without the captions that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mlcap.errors import TrainingError
from mlcap.evaluation.evaluate import Evaluation
from mlcap.evaluation.metrics import indicator
from mlcap.evaluation.outcomes import tags_right
from mlcap.labels.folder import Labels
from mlcap.model.load import Artifact
from mlcap.model.manifest import Provenance, caption_digests
from mlcap.model.probability import link, picks
from mlcap.model.review import Oddity, ReviewRule, decide, find_oddities
from mlcap.model.save import version_files
from mlcap.model.scorer import FacetWeights
from mlcap.training.adapting import Adapting, AdaptParameters
from mlcap.training.beside import Beside, without_accepted
from mlcap.training.card import write_card
from mlcap.training.cross_validation import group_folds
from mlcap.training.parameters import FEWEST_GROUPS_TO_ADAPT, FEWEST_TO_ADAPT, TrainingParameters
from mlcap.training.record import made_with
from mlcap.training.slices import SliceMetrics
from mlcap.training.thresholds import Demand, OutOfFoldTags, choose_rule
from mlcap.training.widening import widened
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: From so many on the review thresholds are chosen anew; before, those of the version stay.
FEWEST_FOR_THRESHOLDS = 300
#: The calibration counts as much as so many captions that say it is right.
_CALIBRATION_PRIOR = 30.0


@dataclass(frozen=True)
class Adapted:
    """The outcome.

    Attributes:
        content: the files of the new version.
        whole: the version before and the adapted one beside each other, on all labels.
        unaccepted: the same on the labels that are more than a suggestion left as it was; None where all are, or none is.
        new_words: how many features the version did not know.
        thresholds: whether the review thresholds were chosen anew.
    """

    content: dict[str, bytes]
    whole: Beside
    unaccepted: Beside | None
    new_words: int
    thresholds: bool


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
    both = Beside.of(base.facets, captions, tagged[0], tagged[1])
    made = _provenance(base, labels, captions, parameters, command, both.after)
    # What thresholds keep on desks never seen was measured for the version before, so nothing of it is promised anew.
    card = write_card(base.facets, made, None, (), labels.notes)
    content = version_files(scorer.layout, weights, rule, made, card, None, scorer.origin)
    new = scorer.layout.common + scorer.layout.mentions - base.scorer.layout.common - base.scorer.layout.mentions
    return Adapted(content, both, without_accepted(base.facets, captions, *tagged), new, chosen)


def _check(base: Artifact, labels: Labels, captions: Sequence[LabelledCaption]) -> None:
    known = {f.name: f for f in labels.facets}
    if not any(f.name in known for f in base.facets):
        raise TrainingError("the version tags no facet of these labels; train on labels of your own with `mlcap train`")
    for own in base.facets:
        facet = known.get(own.name, own)
        if own.names != facet.names or own.multiple != facet.multiple:
            raise TrainingError(
                f"the version does not tag {facet.name} with the values of these labels; train on labels of your own with `mlcap train`"
            )
    groups = len({c.mission for c in captions})
    if len(captions) < FEWEST_TO_ADAPT or groups < FEWEST_GROUPS_TO_ADAPT:
        near = "" if groups >= FEWEST_GROUPS_TO_ADAPT else "; captions that nearly repeat each other are of one series"
        raise TrainingError(
            f"there are {len(captions)} labelled captions of {groups} missions or series; {FEWEST_TO_ADAPT} of {FEWEST_GROUPS_TO_ADAPT} are needed to adapt and to measure it{near}"
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
    rule = choose_rule([Demand(tags, everything, targets.event_target, targets.all_target)])
    return widened(rule, tags, everything, [c.mission for c in captions]), True


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
    missions = None if before.missions is None else before.missions + len(learned)
    training = replace(
        before,
        command=command,
        parameters=asdict(parameters),
        captions=dict(sorted(counts.items())),
        label_files=dict(sorted(labels.digests.items())),
        stores=(),
        missions=missions,
        caption_digests=before.caption_digests | caption_digests(captions),
        # What was learned from is held out no more.
        held_out_missions=before.held_out_missions - learned,
    )
    metrics = SliceMetrics(len(captions), after.facets, after.workload, after.calibration_error).as_data()
    slices: dict[str, Mapping[str, Any]] = {"all": metrics}
    return Provenance(training, made_with(), slices, {})
