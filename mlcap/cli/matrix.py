"""Confusion drawn for the terminal: readable at 80 columns, and without colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click

from mlcap.cli.terminal import WIDTH, shaded
from mlcap.evaluation.confusion import Confusion, Pair
from mlcap.types import Facet

#: A column narrower than this cannot hold a count in brackets; the matrix is then told cell by cell.
_NARROWEST = 5
_WIDEST = 10
#: Fewer letters of a name than this are a riddle.
_READABLE = 6
NO_EXAMPLES = "no examples"


def percent(part: int, whole: int) -> str:
    """A share of a row; what is not all of it is never shown as 100 %, what is something never as 0 %."""
    if part and part * 200 < whole:
        return "<1%"
    return f"{min(99, round(100 * part / whole)) if part < whole else 100}%"


def confusion_lines(found: Confusion, most: int = 5) -> list[str]:
    """The worst pairs, then the matrix, or for a multi-valued facet one line a value."""
    lines = pair_lines(found, most)
    return [*lines, *(outcome_lines(found) if found.multiple else matrix_lines(found))]


def pair_lines(found: Confusion, most: int) -> list[str]:
    """What is most often taken for what."""
    if not found.pairs:
        taken = "no false negative stands beside a false positive" if found.multiple else "nothing is confused"
        return [f"  worst pairs: {taken}"]
    where = " on the same caption" if found.multiple else ""
    lines = [f"  worst pairs (labelled, given instead{where}):"]
    lines += [f"    {_pair(pair)}" for pair in found.pairs[:most]]
    if len(found.pairs) > most:
        rest = found.pairs[most:]
        lines.append(f"    and {len(rest)} more pairs, {sum(p.captions for p in rest)} times")
    return lines


def _pair(pair: Pair) -> str:
    review = "" if pair.review is None else f", {pair.review} of them in review" if pair.review else ", none in review"
    return f"{pair.captions:4d}x  {pair.labelled}, {pair.given}{review}"


def outcome_lines(found: Confusion) -> list[str]:
    """One line a value: true positives, false negatives, false positives, true negatives, and of the labelled in review."""
    width = max(len(r.value) for r in found.rows)
    lines = [
        "  true and false positives (TP, FP) and negatives (TN, FN); review: of TP and FN",
        f"  {'':{width}s}     TP     FN     FP     TN  review",
    ]
    for row in found.rows:
        counts = f"{row.false_positives:5d}  {row.true_negatives:5d}"
        if row.captions:
            labelled, review = f"{row.true_positives:5d}  {row.false_negatives:5d}", f"{row.review or 0:6d}"
        else:
            labelled, review = f"{NO_EXAMPLES:>12s}", "     -"
        lines.append(f"  {row.value:{width}s}  {labelled}  {counts}  {review}")
    return lines


@dataclass(frozen=True)
class _Layout:
    """How a matrix fits the terminal: heads of its columns and rows, and the width of a column."""

    heads: tuple[str, ...]
    rows: tuple[str, ...]
    column: int

    def lines(self, title: str, more: Sequence[str], cells: Sequence[Sequence[Sequence[str]]]) -> list[str]:
        """Draw it.

        Args:
            more: heads of columns beside those of the values.
            cells: of each row one line or more, of cells as wide as a column.
        """
        width = max(map(len, self.rows))
        lines = [title, "  " + " " * width + "".join(f" {h:>{self.column}s}" for h in [*self.heads, *more])]
        for head, drawn in zip(self.rows, cells, strict=True):
            for number, line in enumerate(drawn):
                lines.append(f"  {'' if number else head:{width}s}" + "".join(f" {c}" for c in line).rstrip())
        return lines


def _layout(names: Sequence[str]) -> _Layout | None:
    """The widest columns that fit; None where a matrix would be too wide."""
    column = _column(names, len(names))
    heads = names if max(map(len, names)) <= column else _without_shared_beginning(names)
    # Told apart by their last letter alone, two heads are read as one.
    if len({h[: column - 1] for h in heads}) == len(names) and column >= _READABLE:
        return _Layout(tuple(h[:column] for h in heads), tuple(names), column)
    # Columns are numbered where even their beginnings would not tell them apart.
    rows = tuple(f"{i} {name}" for i, name in enumerate(names, 1))
    column = _column(rows, len(names))
    return _Layout(tuple(str(i) for i in range(1, len(names) + 1)), rows, column) if column >= _NARROWEST else None


def _without_shared_beginning(names: Sequence[str]) -> list[str]:
    """The names without the words that all of them begin with: `c0-landing` and `c0-launch` are told by the rest."""
    parts = [re.findall(r"[^-_]*[-_]|[^-_]+", name) for name in names]
    most = min(map(len, parts)) - 1
    shared = next((n for n in range(most) if len({p[n] for p in parts}) > 1), most)
    return ["".join(p[shared:]) for p in parts]


def _column(rows: Sequence[str], columns: int) -> int:
    """The width of a column beside these row names; one column more is for review."""
    return min(_WIDEST, (WIDTH - 2 - max(map(len, rows))) // (columns + 1) - 1)


def matrix_lines(found: Confusion) -> list[str]:
    """The matrix: a row a labelled value, with counts and below them row percentages; right ones in brackets.

    The last column, for review, is left out where nothing was sent there.
    """
    if found.counts is None:
        return []
    layout = _layout([r.value for r in found.rows])
    if layout is None:
        return _told(found)
    cells = []
    for right, (row, counts) in enumerate(zip(found.rows, found.counts, strict=True)):
        if not row.captions:
            cells.append([[f" {NO_EXAMPLES}"]])
            continue
        shown = [(f"[{n}]" if i == right else f"{n} ") if n else ". " for i, n in enumerate(counts)]
        shares = [percent(n, row.captions) if n else "" for n in counts]
        lines = []
        for texts, review in ((shown, f"{row.review} "), (shares, percent(row.review or 0, row.captions))):
            padded = [f"{text:>{layout.column}s}" for text in texts]
            line = [
                shaded(text, n / row.captions, i == right) if n else text
                for i, (text, n) in enumerate(zip(padded, counts, strict=True))
            ]
            lines.append(line if row.review is None else [*line, f"{review:>{layout.column}s}"])
        cells.append(lines)
    reviewed = any(r.review is not None for r in found.rows)
    title = f"  confusion (rows: labelled, columns: given; [right]{'; review: of the row' if reviewed else ''})"
    return layout.lines(title, ["review"] if reviewed else [], cells)


def signed_matrix_lines(facet: Facet, matrix: Sequence[Sequence[int]]) -> list[str]:
    """The difference of two matrices: more captions in a cell or fewer; good ones are right ones more, wrong ones fewer."""
    title = f"{facet.name}, captions more or fewer (rows: labelled, columns: given; [right])"
    layout = _layout(facet.names)
    if layout is None:
        cells = [
            (a, b, n) for a, row in zip(facet.names, matrix, strict=True) for b, n in zip(facet.names, row, strict=True)
        ]
        return [title, *(f"  {n:+5d}  {a}: {b}" for a, b, n in cells if n)]

    def drawn(n: int, right: bool) -> str:
        text = f"{(f'[{n:+d}]' if right else f'{n:+d} ') if n else '. ':>{layout.column}s}"
        return click.style(text, fg="green" if (n > 0) == right else "red") if n else text

    return layout.lines(title, [], [[[drawn(n, i == j) for j, n in enumerate(row)]] for i, row in enumerate(matrix)])


def _told(found: Confusion) -> list[str]:
    """A matrix too wide to draw: a line for each cell that is not empty."""
    lines = ["  confusion (labelled: given, captions; too many values to draw a matrix)"]
    names = [r.value for r in found.rows]
    for row, counts in zip(found.rows, found.counts or (), strict=True):
        if not row.captions:
            lines.append(f"  {row.value}: {NO_EXAMPLES}")
            continue
        review = "" if row.review is None else f", {row.review} in review"
        lines.append(f"  {row.value} ({row.captions}{review}):")
        cells = sorted((-n, column) for column, n in enumerate(counts) if n)
        lines += [f"    {names[column]:40s} {-n:6d}  {percent(-n, row.captions):>4s}" for n, column in cells]
    return lines
