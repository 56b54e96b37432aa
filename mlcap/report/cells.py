"""The cells of the matrices, with the captions worth reading first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlcap.evaluation.confusion import ConfusionCell, Outcomes, pair_of
from mlcap.report.types import CellCaptions, Matrix, ValueTables
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: How much a caption is worth reading, by its index: the surest, or the least sure, comes first.
_Worth = Callable[[int], float]
#: What is wrong about a value of a multi-valued facet.
_WRONG = ("false negatives", "false positives")


def _kept(indices: Sequence[int], worth: _Worth, most: int) -> tuple[int, ...]:
    return tuple(sorted(indices, key=lambda i: (-worth(i), i))[:most])


def matrix(facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], most: int) -> Matrix:
    """Sort the captions of a single-valued facet into cells, at most `most` of each kept for reading.

    Wrong tags are listed surest first, right ones least sure first: both are where something can be learned.
    """
    outcomes = Outcomes.of(facet, captions, tagged)

    def sure(index: int) -> float:
        return tagged[index].facets[facet.name].probability

    def unsure(index: int) -> float:
        return -sure(index)

    def cell(label: str, tag: str) -> CellCaptions:
        indices = outcomes.among(outcomes.in_cell(ConfusionCell(facet, label, tag)))
        right = label == tag
        kept = _kept(indices, unsure if right else sure, most)
        title = f"{label}, rightly tagged" if right else f"{label} tagged as {tag}"
        key = f"{facet.name}:{label},{tag}"
        pair = "" if right else pair_of(facet.name, label, tag)
        return CellCaptions(key, title, len(indices), kept, facet.name, tag, None if right else label, pair)

    def review_cell(column: int, label: str) -> CellCaptions:
        indices = outcomes.among(outcomes.gold[:, column] & outcomes.review)
        key, title = f"{facet.name}:{label},review", f"{label} sent to review"
        return CellCaptions(key, title, len(indices), _kept(indices, unsure, most), facet.name, label)

    names = facet.names
    cells = tuple(tuple(cell(a, b) for b in names) for a in names)
    return Matrix(facet, cells, tuple(review_cell(i, n) for i, n in enumerate(names)))


def value_tables(
    facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], most: int
) -> ValueTables:
    """Sort the captions of a multi-valued facet into true and false positives and negatives, value by value."""
    outcomes = Outcomes.of(facet, captions, tagged)

    def probability(index: int, value: str) -> float:
        return tagged[index].facets[facet.name].probabilities[value]

    def cell(value: str, kind: str, inside: np.ndarray, likely: int) -> CellCaptions:
        indices = outcomes.among(inside)
        kept = _kept(indices, lambda i: likely * probability(i, value), most)
        pair = pair_of(facet.name, value) if kind in _WRONG else ""
        key, title = f"{facet.name}:{value},{kind}", f"{value}: {kind}"
        return CellCaptions(key, title, len(indices), kept, facet.name, value, pair=pair)

    def row(value: str) -> tuple[CellCaptions, CellCaptions, CellCaptions, CellCaptions]:
        hit, missed, wrong = (
            outcomes.in_cell(ConfusionCell(facet, *pair)) for pair in ((value, value), (value, None), (None, value))
        )
        return (
            cell(value, "true positives", hit, -1),
            cell(value, _WRONG[0], missed, -1),
            cell(value, _WRONG[1], wrong, 1),
            cell(value, "true negatives", ~(hit | missed | wrong), 1),
        )

    def instead(missed: str, wrong: str) -> CellCaptions:
        # Of one value no caption is both, and the cell of a value with itself holds its true positives.
        inside = outcomes.in_cell(ConfusionCell(facet, missed, wrong)) & (missed != wrong)
        indices = outcomes.among(inside)
        kept = _kept(indices, lambda i: probability(i, wrong), most)
        title = f"false negatives of {missed} and false positives of {wrong}"
        key = f"{facet.name}:{missed}/{wrong}"
        return CellCaptions(key, title, len(indices), kept, facet.name, wrong, missed, pair_of(facet.name, missed))

    rows = tuple(row(value) for value in facet.names)
    return ValueTables(facet, rows, tuple(tuple(instead(a, b) for b in facet.names) for a in facet.names))
