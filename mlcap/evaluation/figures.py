"""Precision, recall, F1 and confusion for single-valued and multi-valued facets.

Macro-F1 is the mean over the values that occur in the gold labels; a value without
examples has figures of None, never of zero. Micro-F1 counts all (caption, value) pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.types import Facet, FacetValue


@dataclass(frozen=True)
class ValueFigures:
    """How well one value is given; precision, recall and f1 are None where there is nothing to count."""

    value: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    hit: int
    wrongly_given: int
    missed: int


@dataclass(frozen=True)
class FacetFigures:
    """How well one facet is given.

    Attributes:
        facet: its name.
        captions: how many captions were counted.
        values: figures of each value, in the order of the taxonomy.
        macro_f1: mean F1 over the values that occur; None where none does.
        micro_f1: F1 over all (caption, value) pairs; for a single-valued facet the accuracy.
        exact: share of the captions whose value, or whole set of values, is right.
        confusion: for a single-valued facet, counts of shape (values, values), rows are
            gold; None for a multi-valued one.
    """

    facet: str
    captions: int
    values: tuple[ValueFigures, ...]
    macro_f1: float | None
    micro_f1: float | None
    exact: float
    confusion: tuple[tuple[int, ...], ...] | None

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data for JSON, rounded to four places."""
        data = asdict(self)
        data["values"] = [{k: _rounded(x) for k, x in row.items()} for row in data["values"]]
        return {k: _rounded(x) for k, x in data.items()}


def _rounded(x: Any) -> Any:
    return round(x, 4) if isinstance(x, float) else x


def _ratio(a: int, b: int) -> float | None:
    return a / b if b else None


def _value_figures(name: str, hit: int, wrong: int, missed: int) -> ValueFigures:
    occurs = hit + missed > 0
    f1 = 2 * hit / (2 * hit + wrong + missed) if occurs else None
    return ValueFigures(name, _ratio(hit, hit + wrong), _ratio(hit, hit + missed), f1, hit + missed, hit, wrong, missed)


def indicator(facet: Facet, labels: Sequence[FacetValue]) -> np.ndarray:
    """Labels as a bool array of shape (captions, values)."""
    place = {name: i for i, name in enumerate(facet.names)}
    out = np.zeros((len(labels), len(facet.values)), dtype=bool)
    for row, label in enumerate(labels):
        for name in (label,) if isinstance(label, str) else label:
            out[row, place[name]] = True
    return out


def facet_figures(facet: Facet, gold: Sequence[FacetValue], given: Sequence[FacetValue]) -> FacetFigures:
    """Compare given with gold labels, caption by caption.

    Raises:
        ValueError: the two differ in length, or there is no caption.
    """
    if len(gold) != len(given) or not gold:
        raise ValueError("gold and given labels must be equally many, and at least one")
    g, p = indicator(facet, gold), indicator(facet, given)
    values = tuple(
        _value_figures(
            name, int((g[:, i] & p[:, i]).sum()), int((p[:, i] & ~g[:, i]).sum()), int((g[:, i] & ~p[:, i]).sum())
        )
        for i, name in enumerate(facet.names)
    )
    f1s = [v.f1 for v in values if v.f1 is not None]
    both = int(g.sum() + p.sum())
    confusion = None
    if not facet.multiple:
        confusion = tuple(
            tuple(int((g[:, i] & p[:, j]).sum()) for j in range(len(facet.values))) for i in range(len(facet.values))
        )
    return FacetFigures(
        facet.name,
        len(gold),
        values,
        sum(f1s) / len(f1s) if f1s else None,
        2 * int((g & p).sum()) / both if both else None,
        float((g == p).all(axis=1).mean()),
        confusion,
    )
