"""Tagging captions with a model version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from mlcap.artifact.load import Artifact
from mlcap.errors import ArtifactError
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.labels.taxonomy import extra_words
from mlcap.pipeline.scorer import CERTAINTY
from mlcap.review import ReviewRule, review_reasons, whole_probability
from mlcap.types import Facet, FacetValue, TaggedCaption

#: Captions scored together; bounds the memory, not the result.
BATCH = 64


class Tagger:
    """Tags captions.

    Args:
        artifact: a loaded model version.
        version: its number, for the records.
    """

    def __init__(self, artifact: Artifact, version: str) -> None:
        self.artifact = artifact
        self.version = version
        self._words = extra_words(artifact.facets)
        review = artifact.manifest.get("review")
        try:
            self._rule = ReviewRule(float(review["single"]), float(review["whole"]))  # type: ignore[index]
        except (TypeError, KeyError, ValueError) as error:
            raise ArtifactError("the manifest has no review thresholds; fetch or train the version again") from error

    @property
    def facets(self) -> tuple[Facet, ...]:
        """The facets that the model tags."""
        return self.artifact.facets

    def tag(self, texts: Iterable[str]) -> list[TaggedCaption]:
        """Tag captions, in order.

        Example:
            `mlcap.load().tag(["Crew members wave from the steps."])[0].event`
        """
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[TaggedCaption]:
        """Tag captions one after another, reading no further ahead than one batch."""
        source = iter(texts)
        while batch := list(islice(source, BATCH)):
            yield from self.tag_features([extract(text, self._words) for text in batch])

    def tag_one(self, text: str) -> TaggedCaption:
        """Tag one caption."""
        return self.tag_features([extract(text, self._words)])[0]

    def tag_features(self, features: Sequence[CaptionFeatures]) -> list[TaggedCaption]:
        """Tag captions that were read already."""
        scorer = self.artifact.scorer
        probabilities = [np.clip(p, CERTAINTY, 1 - CERTAINTY) for p in scorer.probabilities(features)]
        thresholds = [w.thresholds for w in scorer.weights]
        whole = whole_probability(self.facets, probabilities, thresholds)
        return [
            self._tagged(one, [p[row] for p in probabilities], thresholds, float(whole[row]))
            for row, one in enumerate(features)
        ]

    def _tagged(
        self,
        features: CaptionFeatures,
        probabilities: Sequence[np.ndarray],
        thresholds: Sequence[np.ndarray],
        whole: float,
    ) -> TaggedCaption:
        tags: dict[str, FacetValue] = {}
        confidence: dict[str, float | dict[str, float]] = {}
        for facet, p, t in zip(self.facets, probabilities, thresholds, strict=True):
            if facet.multiple:
                tags[facet.name] = tuple(name for i, name in enumerate(facet.names) if p[i] > t[i])
                confidence[facet.name] = {name: round(float(p[i]), 4) for i, name in enumerate(facet.names)}
            else:
                best = int(p.argmax())
                tags[facet.name] = facet.names[best]
                confidence[facet.name] = round(float(p[best]), 4)
        names = [f.name for f in self.facets]
        reasons = review_reasons(
            self._rule,
            self.facets,
            dict(zip(names, probabilities, strict=True)),
            dict(zip(names, thresholds, strict=True)),
            whole,
            self.artifact.scorer.known_share(features),
            empty=not features.blocks["lead"],
        )
        return TaggedCaption(tags, confidence, bool(reasons), reasons, self.version)
