"""What is looked at beside the metrics: what is confused with what, and how much work review makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.evaluation.confusion import Confusion, confusion
from mlcap.evaluation.forecast import Forecast, forecasts
from mlcap.types import Facet, LabelledCaption, TaggedCaption


@dataclass(frozen=True)
class Views:
    """What people look at.

    Attributes:
        confusion: facet -> what it confuses; facets without labels are missing.
        forecast: at the model's thresholds first, then at each target.
    """

    confusion: dict[str, Confusion]
    forecast: list[Forecast]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "confusion": {name: found.as_data() for name, found in self.confusion.items()},
            "forecast": [one.as_data() for one in self.forecast],
        }


def views_of(facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> Views:
    """Look at the tags of labelled captions, at least one.

    Args:
        facets: the model's facets.
        tagged: the captions' tags, in the same order.
    """
    found = {facet.name: confusion(facet, captions, tagged) for facet in facets}
    return Views({k: v for k, v in found.items() if v is not None}, forecasts(facets, captions, tagged))
