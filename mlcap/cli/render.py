"""Metrics as text for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from mlcap.cli.matrix import confusion_lines
from mlcap.cli.measured import not_read_lines
from mlcap.cli.terminal import WIDTH
from mlcap.evaluation.calibration import Bin
from mlcap.evaluation.compare import Comparison
from mlcap.evaluation.evaluate import Evaluation
from mlcap.evaluation.forecast import Forecast
from mlcap.evaluation.metrics import FacetMetrics, average_f1
from mlcap.evaluation.views import Views
from mlcap.model.promise import Promise
from mlcap.text import counted
from mlcap.types import Facet


def number(x: float | None) -> str:
    """A metric with three decimals, or `-` where there is nothing to count."""
    return "    -" if x is None else f"{x:.3f}"


def interval(x: tuple[float, float] | None) -> str:
    """A 95 % interval in brackets."""
    return "" if x is None else f" [{x[0]:.3f}, {x[1]:.3f}]"


def shown_name(metric: str) -> str:
    """A metric's field as people write it."""
    return metric.replace("_f1", "-F1")


def comparison_line(comparison: Comparison) -> str:
    """How a candidate compares with the version that was current."""
    if not comparison.at_hand:
        return "not compared: no labelled caption is at hand; name --labels and --captions"
    if not comparison.captions:
        some = counted(comparison.at_hand, "labelled caption")
        return f"not compared: of the {some} at hand the two versions held out none in common"
    if comparison.interval is None:
        how = "all of one mission, which says little of others"
    else:
        low, high = comparison.interval
        how = f"95 % interval {low:+.3f} to {high:+.3f}"
    return (
        f"on {counted(comparison.captions, 'caption')} that both held out: tags right {comparison.current:.3f} before,"
        f" {comparison.candidate:.3f} now ({comparison.difference:+.3f}, {how})"
    )


def values_table(metrics: FacetMetrics) -> list[str]:
    """One line a value: precision, recall, F1 and support; values without examples say so."""
    width = max(len(v.value) for v in metrics.values)
    lines = [f"  {'':{width}s}  precision  recall     F1  support"]
    for v in metrics.values:
        if v.support:
            lines.append(
                f"  {v.value:{width}s}      {number(v.precision)}   {number(v.recall)}  {number(v.f1)}  {v.support:7d}"
            )
        else:
            given = f", {v.false_positives} false positives" if v.false_positives else ""
            lines.append(f"  {v.value:{width}s}  no examples{given}")
    return lines


def facet_headline(facet: Facet, evaluation: Evaluation) -> list[str]:
    """Name the averages of a facet with their intervals; within 80 columns."""
    f = evaluation.facets[facet.name]
    name = average_f1(facet)
    average = f"{shown_name(name)} {number(getattr(f, name))}"
    lines = [
        f"{facet.name} ({counted(f.captions, 'caption')})",
        f"  {average}{interval(evaluation.intervals.get(f'{facet.name}.{name}'))}"
        f"  accuracy {number(f.accuracy)}{interval(evaluation.intervals.get(f'{facet.name}.accuracy'))}",
    ]
    if facet.multiple:
        lines.append(f"  macro-F1 {number(f.macro_f1)}  (accuracy: of the whole set of a caption)")
    else:
        lines.append(f"  expected calibration error {number(evaluation.calibration_error.get(facet.name))}")
    return lines


def reliability_lines(table: Sequence[Bin], bins: int = 10) -> list[str]:
    """How often tags of each tenth of probability were right; tenths without captions are named, never zero."""
    found = {round(b.low * bins): b for b in table}
    lines = ["  reliability   captions  probability  right"]
    for tenth in range(bins):
        head = f"  {tenth / bins:.1f} to {(tenth + 1) / bins:.1f}  "
        one = found.get(tenth)
        if one is not None:
            lines.append(f"{head}  {one.captions:8d}  {one.mean_probability:11.3f}  {one.right:.3f}")
        else:
            lines.append(f"{head}  {'no captions':>8s}")
    return lines


def forecast_lines(found: Sequence[Forecast]) -> list[str]:
    """The workload: what share is automatic, what goes to review, and how right the automatic share is."""
    lines = [
        "workload           automatic  review   of the automatic, right in",
        "                                       single values   every tag",
    ]
    for one in found:
        name = "as the model does" if one.target is None else f"  at {one.target:.0%} wanted"
        lines.append(
            f"{name:17s}  {one.automatic:9.1%}  {one.review:6.1%}   {number(one.single_right):>13s}  {number(one.all_right):>10s}"
        )
    if len(found) > 1:
        lines.append("  wanted: share of the automatic ones right in every tag, by a threshold that")
        lines.append("  is chosen on one half of the missions and counted on the other")
    return lines


def kept_lines(promise: Promise | None, caution: str) -> list[str]:
    """What the thresholds that were applied keep on a desk never seen, and on which desks that was measured.

    Args:
        caution: why a version promises nothing, "" where it is not known.
    """
    if promise is None:
        why = caution and f": {caution}"
        return textwrap.wrap(f"promise: nothing for desks that training has not seen{why}", WIDTH)
    lines = [
        f"promise: with 95 % confidence at least {promise.target:g} of the automatic captions have the",
        "right single values on a desk never seen; measured on desks left out of training",
        "                     captions  automatic   single values   every tag",
    ]
    for name, kept in {"all together": promise.together, **promise.desks}.items():
        share = kept.automatic / kept.captions if kept.captions else 0.0
        lines.append(
            f"  {name[:17]:17s}  {kept.captions:8d}  {share:9.1%}   {number(kept.single_right):>13s}  {number(kept.all_right):>10s}"
        )
    return lines


def evaluation_text(facets: Sequence[Facet], evaluation: Evaluation, views: Views, most: int = 5) -> str:
    """The whole evaluation for the terminal."""
    lines = [counted(evaluation.captions, "caption"), *not_read_lines(evaluation.not_read)]
    for facet in facets:
        metrics, confused = evaluation.facets.get(facet.name), views.confusion.get(facet.name)
        if metrics is None or confused is None:
            lines += ["", f"{facet.name}: the captions carry no labels of this facet"]
            continue
        lines += ["", *facet_headline(facet, evaluation), *confusion_lines(confused, most), "", *values_table(metrics)]
        if facet.name in evaluation.reliability:
            lines += ["", *reliability_lines(evaluation.reliability[facet.name])]
    return "\n".join([*lines, "", *forecast_lines(views.forecast)])
