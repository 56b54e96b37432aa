"""The scikit-learn pipelines that carry a scorer's published weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from sklearn.pipeline import Pipeline

from mlcap.features.blocks import MENTIONS
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.training.classifiers import MultiValueClassifier, SingleValueClassifier
from mlcap.training.vectorizer import CaptionReader, CaptionVectorizer


def _classifier(
    weights: FacetWeights, columns: int, offsets: Mapping[str, tuple[int, int]]
) -> SingleValueClassifier | MultiValueClassifier:
    facet = weights.facet
    coefficients = np.zeros((len(facet.values), columns))
    coefficients[:, : weights.common.shape[1]] = weights.common
    classifier: SingleValueClassifier | MultiValueClassifier
    if facet.multiple:
        for row, name in enumerate(facet.names):
            coefficients[row, slice(*offsets[f"{MENTIONS}:{name}"])] = weights.mentions[row]
        classifier = MultiValueClassifier(facet.names, weights.common.shape[1])
        classifier.slope_, classifier.offset_ = weights.slope, weights.offset
        classifier.thresholds_ = weights.thresholds
    else:
        classifier = SingleValueClassifier(facet.names)
        classifier.temperature_ = float(1 / weights.slope[0])
    classifier.classes_ = np.asarray(facet.names)
    classifier.coef_, classifier.intercept_ = coefficients, weights.intercept
    return classifier


def export_pipelines(scorer: Scorer, extra_words: Mapping[str, re.Pattern[str]]) -> dict[str, Pipeline]:
    """Build for every facet the fitted pipeline from texts to probabilities.

    Args:
        scorer: of a loaded model version.
        extra_words: further words that mention a value, from the version's taxonomy.

    Returns:
        Facet name -> pipeline with `predict` and `predict_proba` on lists of captions.

    """
    values = tuple(n for w in scorer.weights if w.facet.multiple for n in w.facet.names)
    vectorizer = CaptionVectorizer(values=values).set_layout(scorer.layout)
    columns = max(end for _, end in vectorizer.offsets_.values())
    reader = CaptionReader(dict(extra_words))
    return {
        w.facet.name: Pipeline(
            [("read", reader), ("vectorize", vectorizer), ("classify", _classifier(w, columns, vectorizer.offsets_))]
        )
        for w in scorer.weights
    }
