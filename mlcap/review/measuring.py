"""Measuring what the next version would gain: in a process of its own, while people go on at the desk."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from mlcap.errors import DecisionError, DeskError
from mlcap.interrupts import end_with_parent, interrupts_held
from mlcap.labels.folder import Labels, read_labels
from mlcap.model.load import Artifact
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.review.exporting import export_to
from mlcap.review.gain import Change, Gain, gain_status, keep_gain
from mlcap.review.store import now
from mlcap.text import counted

if TYPE_CHECKING:
    from mlcap.training.beside import Beside

#: One measurement at a time.
_MEASURING = Lock()


def measure_gain(desk: Desk, tagger: Tagger) -> Gain:
    """Adapt the version at hand to the decisions, measure, and keep the outcome on the desk.

    The work is done in a process of its own, so that people go on at the desk meanwhile.

    Raises:
        DecisionError, TrainingError: the decisions are too few.
        DeskError: somebody measures already, or the process was killed.
    """
    known = gain_status(desk.store)
    if not known.possible:
        raise DecisionError(
            f"{counted(known.lacking, 'more decision')}, of {counted(known.lacking_groups, 'more mission', 'more missions')} or series, needed to measure a gain"
        )
    if not _MEASURING.acquire(blocking=False):
        raise DeskError("what the next version would gain is being measured; look again in a while")
    try:
        labels = _labels(desk)
        # A fresh process and no copy of this one, whose threads hold locks.
        with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
            with interrupts_held():
                running = pool.submit(_measure, tagger.artifact, tagger.version, labels)
            whole, unaccepted = running.result()
    except BrokenProcessPool as error:
        raise DeskError("the process that measures was killed; the memory may be too small") from error
    finally:
        _MEASURING.release()
    gain = Gain(tagger.version, now(), whole, unaccepted)
    keep_gain(desk.store, gain)
    return gain


def _labels(desk: Desk) -> Labels:
    """The decisions as `mlcap adapt` reads them."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "labels"
        export_to(desk, out, "labels")
        return read_labels(out)


def _begin() -> None:
    end_with_parent()
    if hasattr(os, "nice"):
        os.nice(5)  # Who decides meanwhile does not wait for it.


def _measure(artifact: Artifact, version: str, labels: Labels) -> tuple[Change, Change | None]:
    # Only the process that measures needs what trains.
    from mlcap.training.adapt import adapt
    from mlcap.training.adapting import AdaptParameters

    done = adapt(artifact, labels, AdaptParameters(version), "mlcap review status --gain")
    return change_of(done.whole), None if done.unaccepted is None else change_of(done.unaccepted)


def change_of(both: Beside) -> Change:
    """What a measurement says."""
    metrics = []
    for name, after in both.after.facets.items():
        metric = "accuracy" if after.confusion is not None else "micro_f1"
        a, b = getattr(both.before.facets[name], metric), getattr(after, metric)
        if a is not None and b is not None:
            metrics.append((name, metric, float(a), float(b)))
    found = both.comparison
    low, high = found.interval or (0.0, 0.0)
    return Change(found.captions, tuple(metrics), found.difference or 0.0, low, high)
