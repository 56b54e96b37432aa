"""`mlcap evaluate`."""

from __future__ import annotations

from pathlib import Path

import click

from mlcap.cli.at_hand import held_out_captions, say_trained_on, tagged_captions, training_captions
from mlcap.cli.errors import OK, say
from mlcap.cli.measured import measured
from mlcap.cli.options import (
    fields_options,
    json_option,
    labels_option,
    stores_option,
    tagger_of,
    tagger_options,
    target_option,
)
from mlcap.cli.render import evaluation_text, kept_lines
from mlcap.cli.report import desk_address, prepare, write
from mlcap.cli.terminal import colour_option, echo, echo_json
from mlcap.evaluation.evaluate import Evaluation, evaluate
from mlcap.evaluation.views import Views, views_of
from mlcap.labels.corpus import read_labelled
from mlcap.model.tagging import Tagger
from mlcap.records.types import FieldChoice
from mlcap.rounding import rounded


@click.command("evaluate")
@click.argument("gold", required=False, metavar="[GOLD]")
@fields_options
@labels_option("Labels folder whose held-out missions are used without GOLD [default: labels/].")
@stores_option()
@click.option("--report", metavar="DIR", help="Write a report into DIR: a page, pictures of the matrices, the metrics.")
@click.option("--curve", metavar="FILE", help="Learning curve for the report, from `mlcap labels curve --json`.")
@click.option(
    "--desk", metavar="DESK", help="With --report: the review desk that cells lead to, as it was opened last."
)
@click.option(
    "--pairs",
    type=click.IntRange(0),
    metavar="N",
    default=5,
    show_default=True,
    help="How many of the worst pairs to list.",
)
@colour_option
@json_option
@target_option
@tagger_options
def command(
    gold: str | None,
    choice: FieldChoice,
    labels: str | None,
    stores: tuple[str, ...],
    report: str | None,
    curve: str | None,
    desk: str | None,
    pairs: int,
    colour: bool | None,
    as_json: bool,
    target: float | None,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Measure a model version on labelled captions: id, text, event, crew_role, mission.

    GOLD is a table (.csv, .tsv, .xlsx, .parquet) or JSON Lines; several values in one cell are
    separated by semicolons. Captions that the version was trained on are known in a file
    that it was trained from, and in any file where it learned from some thousands at most.

    Prints what is confused with what, the metrics of each value with 95 % intervals drawn by
    mission, how far probabilities can be trusted, and how much work review makes.
    `mlcap confusion` shows the captions behind a number.

    Without GOLD: on the captions of the held-out missions whose text is at hand.
    """
    tagger = tagger_of(model, models, verbose, text_only, target=target)
    if report is not None:
        prepare(report, labels, curve, tagger.facets)
    elif curve is not None or desk is not None:
        raise click.UsageError("--curve and --desk go with --report", ctx=click.get_current_context())
    address = desk_address(Path(desk)) if desk else ""
    if gold is not None:
        if (labels or stores) and report is None:
            raise click.UsageError(
                "--labels and --captions go with the held-out missions or with --report, not with a GOLD file alone",
                ctx=click.get_current_context(),
            )
        captions = read_labelled(Path(gold), tagger.facets, warn=say, choice=choice)
        say_trained_on(tagger, Path(gold), captions)
    else:
        captions = held_out_captions(tagger, labels, stores, choice)
    tagged = tagged_captions(tagger, captions)
    evaluation = evaluate(tagger.facets, captions, tagged)
    captions, tagged, _ = measured(captions, tagged)
    views = views_of(tagger.facets, captions, tagged)
    _print(tagger, evaluation, views, pairs, colour, as_json)
    if report is not None:
        name = Path(gold).name if gold else "the held-out missions"
        training = training_captions(tagger, labels, stores, choice=choice)
        if training is None and stores:
            say("--captions helps only beside a labels folder; name it with --labels")
        write(report, name, tagger, captions, tagged, evaluation, training, curve, address)
    return OK


def _print(
    tagger: Tagger, evaluation: Evaluation, views: Views, pairs: int, colour: bool | None, as_json: bool
) -> None:
    """What was measured, and what the version promises."""
    if as_json:
        promise = None if tagger.promise is None else rounded(tagger.promise.as_data())
        echo_json({"model": tagger.version, **evaluation.as_data(), **views.as_data(), "promise": promise})
        return
    told = evaluation_text(tagger.facets, evaluation, views, pairs)
    promised = "\n".join(kept_lines(tagger.promise, tagger.artifact.manifest.caution))
    echo(f"model version {tagger.version}, {told}\n\n{promised}", colour)
