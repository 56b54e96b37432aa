"""What is confused with what: the cells, the matrix of a single-valued facet, the pairs of a multi-valued one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcap.errors import InputError
from mlcap.evaluation.metrics import FacetMetrics, indicator
from mlcap.types import Facet, LabelledCaption, TaggedCaption

#: Stands for "no value" on one side of a cell of a multi-valued facet.
NONE = "-"


def pair_of(facet: str, first: str, second: str = "") -> str:
    """A pair of values that can be taken for each other, in either order, or one value and its absence."""
    return f"{facet}:{','.join(sorted(filter(None, (first, second))))}"


@dataclass(frozen=True)
class ConfusionCell:
    """One cell: the facet, the labelled and the given value; for a multi-valued facet either may be None.

    For a multi-valued facet (A, B) are captions with a false negative of A and a false positive of
    B, (A, None) the false negatives of A, (None, B) the false positives of B, (A, A) the true
    positives of A.
    """

    facet: Facet
    labelled: str | None
    given: str | None


@dataclass(frozen=True)
class Outcomes:
    """Labels against tags of one facet, for the captions that carry a label of it.

    Attributes:
        facet: the facet.
        indices: the captions' indices among all that were measured, shape (captions,).
        gold, given: shape (captions, values), bool.
        review: whether a caption goes to review, shape (captions,), bool.
    """

    facet: Facet
    indices: np.ndarray
    gold: np.ndarray
    given: np.ndarray
    review: np.ndarray

    @classmethod
    def of(cls, facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> Outcomes:
        """Lay out one facet's labels and tags.

        Args:
            tagged: the captions' tags, in the same order.
        """
        both = list(zip(captions, tagged, strict=True))
        picked = [i for i, (c, _) in enumerate(both) if facet.name in c.labels]
        return cls(
            facet,
            np.asarray(picked, dtype=np.intp),
            indicator(facet, [captions[i].labels[facet.name] for i in picked]),
            indicator(facet, [tagged[i].tags[facet.name] for i in picked]),
            np.asarray([tagged[i].needs_review for i in picked], dtype=bool),
        )

    def among(self, rows: np.ndarray) -> list[int]:
        """The indices among all captions of those that `rows` picks, bool of shape (captions,)."""
        return [int(i) for i in self.indices[rows]]

    def in_cell(self, cell: ConfusionCell) -> np.ndarray:
        """Whether each caption lies in a cell, bool of shape (captions,)."""
        names = self.facet.names
        a = None if cell.labelled is None else names.index(cell.labelled)
        b = None if cell.given is None else names.index(cell.given)
        if not self.facet.multiple or a == b:
            return np.asarray(self.gold[:, a] & self.given[:, b])
        inside = np.ones(len(self.gold), dtype=bool)
        if a is not None:
            inside &= self.gold[:, a] & ~self.given[:, a]
        if b is not None:
            inside &= self.given[:, b] & ~self.gold[:, b]
        return inside


def captions_in(cell: ConfusionCell, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> list[int]:
    """The indices of the captions in a cell; those without a label of its facet are in none."""
    outcomes = Outcomes.of(cell.facet, captions, tagged)
    return outcomes.among(outcomes.in_cell(cell))


def parse_cell(text: str, facets: Sequence[Facet], name: str | None = None) -> ConfusionCell:
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
            return ConfusionCell(facet, labelled, given)
    picked = [f for f in facets if name in (None, f.name)]
    allowed = "; ".join(f"{f.name}: {', '.join((*f.names, NONE) if f.multiple else f.names)}" for f in picked)
    raise InputError(f"--cell {text!r} names no two values of one facet; allowed are {allowed}")


@dataclass(frozen=True)
class Pair:
    """A labelled value and the one given in its stead: how many captions, and how many of them go to review.

    `review` is None where nothing was sent to review.
    """

    labelled: str
    given: str
    captions: int
    review: int | None


@dataclass(frozen=True)
class ValueCounts:
    """One value: captions labelled with it, of these sent to review, and the four outcomes over all captions.

    `review` is None where nothing was sent to review.
    """

    value: str
    captions: int
    review: int | None
    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int


@dataclass(frozen=True)
class Confusion:
    """What one facet confuses.

    Attributes:
        facet: its name.
        multiple: whether a caption takes any number of its values.
        captions: how many captions carry a label of it.
        rows: one a value, in the order of the taxonomy.
        counts: (values, values) captions by labelled (row) and given value; None for a multi-valued facet.
        pairs: most frequent first. For a multi-valued facet a pair is a false negative and a false
            positive of the same caption, so one caption may count in several.
    """

    facet: str
    multiple: bool
    captions: int
    rows: tuple[ValueCounts, ...]
    counts: tuple[tuple[int, ...], ...] | None
    pairs: tuple[Pair, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return asdict(self)


def confusion(facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> Confusion | None:
    """Count what one facet confuses; captions without a label of it are passed over.

    Args:
        tagged: the captions' tags, in the same order.

    Returns:
        None where no caption carries a label of the facet.
    """
    outcomes = Outcomes.of(facet, captions, tagged)
    gold, given, review = outcomes.gold, outcomes.given, outcomes.review
    if not len(gold):
        return None
    missed, wrong = (gold & ~given).astype(int), (given & ~gold).astype(int)
    pairs = _pairs(facet, missed.T @ wrong, missed.T @ (wrong * review[:, None]))
    counts = None if facet.multiple else tuple(map(tuple, (gold.T.astype(int) @ given.astype(int)).tolist()))
    columns = (
        gold.sum(axis=0),
        (gold & review[:, None]).sum(axis=0),
        (gold & given).sum(axis=0),
        missed.sum(axis=0),
        wrong.sum(axis=0),
        (~gold & ~given).sum(axis=0),
    )
    rows = tuple(ValueCounts(*row) for row in zip(facet.names, *(c.tolist() for c in columns), strict=True))
    return Confusion(facet.name, facet.multiple, len(gold), rows, counts, pairs)


def unreviewed(facet: Facet, metrics: FacetMetrics) -> Confusion:
    """What a single-valued facet confuses, from its metrics alone, which know nothing of review."""
    counts = np.asarray(metrics.confusion, dtype=int)
    pairs = _pairs(facet, counts - np.diag(np.diag(counts)), None)
    rows = tuple(
        ValueCounts(
            v.value,
            v.support,
            None,
            v.true_positives,
            v.false_negatives,
            v.false_positives,
            metrics.captions - v.support - v.false_positives,
        )
        for v in metrics.values
    )
    return Confusion(facet.name, facet.multiple, metrics.captions, rows, metrics.confusion, pairs)


def _pairs(facet: Facet, found: np.ndarray, reviewed: np.ndarray | None) -> tuple[Pair, ...]:
    """The pairs of values that are confused, most frequent first, then in the order of the taxonomy."""
    cells = sorted(map(tuple, np.argwhere(found).tolist()), key=lambda p: (-found[p], p))
    return tuple(
        Pair(
            facet.names[a],
            facet.names[b],
            int(found[a, b]),
            None if reviewed is None else int(reviewed[a, b]),
        )
        for a, b in cells
    )
