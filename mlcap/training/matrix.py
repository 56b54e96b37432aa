"""The matrix that passes from the vectoriser to a classifier."""

from __future__ import annotations

import scipy.sparse as sp


class CaptionMatrix(sp.csr_matrix):
    """Amounts of features by caption: a sparse matrix that knows where its common columns end.

    Attributes:
        common: how many common columns it has; the mention columns of each value follow. None where it was cut from
            another, so that nobody takes mention columns for common ones.

    Example:
        >>> features = mlcap.CaptionReader().fit_transform(["Pilot Jan Roe waves.", "Divers wave."])
        >>> matrix = mlcap.CaptionVectorizer(values=("pilot", "commander")).fit_transform(features)
        >>> (matrix.shape[1] - matrix.common) % 2, matrix[:1].common
        (0, None)
    """

    common: int | None = None


def common_columns(X: CaptionMatrix, values: int) -> int:
    """How many columns of a matrix are common ones; the rest are as many mention columns for each value.

    Raises:
        ValueError: the matrix was cut from another, or has columns of another number of values.
    """
    if X.common is None:
        raise ValueError("the matrix was cut from another one; cut the captions and lay them out anew")
    if (X.shape[1] - X.common) % max(values, 1):
        raise ValueError(
            f"the matrix has no mention columns for {values} values; give vectoriser and classifier the same"
        )
    return X.common
