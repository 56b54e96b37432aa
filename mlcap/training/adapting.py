"""The weights of a version, adapted to labelled captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.model.layout import Layout
from mlcap.model.load import Artifact
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.taxonomy import extra_words
from mlcap.training.changes import change_multiple, change_single
from mlcap.training.counts import CaptionCounts, count_features, weigh_counts
from mlcap.training.extend import extended_layout, firmness, flag_firmness, spread_facet, spread_weights
from mlcap.training.fit import mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.train import rounded_weights
from mlcap.types import FacetValue, LabelledCaption


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
