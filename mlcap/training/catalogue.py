"""Learning what a record adds to what its caption's text says.

The text is read first, as if there were no record. What the record adds is learned beside it: weights of the
catalogue's columns that correct the calibrated scores of the text, which every caption has from fits that never saw its
mission. So the tags of a caption without a record are those of the text alone, and a text is never read otherwise
because records were at hand in training. Fields are masked at random, so that none is leaned on alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from mlcap.evaluation.metrics import indicator
from mlcap.features.blocks import CATALOGUE
from mlcap.features.catalogue import field_of
from mlcap.model.layout import Layout
from mlcap.model.probability import link
from mlcap.training.parameters import TrainingParameters
from mlcap.types import Facet, FacetValue

#: How often a field is masked, and in how many ways each record is read.
MASKED, COPIES = 0.5, 2
_MOST_STEPS = 300


def catalogue_amounts(layout: Layout, amounts: sp.csr_matrix) -> sp.csr_matrix:
    """The catalogue's columns among all common ones: shape (captions, columns of the block)."""
    return amounts.tocsc()[:, layout.slices[CATALOGUE]].tocsr()


def mask_fields(layout: Layout, amounts: sp.csr_matrix, seed: int) -> sp.csr_matrix:
    """Take fields away from records at random.

    Args:
        amounts: shape (captions, columns of the catalogue).

    Returns:
        The same shape, some of what it holds gone.
    """
    fields = [field_of(name) for name in layout.vocabulary[CATALOGUE]]
    names = list(dict.fromkeys(fields))
    field = np.asarray([names.index(name) for name in fields], dtype=np.intp)
    rows = np.repeat(np.arange(amounts.shape[0]), np.diff(amounts.indptr))
    kept = np.random.default_rng(seed).random((amounts.shape[0], max(len(names), 1))) >= MASKED
    out = amounts.copy()
    out.data = out.data * kept[rows, field[amounts.indices]]
    out.eliminate_zeros()
    return out


def fit_catalogue(
    facet: Facet, amounts: sp.csr_matrix, calibrated: np.ndarray, gold: np.ndarray, C: float
) -> np.ndarray:
    """Learn the weights that correct the scores of the text: regularised regression with these as offsets.

    Args:
        amounts: shape (captions, columns of the catalogue).
        calibrated: calibrated scores of the text, shape (captions, values): the link makes probabilities of them.
        gold: bool, shape (captions, values).
        C: weight of the loss against half the squared length of the weights, as in scikit-learn.

    Returns:
        Shape (values, columns).
    """
    shape = (amounts.shape[1], calibrated.shape[1])
    back, target = amounts.T.tocsr(), gold.astype(np.float64)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        weights = w.reshape(shape)
        scores = calibrated + amounts @ weights
        p = np.clip(link(facet, scores), 1e-12, 1.0)
        nll = -(target * np.log(p)).sum()
        if facet.multiple:
            nll -= ((1 - target) * np.log(np.clip(1 - p, 1e-12, 1.0))).sum()
        return float(C * nll + 0.5 * (w @ w)), (C * (back @ (p - target)) + weights).ravel()

    if not amounts.nnz:
        return np.zeros(shape).T
    with threadpool_limits(1, user_api="blas"):
        found = minimize(
            loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}
        )
    return np.asarray(found.x.reshape(shape).T)


def learn_catalogue(
    facet: Facet,
    labels: Sequence[Mapping[str, FacetValue]],
    layout: Layout,
    amounts: sp.csr_matrix,
    calibrated: np.ndarray,
    rows: np.ndarray,
    parameters: TrainingParameters,
) -> np.ndarray:
    """Learn what records add for one facet.

    Args:
        labels: of all captions.
        layout: whose columns the amounts are.
        amounts: of all captions, shape (captions, columns of the catalogue).
        calibrated: scores of their texts by fits that did not see them, calibrated, shape (captions, values).
        rows: the captions to learn from; those without a record, or a label of the facet, are passed over.

    Returns:
        Shape (values, columns of the catalogue), in units of calibrated scores.
    """
    filled = np.diff(amounts.indptr) > 0
    picked = np.asarray([i for i in rows.tolist() if filled[i] and facet.name in labels[i]], dtype=np.intp)
    if not len(picked):
        return np.zeros((len(facet.values), amounts.shape[1]))
    gold = indicator(facet, [labels[i][facet.name] for i in picked])
    mine = amounts[picked]
    read = sp.vstack([mask_fields(layout, mine, parameters.seed + copy) for copy in range(COPIES)]).tocsr()
    return fit_catalogue(
        facet, read, np.tile(calibrated[picked], (COPIES, 1)), np.tile(gold, (COPIES, 1)), parameters.catalogue_C
    )


def corrected_out_of_fold(
    facet: Facet,
    labels: Sequence[Mapping[str, FacetValue]],
    layout: Layout,
    amounts: sp.csr_matrix,
    calibrated: np.ndarray,
    folds: np.ndarray,
    parameters: TrainingParameters,
) -> np.ndarray:
    """Calibrated scores of text and record together, each caption's by weights that never saw its fold.

    Args:
        folds: (captions,) the fold of each; other arguments as for `learn_catalogue`.

    Returns:
        Shape (captions, values).
    """
    out = calibrated.copy()
    for fold in np.unique(folds):
        weights = learn_catalogue(facet, labels, layout, amounts, calibrated, np.flatnonzero(folds != fold), parameters)
        held = np.flatnonzero(folds == fold)
        out[held] += amounts[held] @ weights.T
    return out
