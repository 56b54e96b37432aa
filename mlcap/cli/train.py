"""`mlcap train`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcap.cli.at_hand import labels_of
from mlcap.cli.errors import OK, REFUSED, say
from mlcap.cli.matrix import confusion_lines
from mlcap.cli.options import (
    fields_options,
    folds_option,
    jobs_option,
    json_option,
    labels_option,
    seed_option,
    stores_option,
)
from mlcap.cli.progress import steps
from mlcap.cli.render import comparison_line, number, shown_name, values_table
from mlcap.cli.terminal import echo, echo_json
from mlcap.evaluation.confusion import unreviewed
from mlcap.evaluation.metrics import average_f1
from mlcap.labels.folder import Labels
from mlcap.labels.held_out import FEWEST_MISSIONS_LEFT, FEWEST_TO_TRAIN, largest_drawn
from mlcap.model.location import default_labels
from mlcap.model.registry import Registry
from mlcap.records.finder import listed
from mlcap.records.types import FieldChoice
from mlcap.text import counted

if TYPE_CHECKING:
    from mlcap.training.parameters import TrainingParameters
    from mlcap.training.slices import SliceMetrics


@click.command("train")
@labels_option("Folder of labelled captions [default: labels/].")
@stores_option("Caption store with the texts of the library's labels (JSONL, gzip, library response); repeatable.")
@fields_options
@click.option(
    "--models", metavar="DIR", help="Folder to write the version to [default: $MLCAP_MODELS, else models/ here]."
)
@click.option(
    "--kinds",
    metavar="FILE",
    help="Captions by kind, measured for the card and never trained on: labelled, with the fields kind and asks.",
)
@folds_option("Folds of the cross-validation grouped by mission.")
@seed_option("Order of missions within the folds.")
@jobs_option("Processes [default: one a core]; changes no result.")
@click.option("--force", is_flag=True, help="Promote the version even if it is clearly worse than the current one.")
@json_option
def command(
    labels: str | None,
    stores: tuple[str, ...],
    choice: FieldChoice,
    models: str | None,
    kinds: str | None,
    folds: int,
    seed: int,
    jobs: int | None,
    force: bool,
    as_json: bool,
) -> int:
    """Train every facet of the labels, print the cross-validation metrics, write the next version.

    Without --captions it trains on the captions whose text lies in the labels folder alone.
    """
    folder = Path(labels) if labels else default_labels()
    target = Path(models or os.environ.get("MLCAP_MODELS") or "models")
    from mlcap.training.desks import desks_of
    from mlcap.training.parameters import TrainingParameters
    from mlcap.training.publish import drawn_before, train_and_publish

    found = labels_of(
        folder, stores, choice=choice, before=drawn_before(Registry(target)), kinds=Path(kinds) if kinds else None
    )
    _say_found(found, bool(stores))

    parameters = TrainingParameters(folds=folds, seed=seed)
    command = _written(folder if labels else None, parameters, stores, choice, kinds)
    with steps(folds + 4 + len(desks_of(found.training()))) as advance:
        published = train_and_publish(
            found,
            [Path(s) for s in stores],
            Registry(target),
            parameters,
            command,
            jobs or os.cpu_count() or 1,
            advance,
            force,
        )
    say(f"wrote version {published.identity} to {target}")
    if published.refused is not None:
        say(str(published.refused))
    else:
        if published.comparison is not None:
            say(comparison_line(published.comparison))
        say(f"version {published.identity} is current")
    caution = published.trained.caution
    if caution:
        say(f"version {published.identity} is {caution}; look at what it leaves without review as well")
    slices = published.trained.cross_validation
    if as_json:
        data = {name: part.as_data() for name, part in slices.items()}
        made = {"version": published.number, "identity": published.identity, "promoted": published.refused is None}
        echo_json({**made, "caution": caution, "cross_validation": data})
    else:
        echo(_report(found, slices))
    return REFUSED if published.refused else OK


def _written(
    folder: Path | None,
    parameters: TrainingParameters,
    stores: Sequence[str],
    choice: FieldChoice,
    kinds: str | None,
) -> str:
    """The command line for the manifest: what changes the outcome, files by their names alone."""
    parts = ["mlcap", "train", "--labels", folder.name] if folder else ["train.py"]
    parts += ["--folds", str(parameters.folds)] if parameters.folds != 5 else []
    parts += ["--seed", str(parameters.seed)] if parameters.seed else []
    parts += [part for store in stores for part in ("--captions", Path(store).name)]
    parts += [part for name in choice.captions for part in ("--column", name)]
    parts += ["--id", choice.id] if choice.id is not None else []
    parts += ["--kinds", Path(kinds).name] if kinds else []
    return shlex.join(parts)


def _say_found(found: Labels, with_stores: bool) -> None:
    composed = sum(c.source == "composed" for c in found.captions)
    own = sum(c.source == "own" for c in found.captions)
    parts = [f"{n} {name} captions" for n, name in ((composed, "composed"), (own, "own")) if n]
    if found.joined is not None:
        parts.append(f"{len(found.joined.captions)} of {found.joined.labels} library labels found their text")
    say("; ".join(parts))
    if found.joined is not None and not with_stores:
        say("no caption store given: training on the captions in the labels folder alone")
    if found.joined is not None and found.joined.changed:
        some = ", ".join(found.joined.changed[:5])
        say(f"{len(found.joined.changed)} texts differ from the ones that were labelled and are left out: {some}")
    measuring = found.measuring()
    if found.drawn and not measuring:
        say(f"no caption is held out, so no version is measured on captions of its own: {_why_none_held_out(found)}")
        return
    missions = sorted({c.mission for c in measuring})
    drawn = " (drawn here by group, and kept when labels are added)" if found.drawn else ""
    named = f": {listed(missions)}" if missions else ""
    held = counted(len(missions), "held-out mission")
    left = counted(len(measuring), f"caption of {held} is", f"captions of {held} are")
    say(f"{left} left out of training{drawn}{named}")


def _why_none_held_out(found: Labels) -> str:
    """Why no mission was drawn, with what can help: to name some where enough are left to train on, else more labels."""
    missions = len({c.mission for c in found.captions})
    if missions <= FEWEST_MISSIONS_LEFT or len(found.captions) <= FEWEST_TO_TRAIN:
        return (
            f"there are {counted(len(found.captions), 'caption')} of {counted(missions, 'mission')}, which training needs;"
            " label captions of more missions"
        )
    most = counted(largest_drawn(len(found.captions)), "caption")
    return f"every mission holds more than {most}, and such stay in training; name missions in held-out.toml to hold them out"


def _report(found: Labels, slices: dict[str, SliceMetrics]) -> str:
    lines = ["grouped cross-validation (no mission on both sides)"]
    for name, part in slices.items():
        cells = []
        for facet in found.facets:
            metrics = part.facets.get(facet.name)
            if metrics is not None:
                average = average_f1(facet)
                cells.append(
                    f"{facet.name} {shown_name(average)} {number(getattr(metrics, average))} accuracy {number(metrics.accuracy)}"
                )
        work = part.workload
        cells.append(f"automatic {work.automatic:.3f}, all right {number(work.all_right)}")
        lines.append(f"  {name} ({part.captions}): " + "  ".join(cells))
    for facet in found.facets:
        metrics = slices["all"].facets.get(facet.name)
        if metrics is not None:
            confused = [] if facet.multiple else confusion_lines(unreviewed(facet, metrics))
            lines += ["", facet.name, *values_table(metrics), *confused]
    return "\n".join(lines)
