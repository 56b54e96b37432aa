"""What `mlcap evaluate --report` does beside printing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from mlcap.cli.errors import say
from mlcap.errors import InputError
from mlcap.evaluation.evaluate import Evaluation
from mlcap.model.tagging import Tagger
from mlcap.types import Facet, LabelledCaption, TaggedCaption


def prepare(report: str, labels: str | None, curve: str | None, facets: Sequence[Facet]) -> None:
    """Check what can be checked before anything long begins.

    Raises:
        InputError, ReportError, OSError: the folder, the curve or the extra `report` is not usable.
    """
    from mlcap.report.charts import check_installed
    from mlcap.report.html import template
    from mlcap.report.write import check_folder

    if labels is not None and not Path(labels).is_dir():
        raise InputError(f"{labels}: is no folder of labels; name the one that the version was trained from")
    check_installed()
    template("report.html.j2")
    check_folder(Path(report))
    if curve:
        from mlcap.evaluation.curve import read_curve

        read_curve(Path(curve), facets)


def desk_address(desk: Path) -> str:
    """The address at which a review desk was opened last.

    Raises:
        DeskError: it is no desk, or was not opened yet.
    """
    from mlcap.review.addresses import served_at
    from mlcap.review.desk import Desk

    with Desk.open(desk) as opened:
        return served_at(opened.store).address


def write(
    folder: str,
    gold: str,
    tagger: Tagger,
    captions: Sequence[LabelledCaption],
    tagged: Sequence[TaggedCaption],
    evaluation: Evaluation,
    training: Sequence[LabelledCaption] | None,
    curve: str | None,
    desk: str = "",
) -> None:
    """Compute and write the report, and say where it is.

    Args:
        training: the captions that the version was trained on, as far as they are at hand; None without a labels folder.
        desk: the address of a review desk, "" for none.
    """
    from mlcap.evaluation.curve import read_curve
    from mlcap.report.compute import Measured, make_report
    from mlcap.report.write import write_report

    report = make_report(
        tagger,
        Measured(gold, captions, tagged, evaluation),
        training,
        read_curve(Path(curve), tagger.facets) if curve else None,
        _progress,
        _out_of_fold(tagger, captions, training),
        desk=desk,
    )
    names = write_report(report, Path(folder))
    say(f"report: {Path(folder) / 'report.html'} and {len(names) - 1} files with its metrics and pictures")


def _progress(indices: Sequence[int]) -> Iterable[int]:
    bar: Iterable[int] = tqdm(indices, desc="explaining captions", unit="caption", disable=None, leave=False)
    return bar


def _out_of_fold(
    tagger: Tagger, captions: Sequence[LabelledCaption], training: Sequence[LabelledCaption] | None
) -> dict[int, TaggedCaption]:
    """Read gold captions that train the version out of fold; without any, nothing is trained."""
    from mlcap.labels.digest import text_digest

    digests = {text_digest(c.text) for c in training or ()}
    both = sum(text_digest(c.text) in digests for c in captions)
    if not both or not training:
        return {}
    from mlcap.report.out_of_fold import read_out_of_fold

    say(f"{both} of the captions train this version; to doubt their labels they are read out of fold")
    with tqdm(total=5, desc="folds", unit="fold", disable=None, leave=False) as bar:
        return read_out_of_fold(tagger, captions, training, os.cpu_count() or 1, bar.update)
