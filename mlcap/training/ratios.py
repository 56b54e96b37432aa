"""How unevenly values have the columns: log-count ratios, by which a linear classifier learns faster from telling columns.

After Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic classification" (2012), where the ratios
of naive Bayes weigh the columns of a support vector machine; here they are mixed with no weighing at all.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

#: Added to every count, so that a column that few captions fill weighs not without bounds.
SMOOTHING = 1.0


def column_weights(X: sp.csr_matrix, target: np.ndarray, share: float) -> np.ndarray:
    """Weigh every column by how much more, or less, often captions of a value fill it than others do.

    Args:
        X: amounts, shape (captions, columns).
        target: bool, shape (captions, values).
        share: of the ratios in the weights, from 0 (every weight is 1) to 1.

    Returns:
        Shape (values, columns), above 0 where share is below 1; of each value the mean is 1.
    """
    if not share:
        return np.ones((target.shape[1], X.shape[1]))
    filled = sp.csr_matrix((np.ones(X.nnz), X.indices, X.indptr), shape=X.shape)
    filled.data[X.data == 0] = 0.0
    having = filled.T @ target.astype(np.float64)
    others = np.asarray(filled.sum(axis=0)).reshape(-1, 1) - having
    counts = target.sum(axis=0)
    rates = (having + SMOOTHING) / (counts + 2 * SMOOTHING)
    other_rates = (others + SMOOTHING) / (len(target) - counts + 2 * SMOOTHING)
    ratios = np.abs(np.log(rates / other_rates))
    means = ratios.mean(axis=0, keepdims=True) if len(ratios) else np.ones((1, target.shape[1]))
    # Where no column tells anything, all weigh the same.
    means[means == 0] = 1.0
    return np.asarray(((1 - share) + share * ratios / means).T)
