"""The cells of the matrices, with the captions worth reading first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlcap.evaluation.figures import indicator
from mlcap.report.types import Cell, Matrix, RoleTables
from mlcap.types import Facet, LabelledCaption, TaggedCaption


def _picked(indices: Sequence[int], worth: Callable[[int], float], most: int) -> tuple[int, ...]:
    return tuple(sorted(indices, key=lambda i: (-worth(i), i))[:most])


def matrix(facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], most: int) -> Matrix:
    """Sort the captions of a single-valued facet into cells, at most `most` of each kept for reading.

    Wrong tags are listed surest first, right ones least sure first: both are where something can be learned.
    """

    def sure(index: int) -> float:
        return float(tagged[index].confidence[facet.name])  # type: ignore[arg-type]

    found: dict[tuple[str, str], list[int]] = {}
    review: dict[str, list[int]] = {}
    for i, (caption, tags) in enumerate(zip(captions, tagged, strict=True)):
        if facet.name not in caption.labels:
            continue
        label, tag = str(caption.labels[facet.name]), str(tags.tags[facet.name])
        found.setdefault((label, tag), []).append(i)
        if tags.needs_review:
            review.setdefault(label, []).append(i)

    def cell(label: str, tag: str) -> Cell:
        indices = found.get((label, tag), [])
        right = label == tag
        kept = _picked(indices, (lambda i: -sure(i)) if right else sure, most)
        title = f"{label}, rightly tagged" if right else f"{label} tagged as {tag}"
        key = f"{facet.name}:{label},{tag}"
        return Cell(key, title, len(indices), kept, facet.name, tag, None if right else label)

    def review_cell(label: str) -> Cell:
        indices = review.get(label, [])
        kept = _picked(indices, lambda i: -sure(i), most)
        return Cell(f"{facet.name}:{label},review", f"{label} sent to review", len(indices), kept, facet.name, label)

    names = facet.names
    cells = tuple(tuple(cell(a, b) for b in names) for a in names)
    return Matrix(facet, cells, tuple(review_cell(n) for n in names))


def role_tables(
    facet: Facet, captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption], most: int
) -> RoleTables:
    """Sort the captions of a multi-valued facet into hit, missed, wrongly given and rightly none, value by value."""
    picked = [i for i, c in enumerate(captions) if facet.name in c.labels]
    gold = indicator(facet, [captions[i].labels[facet.name] for i in picked])
    given = indicator(facet, [tagged[i].tags[facet.name] for i in picked])

    def probability(index: int, value: str) -> float:
        return float(tagged[index].confidence[facet.name][value])  # type: ignore[index]

    def of(rows: object) -> list[int]:
        return [i for i, holds in zip(picked, rows, strict=True) if holds]  # type: ignore[call-overload]

    def cell(value: str, kind: str, indices: list[int], likely: int) -> Cell:
        kept = _picked(indices, lambda i: likely * probability(i, value), most)
        return Cell(f"{facet.name}:{value},{kind}", f"{value}: {kind}", len(indices), kept, facet.name, value)

    rows = []
    for column, value in enumerate(facet.names):
        g, p = gold[:, column], given[:, column]
        rows.append(
            (
                cell(value, "hit", of(g & p), -1),
                cell(value, "missed", of(g & ~p), -1),
                cell(value, "wrongly given", of(~g & p), 1),
                cell(value, "rightly none", of(~g & ~p), 1),
            )
        )
    instead = []
    for a, missed in enumerate(facet.names):
        line = []
        for b, wrong in enumerate(facet.names):
            indices = of(gold[:, a] & ~given[:, a] & ~gold[:, b] & given[:, b])
            kept = _picked(indices, lambda i, w=wrong: probability(i, w), most)  # type: ignore[misc]
            title = f"{missed} missed, {wrong} given"
            line.append(Cell(f"{facet.name}:{missed}/{wrong}", title, len(indices), kept, facet.name, wrong, missed))
        instead.append(tuple(line))
    return RoleTables(facet, tuple(rows), tuple(instead))
