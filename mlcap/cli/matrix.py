"""Confusion drawn for the terminal: readable at 80 columns, and without colour."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mlcap.cli.terminal import WIDTH, shaded
from mlcap.evaluation.confusion import Confusion, Pair
from mlcap.types import Facet

#: A cell narrower than this cannot hold a count in brackets; the matrix is then told cell by cell.
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
    return [*lines, *(role_lines(found) if found.multiple else matrix_lines(found))]


def pair_lines(found: Confusion, most: int) -> list[str]:
    """What is most often taken for what."""
    if not found.pairs:
        taken = "no missed value stands beside a wrongly given one" if found.multiple else "nothing is confused"
        return [f"  worst pairs: {taken}"]
    where = " on the same caption" if found.multiple else ""
    lines = [f"  worst pairs (labelled, given instead{where}):"]
    lines += [f"    {_pair(pair)}" for pair in found.pairs[:most]]
    if len(found.pairs) > most:
        rest = found.pairs[most:]
        lines.append(f"    and {len(rest)} more pairs, {sum(p.captions for p in rest)} times")
    return lines


def _pair(pair: Pair) -> str:
    review = f", {pair.review} of them in review" if pair.review else ", none in review"
    return f"{pair.captions:4d}x  {pair.labelled}, {pair.given}{review}"


def role_lines(found: Confusion) -> list[str]:
    """One line a value: hit, missed, wrongly given, rightly none, and of the labelled ones in review."""
    width = max(len(r.value) for r in found.rows)
    lines = [f"  {'':{width}s}    hit  missed  wrongly given  rightly none  review"]
    for row in found.rows:
        counts = f"{row.wrongly_given:13d}  {row.rightly_none:12d}"
        if row.captions:
            lines.append(f"  {row.value:{width}s}  {row.hit:5d}  {row.missed:6d}  {counts}  {row.review:6d}")
        else:
            lines.append(f"  {row.value:{width}s}  {NO_EXAMPLES:>13s}  {counts}       -")
    return lines


def matrix_lines(found: Confusion) -> list[str]:
    """The matrix: a row a labelled value, with counts and below them row percentages; right ones in brackets."""
    if found.counts is None:
        return []
    layout = _layout([r.value for r in found.rows])
    if layout is None:
        return _told(found)
    heads, rows, cell = layout
    width = max(map(len, rows))
    lines = [
        "  confusion (rows: labelled, columns: given; [right]; review: of the row)",
        "  " + " " * width + "".join(f" {h:>{cell}s}" for h in [*heads, "review"]),
    ]
    for place, (name, row, counts) in enumerate(zip(rows, found.rows, found.counts, strict=True)):
        if not row.captions:
            lines.append(f"  {name:{width}s}  {NO_EXAMPLES}")
            continue
        shown = [(f"[{n}]" if i == place else f"{n} ") if n else ". " for i, n in enumerate(counts)]
        shares = [percent(n, row.captions) if n else "" for n in counts]
        lines.append(f"  {name:{width}s}" + _cells(shown, counts, place, cell, row.captions, f"{row.review} ").rstrip())
        review = percent(row.review, row.captions)
        lines.append(f"  {'':{width}s}" + _cells(shares, counts, place, cell, row.captions, review).rstrip())
    return lines


def _layout(names: Sequence[str]) -> tuple[list[str], list[str], int] | None:
    """Heads of the columns, heads of the rows and the width of a cell; None where a matrix would be too wide."""
    cell = _cell(names, len(names))
    if len({n[:cell] for n in names}) == len(names) and cell >= _READABLE:
        return [n[:cell] for n in names], list(names), cell
    # Columns are numbered where even their beginnings would not tell them apart.
    rows = [f"{i} {name}" for i, name in enumerate(names, 1)]
    cell = _cell(rows, len(names))
    return ([str(i) for i in range(1, len(names) + 1)], rows, cell) if cell >= _NARROWEST else None


def signed_matrix_lines(facet: Facet, matrix: Sequence[Sequence[int]]) -> list[str]:
    """The difference of two matrices: more captions in a cell or fewer; good ones are right ones more, wrong ones fewer."""
    lines = [f"{facet.name}, captions more or fewer (rows: labelled, columns: given; [right])"]
    layout = _layout(facet.names)
    if layout is None:
        cells = [
            (a, b, n) for a, row in zip(facet.names, matrix, strict=True) for b, n in zip(facet.names, row, strict=True)
        ]
        return lines + [f"  {n:+5d}  {a}: {b}" for a, b, n in cells if n]
    heads, rows, cell = layout
    width = max(map(len, rows))
    lines.append("  " + " " * width + "".join(f" {h:>{cell}s}" for h in heads))
    for place, (name, row) in enumerate(zip(rows, matrix, strict=True)):
        line = ""
        for column, n in enumerate(row):
            text = f"{(f'[{n:+d}]' if column == place else f'{n:+d} ') if n else '. ':>{cell}s}"
            line += " " + (click.style(text, fg="green" if (n > 0) == (column == place) else "red") if n else text)
        lines.append(f"  {name:{width}s}{line}".rstrip())
    return lines


def _cell(rows: Sequence[str], columns: int) -> int:
    """The width of a cell beside these row names; one column more is for review."""
    return min(_WIDEST, (WIDTH - 2 - max(map(len, rows))) // (columns + 1) - 1)


def _cells(shown: Sequence[str], counts: Sequence[int], right: int, cell: int, total: int, review: str) -> str:
    out = ""
    for place, (text, n) in enumerate(zip(shown, counts, strict=True)):
        padded = f"{text:>{cell}s}"
        out += " " + (shaded(padded, n / total, place == right) if n else padded)
    return f"{out} {review:>{cell}s}"


def _told(found: Confusion) -> list[str]:
    """A matrix too wide to draw: a line for each cell that is not empty."""
    lines = ["  confusion (labelled: given, captions; too many values to draw a matrix)"]
    names = [r.value for r in found.rows]
    for row, counts in zip(found.rows, found.counts or (), strict=True):
        if not row.captions:
            lines.append(f"  {row.value}: {NO_EXAMPLES}")
            continue
        lines.append(f"  {row.value} ({row.captions}, {row.review} in review):")
        cells = sorted((-n, place) for place, n in enumerate(counts) if n)
        lines += [f"    {names[place]:40s} {-n:6d}  {percent(-n, row.captions):>4s}" for n, place in cells]
    return lines
