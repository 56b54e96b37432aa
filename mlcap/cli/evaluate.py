"""`mlcap evaluate`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.options import json_option, model_option, models_option, registry_place, verbose_option
from mlcap.cli.progress import watched
from mlcap.cli.render import evaluation_text
from mlcap.cli.report import prepare, write
from mlcap.cli.terminal import colour_option, echo
from mlcap.errors import InputError
from mlcap.evaluation.evaluate import evaluate
from mlcap.evaluation.views import views_of
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.model.location import default_labels, shipped_taxonomy
from mlcap.model.manifest import Manifest
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger
from mlcap.types import LabelledCaption


@click.command("evaluate")
@click.argument("gold", required=False, metavar="[GOLD.jsonl]")
@click.option(
    "--labels", metavar="DIR", help="Labels folder whose held-out missions are used without GOLD [default: labels/]."
)
@click.option(
    "--captions", "stores", multiple=True, metavar="STORE", help="Caption store for the library's labels; repeatable."
)
@click.option("--report", metavar="DIR", help="Write a report into DIR: a page, pictures of the matrices, the figures.")
@click.option("--curve", metavar="FILE", help="Learning curve for the report, from `mlcap labels curve --json`.")
@click.option(
    "--pairs", type=click.IntRange(0), default=5, show_default=True, help="How many of the worst pairs to list."
)
@colour_option
@model_option
@models_option
@json_option
@verbose_option
def command(
    gold: str | None,
    labels: str | None,
    stores: tuple[str, ...],
    report: str | None,
    curve: str | None,
    pairs: int,
    colour: bool | None,
    model: str,
    models: str | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Measure a model version on labelled captions: id, text, event, crew_role a line.

    Prints what is confused with what, the figures of each value with 95 % intervals drawn by
    mission, how far probabilities can be trusted, and how much work review makes.
    `mlcap confusion` shows the captions behind a number.

    Without GOLD: on the captions of the held-out missions whose text is at hand.
    """
    place = registry_place(models, verbose)
    number, artifact = Registry(place.folder).load(model)
    if verbose:
        say(f"model: version {number}")
    if report is not None:
        prepare(report, labels, curve, artifact.facets)
    elif curve is not None:
        raise click.UsageError("--curve goes with --report", ctx=click.get_current_context())
    if gold is not None:
        if (labels or stores) and report is None:
            raise click.UsageError(
                "--labels and --captions go with the held-out missions or with --report, not with a GOLD file alone",
                ctx=click.get_current_context(),
            )
        captions = read_labelled(Path(gold), artifact.facets)
    else:
        captions = _held_out_captions(Path(labels) if labels else default_labels(), stores, artifact.manifest)
    tagger = Tagger(artifact, str(number))
    tagged = list(watched(tagger.stream(c.text for c in captions), len(captions), "captions"))
    evaluation = evaluate(artifact.facets, captions, tagged)
    views = views_of(artifact.facets, captions, tagged)
    if as_json:
        click.echo(
            json.dumps({"model": str(number), **evaluation.as_data(), **views.as_data()}, ensure_ascii=False, indent=1)
        )
    else:
        echo(f"model version {number}, {evaluation_text(artifact.facets, evaluation, views, pairs)}", colour)
    if report is not None:
        name = Path(gold).name if gold else "the held-out missions"
        write(report, name, tagger, captions, tagged, evaluation, labels, stores, curve)
    return OK


def _held_out_captions(folder: Path, stores: tuple[str, ...], manifest: Manifest) -> list[LabelledCaption]:
    found = read_labels(folder, [Path(s) for s in stores], shipped_taxonomy())
    captions = manifest.held_out(found.captions)
    if not captions:
        raise InputError(
            f"{folder}: holds no caption of the missions that this version held out; name a GOLD file or the folder it was trained from"
        )
    by_source = Counter(c.source for c in captions)
    say(
        f"{len(captions)} captions of held-out missions at hand ({', '.join(f'{n} {s}' for s, n in sorted(by_source.items()))})"
    )
    if found.joined is not None and len(found.joined.captions) < found.joined.labels:
        say(
            f"{found.joined.labels - len(found.joined.captions)} of {found.joined.labels} library labels have no text here; name caption stores with --captions"
        )
    return captions
