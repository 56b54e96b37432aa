"""Cross-validation grouped by mission: every caption is scored by a fit that never saw its mission."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from mlcap.errors import TrainingError
from mlcap.features.extract import CaptionFeatures
from mlcap.training.fit import fit_facets
from mlcap.training.settings import Settings
from mlcap.types import Facet, LabelledCaption


def group_folds(missions: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Assign captions to folds, whole missions at a time, folds about equally large.

    Returns:
        The fold of each caption, shape (captions,).

    Raises:
        TrainingError: there are fewer missions than folds.
    """
    names, counts = np.unique(np.asarray(missions), return_counts=True)
    if len(names) < folds:
        raise TrainingError(
            f"{len(names)} missions are left after joining captions that resemble each other and holding some out,"
            f" and {folds}-fold cross-validation needs {folds}; label captions of more missions or pass fewer --folds"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order], kind="stable")]
    loads = [0] * folds
    fold_of = {}
    for i in order:
        lightest = min(range(folds), key=lambda f: loads[f])
        fold_of[names[i]] = lightest
        loads[lightest] += int(counts[i])
    return np.asarray([fold_of[m] for m in missions])


#: The process that asked for folds; a worker whose parent is gone ends.
_WATCH_SECONDS = 1.0
_watching = False


def _end_with(parent: int) -> None:
    """In a worker process: end when the parent has been killed, so that no orphan is left behind."""
    global _watching  # noqa: PLW0603 - one watch a process is enough
    if _watching or os.getppid() != parent:
        return
    _watching = True

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _workers_ignore_interrupts() -> Iterator[None]:
    """Processes started meanwhile ignore Ctrl-C, which is for their parent to handle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _score_fold(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    inside: np.ndarray,
    settings: Settings,
    parent: int,
) -> tuple[list[int], list[np.ndarray], list[dict[str, np.ndarray]]]:
    _end_with(parent)
    train = [int(i) for i in np.flatnonzero(~inside)]
    test = [int(i) for i in np.flatnonzero(inside)]
    fitted = fit_facets(facets, [captions[i] for i in train], [features[i] for i in train], settings)
    held = [features[i] for i in test]
    blocks = [fitted.block_scores(facet, held) for facet in facets]
    return test, [fitted.scores(facet, held) for facet in facets], blocks


@dataclass(frozen=True)
class OutOfFold:
    """Scores of captions by fits that never saw their missions.

    Attributes:
        scores: for every facet an array of shape (captions, values), before calibration.
        blocks: for every facet what each block of features adds to them, block -> array of that shape.

    """

    scores: list[np.ndarray]
    blocks: list[dict[str, np.ndarray]]


def out_of_fold_scores(
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    features: Sequence[CaptionFeatures],
    settings: Settings,
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> OutOfFold:
    """Score every caption out of fold.

    Args:
        jobs: processes to use; the result does not depend on it.
        advance: called after each fold.

    Raises:
        TrainingError: too few missions, or a fold leaves a single-valued facet one value only.
    """
    folds = group_folds([c.mission for c in captions], settings.folds, settings.seed)
    out = OutOfFold([np.zeros((len(captions), len(f.values))) for f in facets], [{} for _ in facets])
    tasks = (
        delayed(_score_fold)(facets, captions, features, folds == k, settings, os.getpid())
        for k in range(settings.folds)
    )
    with _workers_ignore_interrupts():
        parts = Parallel(n_jobs=min(jobs, settings.folds), return_as="generator")(tasks)
    for test, scores, blocks in parts:
        for place, part in enumerate(scores):
            out.scores[place][test] = part
            for name, added in blocks[place].items():
                out.blocks[place].setdefault(name, np.zeros_like(out.scores[place]))[test] = added
        advance()
    return out
