"""A version and the one before it, measured beside each other on the labels that the newer one was adapted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.evaluation.compare import Comparison, compare
from mlcap.evaluation.evaluate import Evaluation, evaluate
from mlcap.evaluation.outcomes import those_read
from mlcap.labels.corpus import ACCEPTED
from mlcap.types import Facet, LabelledCaption, TaggedCaption


@dataclass(frozen=True)
class Beside:
    """Two versions measured beside each other on the same labels.

    Attributes:
        before, after: metrics of the version before and of adapting it, the latter by cross-validation in which no mission
            stands on both sides.
        comparison: of the two, caption by caption.
    """

    before: Evaluation
    after: Evaluation
    comparison: Comparison

    @classmethod
    def of(
        cls,
        facets: Sequence[Facet],
        captions: Sequence[LabelledCaption],
        before: Sequence[TaggedCaption],
        after: Sequence[TaggedCaption],
    ) -> Beside:
        """Measure both; captions that are not read count for nothing."""
        results = [evaluate(facets, captions, some) for some in (before, after)]
        read, _ = those_read(after)
        compared = compare([captions[i] for i in read], [after[i] for i in read], [before[i] for i in read])
        return cls(results[0], results[1], compared)


def without_accepted(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    before: Sequence[TaggedCaption],
    after: Sequence[TaggedCaption],
) -> Beside | None:
    """Both versions on the labels that nobody gave by leaving a suggestion as it was."""
    kept = [i for i, c in enumerate(captions) if c.slices.get(ACCEPTED) != str(True)]
    if len(kept) in (0, len(captions)):
        return None
    return Beside.of(facets, [captions[i] for i in kept], [before[i] for i in kept], [after[i] for i in kept])
