"""Changes of a version's weights by new captions: as small as their labels allow.

What is minimised is half the squared length of the changes and C times the logistic loss of the calibrated scores, the
old scores given: the old weights are the centre of the prior instead of 0 (Chelba & Acero, "Adaptation of maximum entropy
capitalizer", 2004). Intercepts stay, since they hold how frequent a value is in the archive and not at one desk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from mlcap.logistic import sigmoid, softmax

_MOST_STEPS = 300


@dataclass(frozen=True)
class Change:
    """Changes of weights: `common` (values, columns), `mentions` (values, mention columns)."""

    common: np.ndarray
    mentions: np.ndarray


def change_single(
    amounts: sp.csr_matrix, scores: np.ndarray, slope: np.ndarray, gold: np.ndarray, C: float
) -> np.ndarray:
    """Change the weights of a single-valued facet: shape (values, columns).

    Args:
        amounts: (captions, columns), weighed.
        scores: (captions, values), by the old weights.
        slope: (values,) of the calibration.
        gold: (captions,) place of the right value.
        C: weight of the loss.
    """
    filled = np.unique(amounts.indices)
    x = sp.csr_matrix(amounts[:, filled])
    back = sp.csr_matrix(x.T)
    values, rows = scores.shape[1], np.arange(len(gold))

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        change = w.reshape(len(filled), values)
        p = softmax(slope * (scores + x @ change))
        loss = -float(np.log(np.maximum(p[rows, gold], 1e-12)).sum())
        p[rows, gold] -= 1
        return 0.5 * float(w @ w) + C * loss, w + C * np.asarray(back @ (p * slope)).ravel()

    out = np.zeros((values, amounts.shape[1]))
    out[:, filled] = _smallest(objective, len(filled) * values).reshape(len(filled), values).T
    return out


def change_multiple(
    amounts: sp.csr_matrix,
    mentions: list[sp.csr_matrix],
    scores: np.ndarray,
    slope: np.ndarray,
    offset: np.ndarray,
    gold: np.ndarray,
    C: float,
    shared: float,
    own: float,
) -> Change:
    """Change the weights of a multi-valued facet, whose mention columns are weighted twice (`mlcap.training.classifiers`).

    Args:
        amounts: (captions, columns), weighed.
        mentions: for every value (captions, mention columns).
        scores: (captions, values), by the old weights.
        slope, offset: (values,) of the calibration.
        gold: (captions, values) bool.
        C: weight of the loss.
        shared, own: how strongly shared and own mention weights may speak.
    """
    filled = np.unique(amounts.indices)
    x = sp.csr_matrix(amounts[:, filled])
    back, values, width = sp.csr_matrix(x.T), scores.shape[1], mentions[0].shape[1]
    ends = np.cumsum([len(filled) * values, width, width * values])
    signs = np.where(gold, 1.0, -1.0)

    def parted(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        common, together, alone = np.split(w, ends[:-1])
        return common.reshape(len(filled), values), together * shared + alone.reshape(values, width) * own

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        common, by_value = parted(w)
        changed = scores + x @ common
        for place, matrix in enumerate(mentions):
            changed[:, place] += matrix @ by_value[place]
        margins = signs * (slope * changed + offset)
        of_scores = -C * signs * sigmoid(-margins) * slope
        to_mentions = np.stack([m.T @ of_scores[:, place] for place, m in enumerate(mentions)])
        gradient = np.concatenate(
            [np.asarray(back @ of_scores).ravel(), to_mentions.sum(axis=0) * shared, to_mentions.ravel() * own]
        )
        return 0.5 * float(w @ w) + C * float(np.logaddexp(0, -margins).sum()), w + gradient

    common, by_value = parted(_smallest(objective, int(ends[-1])))
    out = np.zeros((values, amounts.shape[1]))
    out[:, filled] = common.T
    return Change(out, by_value)


def _smallest(objective: object, size: int) -> np.ndarray:
    """The weights at which a convex objective is smallest (L-BFGS)."""
    with threadpool_limits(1, user_api="blas"):
        found = minimize(objective, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS})
    return np.asarray(found.x)
