"""Fitting the pipelines of all facets on a set of captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.pipeline import Pipeline

from mlcap.errors import TrainingError
from mlcap.evaluation.metrics import indicator
from mlcap.features.blocks import MENTIONS
from mlcap.features.extract import CaptionFeatures
from mlcap.training.counts import CaptionCounts, Known
from mlcap.training.parameters import TrainingParameters
from mlcap.training.pipeline import caption_pipeline
from mlcap.training.vectorizer import CaptionVectorizer
from mlcap.types import Facet, FacetValue, LabelledCaption


@dataclass(frozen=True)
class Fitted:
    """Pipelines fitted on one set of captions.

    Attributes:
        vectorizer: the columns of all facets together.
        pipelines: facet name -> pipeline of captions that are read already: vectorizer with weights of blocks, and
            classifier (`mlcap.training.pipeline`).
        known: where the vectorizer's columns stand in the counts that were fitted on.
    """

    vectorizer: CaptionVectorizer
    pipelines: dict[str, Pipeline]
    known: Known

    def coefficients(self, facet: Facet) -> np.ndarray:
        """The weights of the columns as the vectorizer gives them, shape (values, columns)."""
        pipeline = self.pipelines[facet.name]
        out = np.zeros((len(facet.values), len(self.vectorizer.scale_)))
        out[:, facet_columns(facet, self.vectorizer)] = pipeline["classify"].coef_ * pipeline["vectorize"].scale_
        return out

    def scores(self, facet: Facet, features: Sequence[CaptionFeatures]) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        return self.amount_scores(facet, self.vectorizer.transform(features))

    def amount_scores(self, facet: Facet, amounts: sp.spmatrix) -> np.ndarray:
        """Scores before calibration from the columns as the vectorizer gives them, shape (captions, values)."""
        return np.asarray(amounts @ self.coefficients(facet).T + self.pipelines[facet.name]["classify"].intercept_)

    def block_scores(self, facet: Facet, amounts: sp.csc_matrix) -> dict[str, np.ndarray]:
        """What each block of features adds to the scores of captions.

        Args:
            amounts: shape (captions, columns), as the vectorizer gives them.

        Returns:
            Block -> shape (captions, values); with the classifier's intercepts they add up to the scores.
        """
        weights = self.coefficients(facet)
        out: dict[str, np.ndarray] = {}
        for name, (first, last) in self.vectorizer.offsets_.items():
            block = name.partition(":")[0]
            added = np.asarray(amounts[:, first:last] @ weights[:, first:last].T)
            out[block] = out[block] + added if block in out else added
        return out

    def lead_scores(self, facet: Facet, amounts: sp.spmatrix) -> np.ndarray:
        """Scores without columns of the background and of mentions, see `mlcap.model.scorer.Scored`: (captions, values)."""
        layout, weights = self.vectorizer.layout_, self.coefficients(facet)
        kept = np.flatnonzero(~layout.background)
        return np.asarray(
            amounts.tocsc()[:, kept] @ weights[:, kept].T + self.pipelines[facet.name]["classify"].intercept_
        )


def mention_values(facets: Sequence[Facet]) -> tuple[str, ...]:
    """The values with mention columns: those of the multi-valued facets, in order."""
    return tuple(name for facet in facets if facet.multiple for name in facet.names)


def fit_facets(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    parameters: TrainingParameters,
) -> Fitted:
    """Fit every facet; captions without a label of a facet do not train it.

    Args:
        features: of the captions, in the same order.

    Raises:
        TrainingError: a single-valued facet has captions of one value only.
    """
    counts = CaptionCounts.of(features, mention_values(facets))
    return fit_counted(facets, [c.labels for c in captions], counts, np.arange(len(captions)), parameters)


def fit_counted(
    facets: Sequence[Facet],
    labels: Sequence[Mapping[str, FacetValue]],
    counts: CaptionCounts,
    rows: np.ndarray,
    parameters: TrainingParameters,
) -> Fitted:
    """Fit every facet on some of the captions that were counted.

    Args:
        labels: of all captions.
        counts: of all captions, with the mention columns of `mention_values`.
        rows: the captions to fit on.

    Raises:
        TrainingError: a single-valued facet has captions of one value only.
    """
    known = counts.learn(rows)
    vectorizer = CaptionVectorizer(values=counts.values).set_layout(known.layout)
    pipelines = {}
    for facet in facets:
        picked = [place for place, i in enumerate(rows.tolist()) if facet.name in labels[i]]
        given = [labels[rows[place]][facet.name] for place in picked]
        if not facet.multiple and len(set(given)) < 2:
            raise TrainingError(
                f"{facet.name}: without the missions of one fold only {given[0] if given else 'no value'} is left;"
                " label captions of other values in more missions, or remove the facet from taxonomy.toml"
            )
        pipeline = Pipeline(caption_pipeline(facet, parameters).steps[1:]).set_params(classify__values=facet.names)
        columns = facet_columns(facet, vectorizer)
        # Weighed anew for each facet: what is kept meanwhile is kept in every process.
        weigh = pipeline["vectorize"].set_layout(known.layout).weigh
        weighed = weigh(counts.amounts(known, rows[picked])[:, columns])
        target = indicator(facet, given) if facet.multiple else [str(v) for v in given]
        pipeline["classify"].fit(weighed, target)
        pipelines[facet.name] = pipeline
    return Fitted(vectorizer, pipelines, known)


def facet_columns(facet: Facet, vectorizer: CaptionVectorizer) -> np.ndarray:
    """Where a facet's own columns stand among those of all facets: the common ones, and the mention columns of its values."""
    common = np.arange(vectorizer.layout_.common)
    if not facet.multiple:
        return common
    first = vectorizer.offsets_[f"{MENTIONS}:{facet.names[0]}"][0]
    last = vectorizer.offsets_[f"{MENTIONS}:{facet.names[-1]}"][1]
    return np.concatenate([common, np.arange(first, last)])
