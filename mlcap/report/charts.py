"""Drawing a report's matrices and curves with matplotlib, which only this module knows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlcap.errors import ReportError, install_extra
from mlcap.evaluation.calibration import Bin
from mlcap.evaluation.curve import CurvePoint
from mlcap.report.types import CellCaptions, Matrix, ThresholdPoint, ValueTables

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours that colour-blind people tell apart (Okabe & Ito, "Color universal design", 2008), with other marks and lines each.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LINES = ("-", "--", "-.", ":")
MARKS = ("o", "s", "^", "D")
#: Where the axes of the threshold chart begin and end, as shares of its width; the page's marker needs them.
AXES_LEFT, AXES_RIGHT = 0.1, 0.97
#: From this share of its row on a cell is dark enough for white numbers.
_DARK = 0.55
#: The same in the orange of review and of what is taken for one another, which stays light longer.
_DARK_ORANGE = 0.75


def check_installed() -> None:
    """Make sure that matplotlib is there.

    Raises:
        ReportError: it is not.
    """
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError as error:
        raise ReportError(f"charts need the extra `report`; {install_extra('report')}") from error


def _figure(width: float, height: float) -> Figure:
    check_installed()
    from matplotlib.figure import Figure as MatplotlibFigure

    return MatplotlibFigure(figsize=(width, height))


def _cells(axes: Axes, cells: Sequence[Sequence[CellCaptions]], columns: Sequence[str], rows: Sequence[str]) -> None:
    counts = np.asarray([[c.total for c in row] for row in cells], dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    for i in range(len(rows)):
        for j in range(len(columns)):
            if counts[i, j]:
                colour = "white" if share[i, j] > _DARK else "black"
                axes.text(j, i, f"{int(counts[i, j])}", ha="center", va="center", color=colour)
        if not totals[i, 0]:
            axes.text((len(columns) - 1) / 2, i, "no examples", ha="center", va="center", style="italic", color="#555")
    axes.tick_params(length=0)


def matrix_figure(matrix: Matrix) -> Figure:
    """Counts, rows labelled and columns tagged, with a column for review; coloured by share of the row."""
    names = matrix.facet.names
    figure = _figure(2.6 + 0.75 * (len(names) + 1), 1.6 + 0.5 * len(names))
    left, right = figure.subplots(1, 2, width_ratios=[len(names), 1], sharey=False)
    _cells(left, matrix.cells, names, names)
    left.set_xlabel("tagged")
    left.set_ylabel("labelled")
    left.set_title(f"{matrix.facet.name}: counts, coloured by share of the row", fontsize=10, loc="left")
    totals = [sum(c.total for c in row) for row in matrix.cells]
    share = np.asarray([[r.total / t if t else 0.0] for r, t in zip(matrix.review, totals, strict=True)])
    right.imshow(share, cmap="Oranges", vmin=0, vmax=1, aspect="auto")
    for i, cell in enumerate(matrix.review):
        right.text(
            0,
            i,
            str(cell.total) if totals[i] else "-",
            ha="center",
            va="center",
            color="white" if share[i, 0] > _DARK_ORANGE else "black",
        )
    right.set_xticks([0], ["of these, review"], rotation=35, ha="right", rotation_mode="anchor")
    right.set_yticks([])
    right.tick_params(length=0)
    figure.set_layout_engine("constrained")
    return figure


def values_figure(tables: ValueTables) -> Figure:
    """True positives, false negatives and false positives of each value, beside which value was given instead of which."""
    names = tables.facet.names
    figure = _figure(9.5 + 0.1 * len(names), 2.2 + 0.38 * len(names))
    left, right = figure.subplots(1, 2, width_ratios=[4, len(names)])
    _cells(left, [row[:3] for row in tables.rows], ("true positives", "false negatives", "false positives"), names)
    left.set_title(f"{tables.facet.name}", fontsize=10, loc="left")
    counts = np.asarray([[c.total for c in row] for row in tables.instead], dtype=float)
    right.imshow(counts, cmap="Oranges", vmin=0, vmax=max(1.0, counts.max(initial=0.0)), aspect="auto")
    right.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    right.set_yticks(range(len(names)), [])
    for i, j in np.argwhere(counts).tolist():
        dark = counts[i, j] > _DARK_ORANGE * counts.max()
        right.text(j, i, str(int(counts[i, j])), ha="center", va="center", color="white" if dark else "black")
    right.set_title("false negative of the row and false positive of the column", fontsize=10, loc="left")
    right.tick_params(length=0)
    figure.set_layout_engine("constrained")
    return figure


def reliability_figure(facet: str, bins: Sequence[Bin]) -> Figure:
    """How often tags of a probability are right; on the diagonal probabilities can be taken at their word."""
    figure = _figure(5.2, 4.2)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#777", linewidth=1, linestyle=":", label="as promised")
    x, y = [b.mean_probability for b in bins], [b.right for b in bins]
    axes.plot(x, y, color=COLOURS[0], marker=MARKS[0], label="found")
    for b in bins:
        offset = (-6 if b.mean_probability > 0.95 else 6, 6 if b.right < 0.1 else -11)
        side = "right" if b.mean_probability > 0.95 else "left"
        at = (b.mean_probability, b.right)
        axes.annotate(f"{b.captions}", at, xytext=offset, textcoords="offset points", fontsize=8, ha=side)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel=f"probability of the {facet}", ylabel="share right")
    axes.set_title("numbers: captions", fontsize=9, loc="right")
    axes.legend(loc="upper left")
    axes.grid(visible=True, alpha=0.3)
    figure.set_layout_engine("constrained")
    return figure


def threshold_figure(points: Sequence[ThresholdPoint], captions: int) -> Figure:
    """Share without review, and how right it is, against the threshold."""
    figure = _figure(6.6, 3.4)
    axes = figure.subplots()
    x = [p.threshold for p in points]
    lines: tuple[tuple[str, list[float | None]], ...] = (
        ("need no review", [p.automatic / captions for p in points]),
        ("of these: single values right", [p.single_right for p in points]),
        ("of these: every tag right", [p.all_right for p in points]),
    )
    for i, (name, y) in enumerate(lines):
        shown = [np.nan if v is None else v for v in y]
        axes.plot(x, shown, color=COLOURS[i], linestyle=LINES[i], linewidth=2, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="threshold on the probability that every tag is right", ylabel="share")
    axes.legend(loc="lower left")
    axes.grid(visible=True, alpha=0.3)
    figure.subplots_adjust(left=AXES_LEFT, right=AXES_RIGHT, bottom=0.15, top=0.96)
    return figure


def curve_figure(points: Sequence[CurvePoint]) -> Figure:
    """Metrics against the number of training captions, a line for each source and facet."""
    figure = _figure(6.6, 3.4)
    axes = figure.subplots()
    keys = list(dict.fromkeys((p.source, name) for p in points for name in p.metrics))
    for i, (source, name) in enumerate(keys):
        mine = sorted((p.captions, v) for p in points if p.source == source and (v := p.metrics.get(name)) is not None)
        look = {"color": COLOURS[i % 4], "linestyle": LINES[i // 4 % 4], "marker": MARKS[i % 4]}
        label = f"{source}, {name}".replace("$", r"\$")
        axes.plot([c for c, _ in mine], [f for _, f in mine], label=label, **look)  # type: ignore[arg-type]
    axes.set_xscale("log", base=2)
    counts = sorted({p.captions for p in points})
    axes.set_xticks(counts, [str(c) for c in counts], rotation=35, ha="right")
    axes.minorticks_off()
    axes.set(xlabel="training captions", ylabel="metric")
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.set_layout_engine("constrained")
    return figure


def picture(figure: Figure, form: str) -> bytes:
    """A figure as `png` or `svg`, the same bytes for the same figure."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "mlcap", "font.family": "DejaVu Sans"}):
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(out, format=form, dpi=150, metadata=metadata)
    return out.getvalue()
