"""`mlcap labels curve`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcap.cli.at_hand import labels_of, say_lacking
from mlcap.cli.errors import OK
from mlcap.cli.options import fields_options, folds_option, json_option, labels_option, seed_option, stores_option
from mlcap.cli.progress import above_bar, steps, watched
from mlcap.cli.render import number, shown_name
from mlcap.cli.terminal import echo, echo_json
from mlcap.errors import TrainingError
from mlcap.evaluation.metrics import average_f1
from mlcap.records.types import FieldChoice
from mlcap.types import Facet

if TYPE_CHECKING:
    from mlcap.evaluation.curve import CurvePoint


@click.command("curve")
@labels_option(default="labels")
@stores_option()
@fields_options
@click.option(
    "--points",
    type=click.IntRange(2, 10),
    metavar="N",
    default=4,
    show_default=True,
    help="Points, each of twice the captions.",
)
@folds_option("Folds grouped by mission.")
@seed_option("Order in which missions are added.")
@click.option("--beside", is_flag=True, help="Train on all captions of the other kinds as well.")
@json_option
def curve(
    labels: str,
    stores: tuple[str, ...],
    choice: FieldChoice,
    points: int,
    folds: int,
    seed: int,
    beside: bool,
    as_json: bool,
) -> int:
    """Show what more captions would help: metrics on growing shares, for each kind of caption.

    Grouped cross-validation on fixed folds without the held-out missions. Takes minutes;
    points are printed as they come, so an interrupted run keeps what was finished; with
    --json each point is one line.
    """
    from mlcap.features.extract import extract
    from mlcap.taxonomy import extra_words
    from mlcap.training.curve import fitted_captions, learning_curve
    from mlcap.training.parameters import TrainingParameters

    found = labels_of(Path(labels), stores, choice=choice)
    say_lacking(found, " and take no part")
    captions = sorted(found.training(), key=lambda c: (c.source, c.id))
    if not captions:
        raise TrainingError(f"{labels}: holds no caption outside of the held-out missions")
    words = extra_words(found.facets)
    features = [extract(c.text, words, c.catalogue) for c in watched(captions, len(captions), "captions read")]
    kinds = list(dict.fromkeys(c.source for c in captions))
    parameters = TrainingParameters(folds=folds, seed=seed)
    # Fits take as long as they have captions, so these are what the time left is reckoned by.
    total = sum(fitted_captions(captions, kind, points, folds, beside) for kind in kinds)
    before: CurvePoint | None = None
    with steps(total, " captions fitted") as advance:
        for kind in kinds:
            for point in learning_curve(
                found.facets,
                captions,
                features,
                parameters,
                kind,
                points,
                beside,
                lambda count: advance(kind, count),  # noqa: B023
            ):
                last = before if before is not None and before.source == kind else None
                with above_bar():
                    if as_json:
                        echo_json(point.as_data(), None)
                    else:
                        head = curve_head(kinds, kind, beside) if last is None else []
                        echo("\n".join([*head, *point_lines(found.facets, point, last)]))
                before = point
    return OK


def _shown(facets: Sequence[Facet]) -> Iterator[tuple[str, str]]:
    """The metrics of a point that are printed: (key, name)."""
    for facet in facets:
        for metric in ("accuracy", average_f1(facet)):
            yield f"{facet.name}.{metric}", f"{facet.name} {shown_name(metric)}"


def curve_head(kinds: Sequence[str], kind: str, beside: bool) -> list[str]:
    """The head of one curve."""
    others = " and all others" if beside and len(kinds) > 1 else ""
    return [f"trained on {kind} captions{others}; in brackets the gain by the last doubling"]


def point_lines(facets: Sequence[Facet], point: CurvePoint, last: CurvePoint | None) -> list[str]:
    """One point: a line for every kind of caption measured on and metric.

    Args:
        last: the point before, of half the captions; None for the first.
    """
    lines = [f"  {point.captions} captions ({point.share or 1:.1%} of them)"]
    for measured, metrics in point.measured_on.items():
        cells = []
        for key, name in _shown(facets):
            if key not in metrics:
                continue
            value = metrics[key]
            earlier = last.measured_on[measured].get(key) if last is not None else None
            gain = f" ({value - earlier:+.3f})" if value is not None and earlier is not None else ""
            cells.append(f"    on {measured:9s} {name:20s} {number(value)}{gain}")
        lines += cells
    return lines
