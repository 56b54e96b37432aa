"""`mlcap labels`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mlcap.cli.at_hand import labels_of, say_lacking
from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.groups import Group
from mlcap.cli.labels_curve import curve
from mlcap.cli.labels_stats import agreement, stats
from mlcap.cli.options import (
    Number,
    fields_options,
    folds_option,
    jobs_option,
    json_option,
    labels_option,
    show_option,
    stores_option,
)
from mlcap.cli.progress import steps, watched
from mlcap.cli.terminal import WIDTH, echo, echo_json
from mlcap.labels.check import ERROR, Checked, check_labels
from mlcap.labels.folder import Labels
from mlcap.labels.series import SIMILARITY, near_duplicates
from mlcap.model.location import shipped_taxonomy
from mlcap.records.types import FieldChoice
from mlcap.rounding import rounded
from mlcap.text import counted, one_line
from mlcap.types import LabelledCaption


@click.group("labels", cls=Group)
def command() -> None:
    """Check a folder of labels; count what it covers and lacks, and how far people agree."""


command.add_command(stats)
command.add_command(agreement)
command.add_command(curve)


@command.command("check")
@labels_option(default="labels")
@stores_option()
@fields_options
@click.option("--doubts", is_flag=True, help="Also list labels that cross-validation contradicts; takes minutes.")
@show_option(20, "How many of each to print.")
@folds_option("Folds, for --doubts.")
@jobs_option("Processes, for --doubts [default: one a core].")
@json_option
def check(
    labels: str,
    stores: tuple[str, ...],
    choice: FieldChoice,
    doubts: bool,
    show: int,
    folds: int,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Check schema, values, ids, annotations, digests and the held-out split.

    Every fault is listed, not only the first; with faults the exit code is 3. Digests are
    checked where stores hold the texts. Doubts and notes are no faults.
    """
    folder = Path(labels)
    found = check_labels(folder, [Path(s) for s in stores], shipped_taxonomy(), choice)
    doubted: list[dict[str, Any]] | None = None
    if doubts and found.errors:
        say("doubts are sought when the faults are mended")
    elif doubts:
        doubted = _doubts(labels_of(folder, stores, choice=choice), folds, jobs)
    if as_json:
        data = {"captions": found.captions, "library": found.library, "findings": [asdict(f) for f in found.findings]}
        echo_json({**data, "doubts": doubted})
    else:
        echo("\n".join(check_lines(found, doubted, show)))
    return SOME_FAILED if found.errors else OK


def check_lines(found: Checked, doubted: Sequence[dict[str, Any]] | None, show: int) -> list[str]:
    """What a check found, errors first."""
    lines = [f"{counted(found.captions, 'caption')} with text, {counted(found.library, 'library label')}"]
    for kind in (ERROR, "note"):
        rows = [f for f in found.findings if f.kind == kind]
        lines.append(counted(len(rows), kind))
        lines += [f"  {one_line(f'{f.where}: {f.message}')}" for f in rows[:show]]
        if len(rows) > show:
            lines.append(f"  and {len(rows) - show} more")
    if doubted is not None:
        lines.append(f"{len(doubted)} labels doubted out of fold, surest first")
        for row in doubted[:show]:
            what = f"{row['labelled'] or 'not labelled'} -> {row['predicted'] or 'not given'}"
            lines.append(f"  {row['probability']:.2f}  {one_line(row['id'])}  {row['facet']}: {what}")
            lines.append("        " + one_line(row["text"])[: WIDTH - 8])
    return lines


def _doubts(found: Labels, folds: int, jobs: int | None) -> list[dict[str, Any]]:
    from mlcap.features.extract import extract
    from mlcap.taxonomy import extra_words
    from mlcap.training.doubts import doubts
    from mlcap.training.parameters import TrainingParameters

    captions = sorted(found.captions, key=lambda c: (c.source, c.id))
    words = extra_words(found.facets)
    features = [extract(c.text, words, c.catalogue) for c in watched(captions, len(captions), "captions read")]
    with steps(folds, "fold") as advance:
        rows = doubts(
            found.facets,
            captions,
            features,
            TrainingParameters(folds=folds),
            jobs or os.cpu_count() or 1,
            _named(advance),
        )
    return [{**d.as_data(), "id": captions[d.index].id, "text": captions[d.index].text} for d in rows]


def _named(advance: Callable[[str], object]) -> Callable[[], object]:
    return lambda: advance("folds")


@command.command("duplicates")
@labels_option(default="labels")
@stores_option()
@fields_options
@click.option(
    "--similarity",
    type=Number(0.05, 1),
    metavar="SHARE",
    default=SIMILARITY,
    show_default=True,
    help="Least share of word 4-grams in common.",
)
@json_option
def duplicates(labels: str, stores: tuple[str, ...], choice: FieldChoice, similarity: float, as_json: bool) -> int:
    """List captions that nearly repeat each other, within each kind of caption and across.

    Similarity is the Jaccard index of sequences of four words (4-grams). Whether the labels and the missions
    of the two differ is said: near-duplicates of different labels are worth reading again.
    """
    captions = _texts(Path(labels), stores, choice)
    rows = [
        _pair(captions[a], captions[b], index)
        for a, b, index in near_duplicates([c.text for c in captions], similarity)
    ]
    rows.sort(key=lambda r: (-r["similarity"], r["ids"]))
    if as_json:
        echo_json({"captions": len(captions), "pairs": rows})
        return OK
    echo(f"{len(rows)} pairs among {len(captions)} captions share {similarity:.0%} of their word 4-grams or more")
    for row in rows:
        same = [] if row["same_labels"] else ["labels differ"]
        same += [] if row["same_mission"] else ["missions differ"]
        kinds = " and ".join(dict.fromkeys(row["sources"]))
        first, second = map(one_line, row["ids"])
        echo(f"{row['similarity']:.2f}  {first}  {second}  ({', '.join([kinds, *same])})")
    return OK


def _texts(folder: Path, stores: Sequence[str], choice: FieldChoice) -> list[LabelledCaption]:
    """The captions with the missions that their labels name, before near-duplicates are joined."""
    found = labels_of(folder, stores, join=False, choice=choice)
    say_lacking(found, "")
    return list(found.captions)


def _pair(a: LabelledCaption, b: LabelledCaption, similarity: float) -> dict[str, Any]:
    return {
        "similarity": rounded(similarity),
        "ids": [a.id, b.id],
        "sources": [a.source, b.source],
        "same_labels": a.labels == b.labels,
        "same_mission": a.mission == b.mission,
    }
