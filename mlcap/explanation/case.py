"""One caption of a cell of the confusion: how sure the model was of it, and what decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.evaluation.confusion import ConfusionCell
from mlcap.explanation.deciding import contributions_against
from mlcap.explanation.explain import explain
from mlcap.explanation.rows import Row, rows
from mlcap.explanation.types import FacetExplanation
from mlcap.model.tagging import Tagger
from mlcap.rounding import rounded
from mlcap.types import LabelledCaption


@dataclass(frozen=True)
class Case:
    """One caption of a cell.

    Attributes:
        index: its own, among the captions.
        probability: of the value given, or of the labelled one where none is given in its stead; 0 to 1.
        labelled_probability: of the labelled value; None where the cell has none.
        margin: how far the decision was from another one: of a single-valued facet the probability
            given less that of the labelled value (of a right one less that of the runner-up); of a
            multi-valued one the distance of `probability` from the value's threshold.
        words: the strongest pushes towards the decision, strongest first.
    """

    index: int
    probability: float
    labelled_probability: float | None
    margin: float
    words: tuple[Row, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        data: dict[str, Any] = rounded({k: v for k, v in asdict(self).items() if k != "index"})
        return data


def case_of(
    cell: ConfusionCell, tagger: Tagger, captions: Sequence[LabelledCaption], index: int, most: int = 6
) -> Case:
    """Say how sure the model was of a caption of the cell, and what decided.

    Args:
        most: how many of the strongest pushes to give.
    """
    caption = captions[index]
    explanation = explain(tagger, caption.text, caption.catalogue)
    facet = explanation.facets[cell.facet.name]
    value = cell.given or cell.labelled or ""
    against = _against(cell, facet)
    towards = 1 if cell.given else -1  # What was missed is decided by what speaks against it.
    pushes = rows(caption.text, contributions_against(explanation, cell.facet.name, value, against))
    words = [r for r in pushes if r.push * towards > 0][:most]
    probability = facet.values[value].probability
    if cell.facet.multiple:
        margin = towards * (probability - (facet.values[value].threshold or 0.0))
    else:
        margin = probability - facet.values[against or value].probability
    labelled = facet.values[cell.labelled].probability if cell.labelled else None
    return Case(index, probability, labelled, margin, tuple(words))


def _against(cell: ConfusionCell, facet: FacetExplanation) -> str | None:
    """The value that the given one was preferred to; None for a multi-valued facet, where each stands alone."""
    if facet.multiple:
        return None
    if cell.labelled != cell.given:
        return cell.labelled
    return next(v.value for v in facet.ranked if v.value != cell.given)
