"""Tagging captions with a model version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from mlcap.errors import InputError
from mlcap.features.extract import CaptionFeatures, extract
from mlcap.model.load import Artifact
from mlcap.model.review import decide, find_oddities
from mlcap.taxonomy import extra_words
from mlcap.types import Facet, TaggedCaption

#: Captions scored together; bounds the memory, not the result.
BATCH = 64


class Tagger:
    """Tags captions.

    Args:
        artifact: a loaded model version.
        version: its identity, for the records.

    Example:
        >>> tagger = mlcap.load()
        >>> [tagged.event for tagged in tagger.stream(iter(["A rocket stands on the launch pad before dawn."]))]
        ['launch']
    """

    def __init__(self, artifact: Artifact, version: str) -> None:
        self.artifact = artifact
        self.version = version
        self._words = extra_words(artifact.facets)

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
        if isinstance(texts, str):
            raise InputError("tag() takes a list of captions; for one caption use tag_one()")
        source = iter(texts)
        while batch := list(islice(source, BATCH)):
            yield from self.tag_features([self._read(text) for text in batch])

    def tag_one(self, text: str) -> TaggedCaption:
        """Tag one caption.

        Raises:
            InputError: it is no text.

        """
        return self.tag_features([self._read(text)])[0]

    def _read(self, text: str) -> CaptionFeatures:
        if not isinstance(text, str):
            raise InputError(f"a caption must be a text, not {type(text).__name__}")
        return extract(text, self._words)

    def tag_features(self, features: Sequence[CaptionFeatures]) -> list[TaggedCaption]:
        """Tag captions that were read already."""
        scorer = self.artifact.scorer
        scored = scorer.score(features)
        oddities = find_oddities(scorer, features, scored)
        return decide(
            self.artifact.manifest.review, scorer.weights, scorer.probabilities(scored), oddities, self.version
        )
