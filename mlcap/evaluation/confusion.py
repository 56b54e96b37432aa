"""What is confused with what: the matrix of a single-valued facet, the pairs of a multi-valued one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.types import Facet, FacetValue, LabelledCaption, TaggedCaption


@dataclass(frozen=True)
class Pair:
    """A labelled value and the one given in its place: how many captions, and how many of them go to review."""

    labelled: str
    given: str
    captions: int
    review: int


@dataclass(frozen=True)
class ValueRow:
    """One value: captions labelled with it, of these sent to review, and the four outcomes over all captions."""

    value: str
    captions: int
    review: int
    hit: int
    missed: int
    wrongly_given: int
    rightly_none: int


@dataclass(frozen=True)
class Confusion:
    """What one facet confuses.

    Attributes:
        facet: its name.
        multiple: whether a caption takes any number of its values.
        captions: how many captions carry a label of it.
        rows: one a value, in the order of the taxonomy.
        counts: (values, values) captions by labelled (row) and given value; None for a multi-valued facet.
        pairs: most frequent first. For a multi-valued facet a pair is a missed and a wrongly given
            value of the same caption, so one caption may count in several.
    """

    facet: str
    multiple: bool
    captions: int
    rows: tuple[ValueRow, ...]
    counts: tuple[tuple[int, ...], ...] | None
    pairs: tuple[Pair, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return asdict(self)


def _as_set(value: FacetValue) -> frozenset[str]:
    return frozenset((value,) if isinstance(value, str) else value)


def confusion(facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> Confusion | None:
    """Count what one facet confuses; captions without a label of it are passed over.

    Args:
        tagged: the captions' tags, in the same order.

    Returns:
        None where no caption carries a label of the facet.
    """
    outcomes = [
        (_as_set(c.labels[facet.name]), _as_set(t.tags[facet.name]), t.needs_review)
        for c, t in zip(captions, tagged, strict=True)
        if facet.name in c.labels
    ]
    if not outcomes:
        return None
    found: Counter[tuple[str, str]] = Counter()
    reviewed: Counter[tuple[str, str]] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for gold, given, review in outcomes:
        cells.update((g, p) for g in gold for p in given)
        for pair in ((g, p) for g in gold - given for p in given - gold):
            found[pair] += 1
            reviewed[pair] += review
    order = {name: i for i, name in enumerate(facet.names)}
    pairs = sorted(found, key=lambda p: (-found[p], order[p[0]], order[p[1]]))
    counts = None if facet.multiple else tuple(tuple(cells[a, b] for b in facet.names) for a in facet.names)
    rows = tuple(_row(name, outcomes) for name in facet.names)
    listed = tuple(Pair(*p, found[p], reviewed[p]) for p in pairs)
    return Confusion(facet.name, facet.multiple, len(outcomes), rows, counts, listed)


def _row(name: str, outcomes: Sequence[tuple[frozenset[str], frozenset[str], bool]]) -> ValueRow:
    count = Counter((name in gold, name in given) for gold, given, _ in outcomes)
    review = sum(name in gold and review for gold, _, review in outcomes)
    hit, missed = count[True, True], count[True, False]
    return ValueRow(name, hit + missed, review, hit, missed, count[False, True], count[False, False])
