"""Figures as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from mlcap.evaluation.evaluate import Evaluation
from mlcap.evaluation.figures import FacetFigures
from mlcap.types import Facet


def number(x: float | None) -> str:
    """A figure with three places, or `-` where there is nothing to count."""
    return "    -" if x is None else f"{x:.3f}"


def interval(x: tuple[float, float] | None) -> str:
    """A 95 % interval in brackets."""
    return "" if x is None else f" [{x[0]:.3f}, {x[1]:.3f}]"


def values_table(figures: FacetFigures) -> list[str]:
    """One line a value: precision, recall, F1 and support; values without examples say so."""
    width = max(len(v.value) for v in figures.values)
    lines = [f"  {'':{width}s}  precision  recall     F1  support"]
    for v in figures.values:
        if v.support:
            lines.append(
                f"  {v.value:{width}s}      {number(v.precision)}   {number(v.recall)}  {number(v.f1)}  {v.support:7d}"
            )
        else:
            given = f", wrongly given {v.wrongly_given}x" if v.wrongly_given else ""
            lines.append(f"  {v.value:{width}s}  no examples{given}")
    return lines


def confusion_matrix(facet: Facet, figures: FacetFigures) -> list[str]:
    """The matrix of counts, rows gold and columns given, within 80 columns."""
    if figures.confusion is None:
        return []
    names = facet.names
    width = max(map(len, names))
    cell = max(5, min(10, (78 - width) // len(names) - 1))
    lines = [
        "  confusion (rows: labelled, columns: given)",
        "  " + " " * width + "".join(f" {n[:cell]:>{cell}s}" for n in names),
    ]
    for name, row in zip(names, figures.confusion, strict=True):
        cells = "".join(f" {n or '.':>{cell}}" for n in row) if sum(row) else "  no examples"
        lines.append(f"  {name:{width}s}{cells}")
    return lines


def worst_confusions(facet: Facet, figures: FacetFigures, most: int = 5) -> list[str]:
    """The pairs most often confused."""
    if figures.confusion is None:
        return []
    pairs = [
        (n, names[i], names[j])
        for names in [facet.names]
        for i, row in enumerate(figures.confusion)
        for j, n in enumerate(row)
        if i != j and n
    ]
    pairs.sort(key=lambda p: (-p[0], p[1], p[2]))
    return (
        ["  worst: " + ", ".join(f"{a} read as {b} {n}x" for n, a, b in pairs[:most])]
        if pairs
        else ["  nothing confused"]
    )


def role_counts(figures: FacetFigures) -> list[str]:
    """One line a value of a multi-valued facet: hit, missed, wrongly given, rightly not given."""
    width = max(len(v.value) for v in figures.values)
    lines = [f"  {'':{width}s}     hit  missed  wrongly given  rightly none"]
    for v in figures.values:
        none = figures.captions - v.hit - v.missed - v.wrongly_given
        lines.append(f"  {v.value:{width}s}  {v.hit:6d}  {v.missed:6d}  {v.wrongly_given:13d}  {none:12d}")
    return lines


def facet_headline(facet: Facet, evaluation: Evaluation) -> str:
    """Name the averages of a facet with their intervals."""
    f = evaluation.facets[facet.name]
    if facet.multiple:
        return (
            f"{facet.name}: micro-F1 {number(f.micro_f1)}{interval(evaluation.intervals.get(f'{facet.name}.micro_f1'))}"
            f"  macro-F1 {number(f.macro_f1)}  exact match {number(f.exact)}{interval(evaluation.intervals.get(f'{facet.name}.exact'))}"
        )
    error = evaluation.calibration_error.get(facet.name)
    return (
        f"{facet.name}: macro-F1 {number(f.macro_f1)}{interval(evaluation.intervals.get(f'{facet.name}.macro_f1'))}"
        f"  accuracy {number(f.exact)}{interval(evaluation.intervals.get(f'{facet.name}.exact'))}  calibration error {number(error)}"
    )


def evaluation_text(facets: Sequence[Facet], evaluation: Evaluation) -> str:
    """The whole evaluation for the terminal."""
    lines = [f"{evaluation.captions} captions"]
    for facet in facets:
        figures = evaluation.facets.get(facet.name)
        if figures is None:
            lines += ["", f"{facet.name}: the captions carry no labels of this facet"]
            continue
        lines += ["", facet_headline(facet, evaluation), *values_table(figures)]
        lines += (
            role_counts(figures)
            if facet.multiple
            else [*confusion_matrix(facet, figures), *worst_confusions(facet, figures)]
        )
    w = evaluation.workload
    lines += [
        "",
        f"workload: {w.automatic:.1%} of the captions need no review; of these {number(w.event_right)} have every single value right, {number(w.all_right)} every tag",
    ]
    return "\n".join(lines)
