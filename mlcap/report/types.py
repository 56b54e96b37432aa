"""What a report holds, computed and not yet drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlcap.evaluation.evaluate import Evaluation
from mlcap.types import Facet


@dataclass(frozen=True)
class Cell:
    """One cell of a matrix that can be opened.

    Attributes:
        key: its name, for links between matrix and list.
        title: what its captions have in common, in words.
        total: how many captions it holds.
        captions: the indices of those that the report carries, the ones worth reading first.
        facet, value, against: whose evidence is highlighted, see `mlcap.explanation.highlights`.
    """

    key: str
    title: str
    total: int
    captions: tuple[int, ...]
    facet: str
    value: str
    against: str | None = None

    @property
    def mark(self) -> str:
        """The name of its evidence within a caption."""
        return f"{self.facet}:{self.value}:{self.against or ''}"


@dataclass(frozen=True)
class Matrix:
    """A single-valued facet: cells of shape (values, values), rows labelled, columns tagged, and one a row for review."""

    facet: Facet
    cells: tuple[tuple[Cell, ...], ...]
    review: tuple[Cell, ...]


@dataclass(frozen=True)
class RoleTables:
    """A multi-valued facet.

    Attributes:
        facet: the facet.
        rows: one per value: cells hit, missed, wrongly given, rightly none.
        instead: (values, values) cells: row missed and column wrongly given on one caption.
    """

    facet: Facet
    rows: tuple[tuple[Cell, Cell, Cell, Cell], ...]
    instead: tuple[tuple[Cell, ...], ...]


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
    """The captions that share a field's value: how many, figures by facet (share right or micro-F1), share automatic."""

    field: str
    value: str
    captions: int
    figures: Mapping[str, float | None]
    automatic: float


@dataclass(frozen=True)
class Suspect:
    """A label that the model contradicts with confidence.

    Attributes:
        index: the caption's.
        facet, label, tag: what stands against what; values joined by `, `.
        probability: of the tag, or of the contradicted value being wrong, 0 to 1.
        seen: whether the version was trained on this very caption.
        out_of_fold: whether such a caption was read by a fit that never saw its mission; where it was
            not, the version contradicts the very label that it learned from.
    """

    index: int
    facet: str
    label: str
    tag: str
    probability: float
    seen: bool
    out_of_fold: bool


@dataclass(frozen=True)
class NearDuplicate:
    """A gold caption that is nearly a training caption: its index, the other's id, their likeness (Jaccard, 0 to 1)."""

    index: int
    training_id: str
    likeness: float


@dataclass(frozen=True)
class CurvePoint:
    """One point of the learning curve: trained on `captions` captions, figures by facet."""

    source: str
    captions: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    Attributes:
        gold: the name of the measured file.
        model: the model version.
        facets: the model's.
        evaluation: the figures.
        matrices, roles: one per single-valued and multi-valued facet that has labels.
        thresholds: from 0 to 1 by hundredths.
        start: where the slider starts: the version's own threshold on the whole.
        slices: by every field that slices the gold captions.
        suspects: strongest contradiction first.
        compared: how many training captions were at hand to compare with; None where there is no labels folder.
        duplicates: gold captions that are nearly one of these; () without them.
        curve: None where no curve was given.
        captions: index -> what the page shows of a caption, plain data.
        records: of every caption its id, labels and tags, for the files.
    """

    gold: str
    model: str
    facets: tuple[Facet, ...]
    evaluation: Evaluation
    matrices: Sequence[Matrix]
    roles: Sequence[RoleTables]
    thresholds: Sequence[ThresholdPoint]
    start: float
    slices: Sequence[SliceRow]
    suspects: Sequence[Suspect]
    compared: int | None
    duplicates: Sequence[NearDuplicate]
    curve: Sequence[CurvePoint] | None
    captions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    records: Sequence[Mapping[str, Any]] = ()

    def cells(self) -> list[Cell]:
        """Every cell that can be opened."""
        out = [c for m in self.matrices for row in m.cells for c in row] + [c for m in self.matrices for c in m.review]
        for table in self.roles:
            out += [c for row in table.rows for c in row] + [c for row in table.instead for c in row]
        return out
