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


def _classifier(weights: FacetWeights, vectorizer: CaptionVectorizer) -> SingleValueClassifier | MultiValueClassifier:
    facet = weights.facet
    coefficients = np.zeros((len(facet.values), len(vectorizer.scale_)))
    coefficients[:, : weights.common.shape[1]] = weights.common
    classifier: SingleValueClassifier | MultiValueClassifier
    if facet.multiple:
        for row, name in enumerate(facet.names):
            coefficients[row, slice(*vectorizer.offsets_[f"{MENTIONS}:{name}"])] = weights.mentions[row]
        classifier = MultiValueClassifier(facet.names)
        classifier.slope_, classifier.offset_ = weights.slope, weights.offset
        classifier.thresholds_ = weights.thresholds
    else:
        classifier = SingleValueClassifier(facet.names)
        classifier.temperature_ = float(1 / weights.slope[0])
    classifier.classes_ = np.asarray(facet.names)
    classifier.coef_, classifier.intercept_ = coefficients, weights.intercept
    classifier.n_features_in_ = coefficients.shape[1]
    return classifier


def export_pipelines(scorer: Scorer, extra_words: Mapping[str, re.Pattern[str]]) -> dict[str, Pipeline]:
    """Build for every facet the fitted pipeline from texts to probabilities.

    The weights of blocks are within the published weights, so the vectorizer has none.

    Args:
        scorer: of a loaded model version.
        extra_words: further words that mention a value, from the version's taxonomy.

    Returns:
        Facet name -> pipeline with `predict` and `predict_proba` on lists of captions.

    """
    reader = CaptionReader(dict(extra_words))
    out = {}
    for weights in scorer.weights:
        values = weights.facet.names if weights.facet.multiple else ()
        vectorizer = CaptionVectorizer(values=values).set_layout(scorer.layout)
        steps = [("read", reader), ("vectorize", vectorizer), ("classify", _classifier(weights, vectorizer))]
        out[weights.facet.name] = Pipeline(steps)
    return out
