"""Learning where pictures come from, by their captions' text: whether a text fits the image id of its record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from mlcap.model.layout import Layout
from mlcap.model.origin import BLOCKS, ORIGIN
from mlcap.model.scorer import FacetWeights
from mlcap.training.classifiers import NEVER

#: An origin of fewer captions is not learned.
FEWEST = 20
#: Inverse of the regularisation.
_C = 0.3
_MOST_STEPS = 500


def fit_origin(layout: Layout, amounts: sp.csr_matrix, origins: Sequence[str]) -> FacetWeights | None:
    """Learn the weights of a multinomial logistic regression over the flags of the text.

    Args:
        layout: whose columns the amounts are.
        amounts: shape (captions, common columns).
        origins: of each caption, by its record's image id; "" where that does not say.

    Returns:
        None where fewer than two origins have `FEWEST` captions.
    """
    counts = Counter(origins)
    enough = [name for name in ORIGIN.names if counts[name] >= FEWEST]
    if len(enough) < 2:
        return None
    picked = np.asarray([i for i, name in enumerate(origins) if name in enough], dtype=np.intp)
    columns = np.concatenate([np.arange(layout.slices[b].start, layout.slices[b].stop) for b in BLOCKS])
    model = LogisticRegression(C=_C, max_iter=_MOST_STEPS)
    model.fit(amounts[picked][:, columns], [origins[i] for i in picked.tolist()])
    places = [ORIGIN.names.index(name) for name in model.classes_]
    coef, intercept = model.coef_, model.intercept_
    if len(places) == 2:
        coef, intercept = np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    common = np.zeros((len(ORIGIN.values), layout.common))
    for place, weights in zip(places, coef, strict=True):
        common[place, columns] = weights
    offsets = np.full(len(ORIGIN.values), NEVER)
    offsets[places] = intercept
    ones, zeros = np.ones(len(ORIGIN.values)), np.zeros(len(ORIGIN.values))
    return FacetWeights(ORIGIN, common, np.zeros((len(ORIGIN.values), 0)), offsets, ones, zeros, zeros)
