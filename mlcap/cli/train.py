"""`mlcap train`."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcap.cli.errors import OK, REFUSED, say
from mlcap.cli.options import json_option, say_comparison
from mlcap.cli.progress import steps
from mlcap.cli.render import confusion_matrix, number, values_table, worst_confusions
from mlcap.errors import InputError, ModelRefusedError
from mlcap.evaluation.promotion import promote
from mlcap.labels.folder import Labels, read_labels
from mlcap.model.location import default_labels, shipped_taxonomy
from mlcap.model.manifest import StoreDigest
from mlcap.model.registry import Registry

if TYPE_CHECKING:
    from mlcap.training.slices import SliceFigures


@click.command("train")
@click.option("--labels", metavar="DIR", help="Folder of labelled captions [default: labels/].")
@click.option(
    "--captions",
    "stores",
    multiple=True,
    metavar="STORE",
    help="Caption store with the texts of the library's labels (JSONL, gzip, library response); repeatable.",
)
@click.option(
    "--models", metavar="DIR", help="Folder to write the version to [default: $MLCAP_MODELS, else models/ here]."
)
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    default=5,
    show_default=True,
    help="Folds of the cross-validation grouped by mission.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Order of missions within the folds.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=None, help="Processes [default: one a core]; changes no result."
)
@click.option("--force", is_flag=True, help="Promote the version even if it is clearly worse than the current one.")
@json_option
def command(
    labels: str | None,
    stores: tuple[str, ...],
    models: str | None,
    folds: int,
    seed: int,
    jobs: int | None,
    force: bool,
    as_json: bool,
) -> int:
    """Train every facet of the labels, print the cross-validation figures, write the next version.

    Without --captions it trains on the captions whose text lies in the labels folder alone.
    """
    folder = Path(labels) if labels else default_labels()
    target = Path(models or os.environ.get("MLCAP_MODELS") or "models")
    found = read_labels(folder, [Path(s) for s in stores], shipped_taxonomy())
    _say_found(found, bool(stores))
    registry = Registry(target)
    registry.check_writable()
    from mlcap.training.parameters import TrainingParameters
    from mlcap.training.train import train

    parameters = TrainingParameters(folds=folds, seed=seed)
    shown = [
        *(["mlcap", "train", "--labels", folder.name] if labels else ["train.py"]),
        *(["--folds", str(folds)] if folds != 5 else []),
        *(["--seed", str(seed)] if seed else []),
    ]
    for store in stores:
        shown += ["--captions", Path(store).name]
    with steps(folds + 3) as advance:
        trained = train(
            found,
            parameters,
            " ".join(shown),
            [StoreDigest(Path(s).name, _digest(Path(s))) for s in stores],
            jobs or os.cpu_count() or 1,
            advance,
        )
    version = registry.publish(trained.content)
    say(f"wrote version {version} to {target}")
    refused = None
    try:
        comparison = promote(registry, version, found.captions, "trained", force)
    except ModelRefusedError as error:
        refused = error
        say(str(error))
    else:
        say_comparison(comparison)
        say(f"version {version} is current")
    if as_json:
        figures = {name: part.as_data() for name, part in trained.cross_validation.items()}
        click.echo(json.dumps({"version": version, "cross_validation": figures}, ensure_ascii=False, indent=1))
    else:
        click.echo(_report(found, trained.cross_validation))
    return REFUSED if refused else OK


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
    held = len(found.measuring())
    say(
        f"{held} captions of {len({c.mission for c in found.measuring()})} held-out missions are left out of training{' (drawn here by group)' if found.drawn else ''}"
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def _report(found: Labels, slices: dict[str, SliceFigures]) -> str:
    lines = ["grouped cross-validation (no mission on both sides)"]
    for name, part in slices.items():
        cells = []
        for facet in found.facets:
            figures = part.facets.get(facet.name)
            if figures is not None:
                average = figures.micro_f1 if facet.multiple else figures.macro_f1
                cells.append(
                    f"{facet.name} {'micro' if facet.multiple else 'macro'}-F1 {number(average)} exact {number(figures.exact)}"
                )
        w = asdict(part.workload)
        cells.append(f"automatic {w['automatic']:.3f}, all right {number(w['all_right'])}")
        lines.append(f"  {name} ({part.captions}): " + "  ".join(cells))
    for facet in found.facets:
        figures = slices["all"].facets.get(facet.name)
        if figures is not None:
            lines += [
                "",
                facet.name,
                *values_table(figures),
                *confusion_matrix(facet, figures),
                *worst_confusions(facet, figures),
            ]
    return "\n".join(lines)
