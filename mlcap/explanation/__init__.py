"""Why a caption gets its tags: zones, codes, mentions, and what pushed each score up or down.

A model version scores with sums of weighted features, so the explanation is the sum
itself: nothing here is estimated by another model.
"""

from mlcap.explanation.contributions import Contribution
from mlcap.explanation.deciding import deciding_words, highlights
from mlcap.explanation.explain import explain
from mlcap.explanation.types import (
    Explanation,
    FacetExplanation,
    FoundCode,
    Highlight,
    MentionDecision,
    Span,
    ValueExplanation,
)

__all__ = [
    "Contribution",
    "Explanation",
    "FacetExplanation",
    "FoundCode",
    "Highlight",
    "MentionDecision",
    "Span",
    "ValueExplanation",
    "deciding_words",
    "explain",
    "highlights",
]
