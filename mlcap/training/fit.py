"""Fitting the pipelines of all facets on a set of captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from mlcap.errors import TrainingError
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import CaptionFeatures
from mlcap.training.classifiers import MultiValueClassifier, SingleValueClassifier
from mlcap.training.settings import Settings
from mlcap.training.vectorizer import BlockWeights, CaptionVectorizer
from mlcap.types import Facet, LabelledCaption


@dataclass(frozen=True)
class Fitted:
    """Pipelines fitted on one set of captions.

    Attributes:
        vectorizer: shared by all facets.
        pipelines: facet name -> pipeline of vectorizer, block weights and classifier.
    """

    vectorizer: CaptionVectorizer
    pipelines: dict[str, Pipeline]

    def scores(self, facet: Facet, features: Sequence[CaptionFeatures]) -> np.ndarray:
        """Scores before calibration, shape (captions, values)."""
        return np.asarray(self.pipelines[facet.name].decision_function(features))

    def block_scores(self, facet: Facet, features: Sequence[CaptionFeatures]) -> dict[str, np.ndarray]:
        """What each block of features adds to the scores: block -> shape (captions, values)."""
        pipeline = self.pipelines[facet.name]
        columns = pipeline[:-1].transform(features).tocsc()
        out: dict[str, np.ndarray] = {}
        for name, (first, last) in self.vectorizer.offsets_.items():
            block = name.partition(":")[0]
            added = np.asarray(columns[:, first:last] @ pipeline["classify"].coef_[:, first:last].T)
            out[block] = out[block] + added if block in out else added
        return out


def mention_values(facets: Sequence[Facet]) -> tuple[str, ...]:
    """The values with mention columns: those of the multi-valued facets, in order."""
    return tuple(name for facet in facets if facet.multiple for name in facet.names)


def fit_facets(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    settings: Settings,
) -> Fitted:
    """Fit every facet; captions without a label of a facet do not train it.

    Args:
        features: of the captions, in the same order.

    Raises:
        TrainingError: a single-valued facet has captions of one value only.
    """
    vectorizer = CaptionVectorizer(values=mention_values(facets)).fit(list(features))
    matrix = vectorizer.transform(list(features))
    common = vectorizer.layout_.common
    pipelines = {}
    for facet in facets:
        picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
        labels = [captions[i].labels[facet.name] for i in picked]
        weights = BlockWeights(
            _facet_offsets(facet, vectorizer), settings.multiple_weights if facet.multiple else settings.single_weights
        ).fit()
        columns = matrix[picked]
        if not facet.multiple and len(set(labels)) < 2:
            raise TrainingError(
                f"{facet.name}: without the missions of one fold only {labels[0] if labels else 'no value'} is left;"
                " label captions of other values in more missions, or remove the facet from taxonomy.toml"
            )
        if facet.multiple:
            first, last = _mention_span(facet, vectorizer)
            chosen = np.r_[0:common, first:last]
            classifier = MultiValueClassifier(
                facet.names, common, settings.multiple_strength, settings.shared, settings.own
            )
            classifier.fit(weights.transform(columns)[:, chosen], indicator(facet, labels))
            spread = np.zeros((len(facet.values), matrix.shape[1]))
            spread[:, chosen] = classifier.coef_
            classifier.coef_ = spread
        else:
            classifier = SingleValueClassifier(facet.names, settings.single_strength).fit(
                weights.transform(columns), [str(v) for v in labels]
            )
        pipelines[facet.name] = Pipeline([("vectorize", vectorizer), ("weigh", weights), ("classify", classifier)])
    return Fitted(vectorizer, pipelines)


def _mention_span(facet: Facet, vectorizer: CaptionVectorizer) -> tuple[int, int]:
    first = vectorizer.offsets_[f"mentions:{facet.names[0]}"][0]
    return first, vectorizer.offsets_[f"mentions:{facet.names[-1]}"][1]


def _facet_offsets(facet: Facet, vectorizer: CaptionVectorizer) -> dict[str, tuple[int, int]]:
    """The vectorizer's offsets, so that the mention columns of other facets' values are switched off."""
    return {
        name if not name.startswith("mentions:") or name.partition(":")[2] in facet.names else f"other {name}": span
        for name, span in vectorizer.offsets_.items()
    }
