"""One cell of the confusion: which captions are in it, and what decided each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.errors import InputError
from mlcap.explanation.deciding import contributions_against
from mlcap.explanation.explain import explain
from mlcap.explanation.rows import Row, rows
from mlcap.explanation.types import FacetExplanation
from mlcap.model.tagging import Tagger
from mlcap.types import Facet, FacetValue, LabelledCaption, TaggedCaption

#: Stands for "no value" on one side of a cell of a multi-valued facet.
NONE = "-"


@dataclass(frozen=True)
class Cell:
    """One cell: the facet, the labelled and the given value; for a multi-valued facet either may be None.

    For a multi-valued facet (A, B) are captions where A is missed and B wrongly given, (A, None)
    those where A is missed, (None, B) those where B is wrongly given, (A, A) those where A is hit.
    """

    facet: Facet
    labelled: str | None
    given: str | None

    def holds(self, gold: FacetValue, given: FacetValue) -> bool:
        """Whether a caption with these values is in the cell."""
        if isinstance(gold, str) or isinstance(given, str):
            return gold == self.labelled and given == self.given
        if self.labelled == self.given:
            return self.labelled in gold and self.labelled in given
        missed = self.labelled is None or (self.labelled in gold and self.labelled not in given)
        return missed and (self.given is None or (self.given in given and self.given not in gold))


@dataclass(frozen=True)
class Case:
    """One caption of a cell.

    Attributes:
        index: its place among the captions.
        probability: of the value given, or of the missed one where none is given in its place; 0 to 1.
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
        """Give plain data for JSON, rounded to four places."""
        data = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items() if k != "index"}
        data["words"] = [{**asdict(r), "push": round(r.push, 4), "quotes": list(r.quotes)} for r in self.words]
        return data


def parse_cell(text: str, facets: Sequence[Facet], name: str | None = None) -> Cell:
    """Read a cell: `LABELLED,GIVEN`, with `-` for no value of a multi-valued facet.

    Args:
        name: the facet; where None, the first one that has the values.

    Raises:
        InputError: it is no cell of the facet, or of any.
    """
    if name is not None and name not in {f.name for f in facets}:
        raise InputError(f"--facet {name!r} is not one of {', '.join(f.name for f in facets)}")
    parts = [p.strip() for p in text.split(",")]
    if len(parts) != 2 or parts == [NONE, NONE]:
        raise InputError(f"--cell {text!r} is no cell; write LABELLED,GIVEN as in launch,training")
    for facet in facets:
        known = (*facet.names, NONE) if facet.multiple else facet.names
        if name in (None, facet.name) and all(p in known for p in parts):
            labelled, given = (None if p == NONE else p for p in parts)
            return Cell(facet, labelled, given)
    picked = [f for f in facets if name in (None, f.name)]
    allowed = "; ".join(f"{f.name}: {', '.join((*f.names, NONE) if f.multiple else f.names)}" for f in picked)
    raise InputError(f"--cell {text!r} names no two values of one facet; allowed are {allowed}")


def captions_of(cell: Cell, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> list[int]:
    """The places of the captions in a cell; those without a label of its facet are in none."""
    name = cell.facet.name
    return [
        i
        for i, (c, t) in enumerate(zip(captions, tagged, strict=True))
        if name in c.labels and cell.holds(c.labels[name], t.tags[name])
    ]


def case_of(cell: Cell, tagger: Tagger, captions: Sequence[LabelledCaption], index: int, most: int = 6) -> Case:
    """Say how sure the model was of a caption of the cell, and what decided.

    Args:
        most: how many of the strongest pushes to give.
    """
    text = captions[index].text
    explanation = explain(tagger, text)
    facet = explanation.facets[cell.facet.name]
    value = cell.given or cell.labelled or ""
    against = _against(cell, facet)
    towards = 1 if cell.given else -1  # What was missed is decided by what speaks against it.
    pushes = rows(text, contributions_against(explanation, cell.facet.name, value, against))
    words = [r for r in pushes if r.push * towards > 0][:most]
    probability = facet.values[value].probability
    if cell.facet.multiple:
        margin = towards * (probability - (facet.values[value].threshold or 0.0))
    else:
        margin = probability - facet.values[against or value].probability
    labelled = facet.values[cell.labelled].probability if cell.labelled else None
    return Case(index, probability, labelled, margin, tuple(words))


def _against(cell: Cell, facet: FacetExplanation) -> str | None:
    """The value that the given one was preferred to; None for a multi-valued facet, where each stands alone."""
    if facet.multiple:
        return None
    if cell.labelled != cell.given:
        return cell.labelled
    return next(v.value for v in facet.ranked if v.value != cell.given)
