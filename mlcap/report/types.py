"""What a report holds, computed and not yet drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlcap.evaluation.curve import CurvePoint
from mlcap.evaluation.doubts import Doubt
from mlcap.evaluation.evaluate import Evaluation
from mlcap.types import Facet


@dataclass(frozen=True)
class CellCaptions:
    """The captions of one cell of a matrix, which can be opened.

    Attributes:
        key: its name, for links between matrix and list.
        title: what its captions have in common, in words.
        total: how many captions it holds.
        captions: the indices of those that the report carries, the ones worth reading first.
        facet, value, against: whose evidence is highlighted, see `mlcap.explanation.highlights`.
        pair: what is taken for what in it, as queues of a review desk are named (`mlcap.evaluation.confusion.pair_of`); ""
            where nothing is.
    """

    key: str
    title: str
    total: int
    captions: tuple[int, ...]
    facet: str
    value: str
    against: str | None = None
    pair: str = ""

    @property
    def mark(self) -> str:
        """The name of its evidence within a caption."""
        return f"{self.facet}:{self.value}:{self.against or ''}"


@dataclass(frozen=True)
class Matrix:
    """A single-valued facet: cells of shape (values, values), rows labelled, columns tagged, and one a row for review."""

    facet: Facet
    cells: tuple[tuple[CellCaptions, ...], ...]
    review: tuple[CellCaptions, ...]


@dataclass(frozen=True)
class ValueTables:
    """A multi-valued facet.

    Attributes:
        facet: the facet.
        rows: one per value: true positives, false negatives, false positives, true negatives.
        instead: (values, values): a false negative of the row and a false positive of the column on one caption.
    """

    facet: Facet
    rows: tuple[tuple[CellCaptions, CellCaptions, CellCaptions, CellCaptions], ...]
    instead: tuple[tuple[CellCaptions, ...], ...]


@dataclass(frozen=True)
class ThresholdPoint:
    """What happens if captions whose every tag is right with a probability of `threshold` or more need no review.

    Attributes:
        threshold: 0 to 1.
        automatic: how many captions need no review.
        single_right, all_right: share of these with every single value, with every tag right; None without any.
    """

    threshold: float
    automatic: int
    single_right: float | None
    all_right: float | None


@dataclass(frozen=True)
class SliceRow:
    """The captions that share a field's value: how many, metrics by facet (accuracy or micro-F1), share automatic."""

    field: str
    value: str
    captions: int
    metrics: Mapping[str, float | None]
    automatic: float


@dataclass(frozen=True)
class NearDuplicate:
    """A gold caption that is nearly a training caption: its index, the other's id, their similarity (Jaccard, 0 to 1)."""

    index: int
    training_id: str
    similarity: float


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    Attributes:
        gold: the name of the measured file.
        model: the model version.
        facets: the model's.
        evaluation: the metrics.
        matrices, tables: one per single-valued and multi-valued facet that has labels.
        thresholds: from 0 to 1 by hundredths.
        start: where the slider starts: the version's own threshold on the whole.
        slices: by every field that slices the gold captions.
        doubts: strongest contradiction first, those of `trained_on` before all.
        trained_on: the indices of the captions that the version was trained on.
        out_of_fold: of these the ones whose labels were doubted by a fit that never saw their mission;
            for the others the version contradicts the very label that it learned from.
        compared: how many training captions were at hand to compare with; None where there is no labels folder.
        duplicates: gold captions that are nearly one of these; () without them.
        curve: None where no curve was given.
        captions: index -> what the page shows of a caption, plain data.
        records: of every caption its id, labels and tags, for the files.
        desk: the address of a review desk on which such captions are decided, "" for none.
    """

    gold: str
    model: str
    facets: tuple[Facet, ...]
    evaluation: Evaluation
    matrices: Sequence[Matrix]
    tables: Sequence[ValueTables]
    thresholds: Sequence[ThresholdPoint]
    start: float
    slices: Sequence[SliceRow]
    doubts: Sequence[Doubt]
    trained_on: frozenset[int]
    out_of_fold: frozenset[int]
    compared: int | None
    duplicates: Sequence[NearDuplicate]
    curve: Sequence[CurvePoint] | None
    captions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    records: Sequence[Mapping[str, Any]] = ()
    desk: str = ""

    def cells(self) -> list[CellCaptions]:
        """Every cell that can be opened."""
        out = [c for m in self.matrices for row in m.cells for c in row] + [c for m in self.matrices for c in m.review]
        for table in self.tables:
            out += [c for row in table.rows for c in row] + [c for row in table.instead for c in row]
        return out
