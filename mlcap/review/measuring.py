"""Measuring what the next version would gain: in a process of its own, while people go on at the desk."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import TYPE_CHECKING

from mlcap.errors import DecisionError, DeskError, MlcapError
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
#: Held while a process starts: one whose starter ends meanwhile would tell that its orders were cut off.
_STARTING = Lock()
#: Seconds after which the end does not wait for a start any more.
_PATIENCE = 10.0
atexit.register(_STARTING.acquire, timeout=_PATIENCE)


def measure_gain(desk: Desk, tagger: Tagger) -> Gain:
    """Adapt the version at hand to the decisions, measure, and keep the outcome on the desk.

    The work is done in a process of its own, so that people go on at the desk meanwhile.

    Raises:
        DecisionError, TrainingError: the decisions are too few.
        DeskError: somebody measures already, or the process was killed.
    """
    _check_possible(desk)
    if not _MEASURING.acquire(blocking=False):
        raise DeskError("what the next version would gain is being measured; look again in a while")
    try:
        whole, unaccepted = _apart(tagger.artifact, tagger.version, _labels(desk))
    finally:
        _MEASURING.release()
    gain = Gain(desk.store.version(tagger.version), now(), whole, unaccepted)
    keep_gain(desk.store, gain)
    return gain


class Measuring:
    """Measures while nobody waits for it: begun by one request, and looked for by later ones.

    Args:
        desk: the desk.
        tagger: gives the version to adapt.

    Attributes:
        fault: why the latest came to nothing, "" where it did not.
    """

    def __init__(self, desk: Desk, tagger: Callable[[], Tagger]) -> None:
        self._desk, self._tagger = desk, tagger
        self._thread: Thread | None = None
        self.fault = ""

    @property
    def running(self) -> bool:
        """Whether it is being measured."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self) -> None:
        """Begin, where it is not being measured already.

        Raises:
            DecisionError: the decisions are too few.
        """
        _check_possible(self._desk)
        if not self.running:
            self.fault = ""
            # What stops the desk does not wait for it.
            self._thread = Thread(target=self._measure, name="gain", daemon=True)
            self._thread.start()

    def _measure(self) -> None:
        try:
            measure_gain(self._desk, self._tagger())
        except MlcapError as error:
            self.fault = str(error)
        except Exception as error:
            self.fault = f"internal error ({type(error).__name__}); please report it"
            raise


def _check_possible(desk: Desk) -> None:
    known = gain_status(desk.store)
    if not known.possible:
        raise DecisionError(
            f"{counted(known.lacking, 'more decision')}, of {counted(known.lacking_groups, 'more mission', 'more missions')} or series, needed to measure a gain"
        )


_Changes = tuple[Change, Change | None]


def _apart(artifact: Artifact, version: str, labels: Labels) -> _Changes:
    """Measure in a fresh process, no copy of this one, whose threads hold locks; it ends with this one."""
    fresh = get_context("spawn")
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_tell, args=(theirs, artifact, version, labels), daemon=True)
    with _STARTING, interrupts_held():
        process.start()
    theirs.close()
    try:
        found: _Changes | MlcapError = ours.recv()
    except EOFError as error:
        raise DeskError("the process that measures was killed; the memory may be too small") from error
    finally:
        ours.close()
        process.join()
    if isinstance(found, MlcapError):
        raise found
    return found


def _tell(to: Connection, artifact: Artifact, version: str, labels: Labels) -> None:
    """What the process does: measure, and send the outcome or why there is none."""
    _begin()
    try:
        to.send(_measure(artifact, version, labels))
    except MlcapError as error:
        to.send(error)


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


def _measure(artifact: Artifact, version: str, labels: Labels) -> _Changes:
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
