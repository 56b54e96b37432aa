"""Precision, recall, F1, accuracy and the confusion matrix, for single-valued and multi-valued facets.

The averages are those of scikit-learn's `f1_score`, but for a value without labels: it has
metrics of None, never of zero, and no part in macro-F1. Micro-F1 counts all (caption, value)
pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.rounding import rounded
from mlcap.types import Facet, FacetValue


@dataclass(frozen=True)
class ValueMetrics:
    """How well one value is given; precision, recall and f1 are None where there is nothing to count.

    Attributes:
        support: captions labelled with it: true positives and false negatives.
    """

    value: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    true_positives: int
    false_positives: int
    false_negatives: int


@dataclass(frozen=True)
class FacetMetrics:
    """How well one facet is given.

    Attributes:
        facet: its name.
        captions: how many captions were counted.
        values: metrics of each value, in the order of the taxonomy.
        macro_f1: mean F1 over the values that occur; None where none does.
        micro_f1: F1 over all (caption, value) pairs; for a single-valued facet the accuracy.
        accuracy: share of the captions whose value, or whole set of values, is right.
        confusion: for a single-valued facet, counts of shape (values, values), rows are
            gold; None for a multi-valued one.
    """

    facet: str
    captions: int
    values: tuple[ValueMetrics, ...]
    macro_f1: float | None
    micro_f1: float | None
    accuracy: float
    confusion: tuple[tuple[int, ...], ...] | None

    def as_data(self) -> dict[str, Any]:
        """The metrics as plain data for JSON, rounded to four decimals."""
        data: dict[str, Any] = rounded(asdict(self))
        return data


def average_f1(facet: Facet) -> str:
    """The average F1 that a facet is judged by, as its field of `FacetMetrics`: micro over sets of values, else macro."""
    return "micro_f1" if facet.multiple else "macro_f1"


def indicator(facet: Facet, labels: Sequence[FacetValue]) -> np.ndarray:
    """Labels as a bool array of shape (captions, values)."""
    column = {name: i for i, name in enumerate(facet.names)}
    out = np.zeros((len(labels), len(facet.values)), dtype=bool)
    for row, label in enumerate(labels):
        for name in (label,) if isinstance(label, str) else label:
            out[row, column[name]] = True
    return out


def _value_metrics(name: str, tp: int, fp: int, fn: int) -> ValueMetrics:
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fn else None
    return ValueMetrics(name, _ratio(tp, tp + fp), _ratio(tp, tp + fn), f1, tp + fn, tp, fp, fn)


def _ratio(a: int, b: int) -> float | None:
    return a / b if b else None


def facet_metrics(facet: Facet, gold: Sequence[FacetValue], given: Sequence[FacetValue]) -> FacetMetrics:
    """Compare given with gold labels, caption by caption.

    Raises:
        ValueError: the two differ in length, or there is no caption.
    """
    if len(gold) != len(given) or not gold:
        raise ValueError("gold and given labels must be equally many, and at least one")
    g, p = indicator(facet, gold), indicator(facet, given)
    counts = ((g & p).sum(axis=0), (p & ~g).sum(axis=0), (g & ~p).sum(axis=0))
    values = tuple(_value_metrics(*row) for row in zip(facet.names, *(c.tolist() for c in counts), strict=True))
    f1s = [v.f1 for v in values if v.f1 is not None]
    both = int(g.sum() + p.sum())
    confusion = None if facet.multiple else tuple(map(tuple, (g.T.astype(int) @ p.astype(int)).tolist()))
    return FacetMetrics(
        facet.name,
        len(gold),
        values,
        sum(f1s) / len(f1s) if f1s else None,
        2 * int((g & p).sum()) / both if both else None,
        float((g == p).all(axis=1).mean()),
        confusion,
    )


@dataclass(frozen=True)
class Average:
    """A metric of any set of captions that needs no more of them than sums, so that it can be drawn anew cheaply.

    Attributes:
        counts: what each caption adds, shape (captions, counts).
        formula: sums of shape (..., counts) -> the metric, shape (...); NaN where there is nothing to count.
    """

    counts: np.ndarray
    formula: Callable[[np.ndarray], np.ndarray]

    @property
    def value(self) -> float | None:
        """The metric of all the captions; None where there is nothing to count."""
        found = float(self.formula(self.counts.sum(axis=0)))
        return None if np.isnan(found) else found


def _divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(a, b, out=np.full(np.shape(b), np.nan), where=b > 0))


def share(of: np.ndarray, among: np.ndarray | None = None) -> Average:
    """The mean of `of` over the captions among which it is asked for, all where None; both of shape (captions,)."""
    counted = np.ones(len(of)) if among is None else among
    return Average(np.stack([of * counted, counted], axis=1), lambda sums: _divided(sums[..., 0], sums[..., 1]))


def averages(facet: Facet, gold: Sequence[FacetValue], given: Sequence[FacetValue]) -> dict[str, Average]:
    """The facet's average F1 and its accuracy, by their fields of `FacetMetrics`."""
    g, p = indicator(facet, gold), indicator(facet, given)
    accuracy = share((g == p).all(axis=1))
    if facet.multiple:
        counts = np.stack([2 * (g & p).sum(axis=1), g.sum(axis=1) + p.sum(axis=1)], axis=1)
        return {
            average_f1(facet): Average(counts, lambda sums: _divided(sums[..., 0], sums[..., 1])),
            "accuracy": accuracy,
        }
    return {average_f1(facet): Average(np.hstack([g & p, g, p]).astype(int), _macro_f1), "accuracy": accuracy}


def _macro_f1(sums: np.ndarray) -> np.ndarray:
    """The mean F1 over the values that occur, from their true positives, labels and tags: (..., 3 * values) -> (...)."""
    true_positives, labelled, given = np.split(sums, 3, axis=-1)
    occurs = labelled > 0
    f1 = np.divide(2 * true_positives, labelled + given, out=np.zeros(occurs.shape), where=occurs)
    return _divided(f1.sum(axis=-1), occurs.sum(axis=-1))


def difference(first: Average, second: Average) -> Average:
    """The second average less the first, both of the same captions."""
    width = first.counts.shape[1]
    return Average(
        np.hstack([first.counts, second.counts]),
        lambda sums: second.formula(sums[..., width:]) - first.formula(sums[..., :width]),
    )
