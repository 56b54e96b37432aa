"""The training captions nearest to a caption: what the model version was taught about its like.

The words find the nearest few (TF-IDF, cosine), and the model's own features rank them:
each feature weighted by how much it matters for the facet, which is the length of its
weights over the facet's values. So two captions are near where what decides is alike, not
where their flight or photographer is, and only a few training captions need be read closely,
which is what takes the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from mlcap.captions.reading import text_words
from mlcap.features.extract import extract
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import Tagger
from mlcap.taxonomy import extra_words
from mlcap.types import Facet, LabelledCaption

#: How many captions the words find before the model's features rank them.
CANDIDATES = 40


@dataclass(frozen=True)
class Neighbour:
    """A training caption and its similarity, the cosine of what decides, 0 to 1."""

    caption: LabelledCaption
    similarity: float


class Neighbours:
    """Finds the nearest training captions.

    Args:
        tagger: of the model version.
        facet: the facet whose weights say what matters.
        captions: the training captions whose text is at hand; the same text is no neighbour of itself.
    """

    def __init__(self, tagger: Tagger, facet: Facet, captions: Sequence[LabelledCaption]) -> None:
        self._captions = list(captions)
        self._scorer = tagger.artifact.scorer
        self._words = extra_words(tagger.facets)
        weights = next(w for w in self._scorer.weights if w.facet.name == facet.name)
        self._matters = np.linalg.norm(np.asarray(weights.common, dtype=np.float64), axis=0)
        self._read: dict[str, dict[int, float]] = {}
        self._tfidf = None
        if self._captions:
            self._tfidf = TfidfVectorizer(analyzer=text_words, sublinear_tf=True)
            try:
                self._matrix = self._tfidf.fit_transform([c.text for c in self._captions])
            except ValueError:  # No caption has a word.
                self._tfidf = None

    def nearest(self, text: str, most: int = 3) -> list[Neighbour]:
        """Give the nearest captions, nearest first; () where there is none with a word in common."""
        if self._tfidf is None:
            return []
        similarity = np.asarray((self._matrix @ self._tfidf.transform([text]).T).todense()).ravel()
        found = [int(i) for i in np.argsort(-similarity, kind="stable")[: CANDIDATES + 1] if similarity[i] > 0]
        same = text_digest(text)
        mine = self._vector(text)
        ranked = [
            Neighbour(self._captions[i], _cosine(mine, self._vector(self._captions[i].text)))
            for i in found
            if text_digest(self._captions[i].text) != same
        ]
        ranked.sort(key=lambda n: (-n.similarity, n.caption.id))
        return ranked[:most]

    def _vector(self, text: str) -> dict[int, float]:
        if text not in self._read:
            columns, amounts = self._scorer.layout.vector(extract(text, self._words))
            weighed = amounts * self._matters[columns]
            self._read[text] = dict(zip(columns.tolist(), weighed.tolist(), strict=True))
        return self._read[text]


def _cosine(a: dict[int, float], b: dict[int, float]) -> float:
    dot = sum(v * b[k] for k, v in a.items() if k in b)
    size = float(np.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values())))
    return min(1.0, dot / size) if size else 0.0
