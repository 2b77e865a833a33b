"""Which share of a squared distance each feature column brings, where a column may have several axes."""

from collections.abc import Sequence

import numpy as np

from pipeline.models.patterns import FloatArray

AxisRole = tuple[str, bool]  # the column that it belongs to, and whether it shows the column's number


def shares(squared: FloatArray) -> FloatArray:
    """Rows scaled to add up to 1; rows of zeros stay."""
    total = squared.sum(axis=1, keepdims=True)
    return np.divide(squared, total, out=np.zeros_like(squared), where=total > 0)


def column_shares(
    squared: FloatArray, offsets: FloatArray, axes: Sequence[AxisRole], columns: Sequence[str]
) -> FloatArray:
    """Signed shares of the columns, shape (n, columns); their absolute values add up to 1, or to 0 without distance.

    Args:
        squared: what each axis brings, shape (n, axes).
        offsets: from what is usual, shape (n, axes): negative ones of a number make its column's share negative.
        axes: what each axis is.
        columns: names, in the order of the result.
    """
    added, signs = np.zeros((len(squared), len(columns))), np.ones((len(squared), len(columns)))
    for axis, (column, is_number) in enumerate(axes):
        place = columns.index(column)
        added[:, place] += squared[:, axis]
        if is_number:
            signs[:, place] = np.where(offsets[:, axis] < 0, -1.0, 1.0)
    return shares(added) * signs
