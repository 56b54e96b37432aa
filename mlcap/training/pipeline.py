"""The pipelines of scikit-learn from texts to tags: put together before they are fitted, or made of a published version."""

from __future__ import annotations

from sklearn.pipeline import Pipeline

from mlcap.labels.own_names import with_own_names
from mlcap.model.tagging import Tagger
from mlcap.taxonomy import extra_words
from mlcap.training.classifiers import MultiValueClassifier, SingleValueClassifier
from mlcap.training.export import export_pipelines
from mlcap.training.parameters import TrainingParameters
from mlcap.training.vectorizer import CaptionReader, CaptionVectorizer
from mlcap.types import Facet


def caption_pipeline(facet: Facet, parameters: TrainingParameters | None = None) -> Pipeline:
    """Put together the pipeline of a facet, not fitted: `read`, `vectorize`, `classify`.

    These are the objects that `mlcap train` fits; what it adds (probabilities calibrated out of fold, thresholds of
    review) is made of their scores. Labels are one value each for a single-valued facet, and for a multi-valued
    one 0 and 1, shape (captions, values). Parameters have their usual names, as `classify__C` and `vectorize__weights`.

    Args:
        facet: what is to be told; a value's own name mentions it, whether or not its words say so.
        parameters: of the training; None for the ones that mlcap trains with.

    Example:
        >>> facet = mlcap.Facet("sky", False, "", (mlcap.Value("day", ""), mlcap.Value("night", "")))
        >>> pipeline = mlcap.caption_pipeline(facet).set_params(classify__C=10.0)
        >>> texts = ["A crane waits at noon.", "A crane waits at midnight."] * 5
        >>> pipeline.fit(texts, ["day", "night"] * 5).predict(["The capsule at noon."]).tolist()
        ['day']
    """
    (facet,) = with_own_names([facet])
    found = parameters or TrainingParameters()
    classifier: SingleValueClassifier | MultiValueClassifier
    if facet.multiple:
        vectorizer = CaptionVectorizer(facet.names, dict(found.multiple_weights))
        classifier = MultiValueClassifier(facet.names, found.multiple_C, found.shared, found.own, found.multiple_ratios)
    else:
        vectorizer = CaptionVectorizer((), dict(found.single_weights))
        # Its values are those in the labels: `cross_val_predict` numbers them when asked for probabilities.
        classifier = SingleValueClassifier(C=found.single_C, ratios=found.single_ratios, allowed=facet.names)
    return Pipeline(
        [("read", CaptionReader(extra_words([facet]))), ("vectorize", vectorizer), ("classify", classifier)]
    )


def fitted_pipelines(tagger: Tagger) -> dict[str, Pipeline]:
    """Make pipelines of a published version: facet name -> pipeline with its weights, calibration and thresholds.

    Their probabilities are those of the tagger's own scorer within 1e-6.

    Example:
        >>> pipeline = mlcap.fitted_pipelines(mlcap.load())["event"]
        >>> pipeline.predict(["A crane lifts the capsule onto the recovery ship."]).tolist()
        ['landing']
    """
    return export_pipelines(tagger.artifact.scorer, extra_words(tagger.facets))
