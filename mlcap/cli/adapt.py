"""`mlcap adapt`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.at_hand import labels_of
from mlcap.cli.errors import OK, REFUSED, say
from mlcap.cli.options import fields_options, folds_option, json_option, labels_option, stores_option
from mlcap.cli.progress import steps
from mlcap.cli.render import number, shown_name
from mlcap.cli.terminal import echo, echo_json
from mlcap.evaluation.evaluate import Evaluation
from mlcap.model.location import default_labels, shipped_models
from mlcap.model.registry import Registry
from mlcap.records.types import FieldChoice
from mlcap.text import counted

if TYPE_CHECKING:
    from mlcap.labels.folder import Labels
    from mlcap.training.adapt import Adapted
    from mlcap.training.beside import Beside


@click.command("adapt")
@labels_option("Folder of labelled captions, as `mlcap review export` writes it [default: labels/].")
@stores_option()
@fields_options
@click.option(
    "--models",
    metavar="DIR",
    help="Folder of the version to adapt, which is the current one, and of the new one; where it holds none, the shipped one is put there first [default: $MLCAP_MODELS, else models/ here].",
)
@folds_option("Folds of the cross-validation grouped by mission or series.")
@click.option(
    "--force",
    is_flag=True,
    help="Promote the version even if it gains nothing, or is clearly worse than the one before.",
)
@json_option
def command(
    labels: str | None,
    stores: tuple[str, ...],
    choice: FieldChoice,
    models: str | None,
    folds: int,
    force: bool,
    as_json: bool,
) -> int:
    """Make a new version from the current one and labels of your own; it becomes current if it gains something on these.

    The captions that the current version was trained on are not needed: its weights are held near what they are, new words
    are added, and the calibration is fitted to your labels. Figures are by cross-validation on these, beside those of the
    version before.
    """
    folder = Path(labels) if labels else default_labels()
    found = labels_of(folder, stores, choice=choice)
    target = Registry(Path(models or os.environ.get("MLCAP_MODELS") or "models"))
    source = target if target.versions() else Registry(shipped_models())
    from mlcap.training.adapt_publish import adapt_and_publish

    say(
        f"{counted(len(found.captions), 'labelled caption')} of {counted(len({c.mission for c in found.captions}), 'mission or series', 'missions or series')}"
    )
    _say_unknown(source, found)
    written = " ".join(
        ["mlcap adapt --labels", folder.name, *(p for s in stores for p in ("--captions", Path(s).name))]
    )
    with steps(folds + 2) as advance:
        done = adapt_and_publish(source, target, found, written, folds, force, advance)
    if done.taken_along:
        say(f"the version before was put into {target.folder} as version 1")
    say(f"wrote version {done.identity} to {target.folder}")
    say(str(done.refused) if done.refused else f"version {done.identity} is current")
    if not done.refused and not done.adapted.whole.comparison.told:
        say("chance may have made the difference on these labels; more of them would tell")
    if as_json:
        data = {
            "version": done.number,
            "identity": done.identity,
            "promoted": done.refused is None,
            **_data(done.adapted.whole),
        }
        data["without_accepted"] = None if done.adapted.unaccepted is None else _data(done.adapted.unaccepted)
        echo_json(data)
    else:
        echo(_text(done.adapted))
    return REFUSED if done.refused else OK


def _say_unknown(source: Registry, labels: Labels) -> None:
    """Name the facets that the version does not tag, which adapting leaves out."""
    known = {f.name for f in source.load("current").artifact.facets}
    for facet in labels.facets:
        if facet.name not in known:
            say(f"{facet.name} is none of the version's facets and is left out; `mlcap train` learns it from labels")


def _data(both: Beside) -> dict[str, Any]:
    return {"before": both.before.as_data(), "after": both.after.as_data()}


def _text(adapted: Adapted) -> str:
    whole, other = adapted.whole, adapted.unaccepted
    not_read = sum(whole.after.not_read.values())
    besides = f" ({not_read} more in a language that is not read)" if not_read else ""
    lines = [
        f"on the {counted(whole.after.captions, 'label')}{besides}, by cross-validation grouped by mission or series:"
    ]
    lines += ["", *_beside_lines(whole)]
    if other is not None:
        accepted = whole.after.captions - other.after.captions
        lines += [
            "",
            f"without the {accepted} that merely left a suggestion as it was, which speak for the version before:",
        ]
        lines += ["", *_beside_lines(other)]
    kept = "chosen anew" if adapted.thresholds else "those of the version before: more labels are needed to choose them"
    return "\n".join([*lines, "", f"  {adapted.new_words} features are new", f"  review thresholds: {kept}"])


def _beside_lines(both: Beside) -> list[str]:
    lines = [f"  {'':24s} {'before':>8s} {'adapted':>8s}"]
    before, after = _metrics(both.before), _metrics(both.after)
    lines += [f"  {name:24s} {number(before.get(name)):>8s} {number(value):>8s}" for name, value in after.items()]
    change, interval = both.comparison.difference, both.comparison.interval
    if change is not None and interval is not None:
        lines.append(f"  tags right per caption {change:+.3f}, 95 % interval {interval[0]:+.3f} to {interval[1]:+.3f}")
    return lines


def _metrics(evaluation: Evaluation) -> dict[str, float | None]:
    rows: dict[str, float | None] = {}
    for name, metrics in evaluation.facets.items():
        rows[f"{name} accuracy"] = metrics.accuracy
        average = "macro_f1" if metrics.confusion is not None else "micro_f1"
        rows[f"{name} {shown_name(average)}"] = getattr(metrics, average)
    rows["automatic"] = evaluation.workload.automatic
    rows["automatic, all right"] = evaluation.workload.all_right
    return rows
