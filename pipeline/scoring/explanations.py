"""Why a pattern got its score: how much each feature adds to its distance from what is usual, and in words.

The distance that a score rests on is measured to the nearest large cluster. What belongs here: splitting that distance
among features, and naming the largest parts. What does not: how features are called (phrases).
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.models.base import Assignment, FittedModel
from pipeline.models.nearest import nearest
from pipeline.models.patterns import FloatArray
from pipeline.models.shares import column_shares
from pipeline.models.stored import Model
from pipeline.scoring.phrases import deviation, shown, usually

TOP = 3
DIGITS = 9


def contributions(model: FittedModel, points: FloatArray, assigned: Assignment) -> FloatArray:
    """Parts of the distance to the nearest large cluster that each explained column brings, shape (n, columns).

    Their absolute values add up to it: each column has the share of its squared offset from the nearest
    large cluster, the axes of one categorical column together. The sign says whether the value lies above (positive) or
    below what the cluster has; for categories it is positive.

    Args:
        model: what the distance was measured by.
        points: encoded rows, shape (n, d).
        assigned: where the model finds them.
    """
    offsets = points - _references(model, points, assigned)
    axes = [(dimension.column, dimension.category is None) for dimension in model.encoder.dimensions]
    return column_shares(np.square(offsets), offsets, axes, model.explained_columns) * assigned.large_distance[:, None]


def explanation_columns(model: Model, patterns: pd.DataFrame, parts: FloatArray) -> dict[str, pa.Array]:
    """The strongest contributions of each pattern as columns of a score table: names, values, usual, and in words.

    Args:
        model: what scored the patterns; it knows what was usual in its baseline.
        patterns: the feature columns, n rows.
        parts: see `contributions`.
    """
    names = model.explained_columns
    order = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :TOP]
    strength = np.take_along_axis(parts, order, axis=1).round(DIGITS)
    values = np.empty(order.shape, dtype=object)
    sentences = np.full(order.shape, None, dtype=object)
    usual = np.array([usually(name, model.usual.get(name)) for name in names], dtype=object)
    for place, name in enumerate(names):
        at = order == place
        rows = np.nonzero(at)[0]
        codes, distinct = pd.factorize(patterns[name].iloc[rows], use_na_sentinel=False)
        values[at] = np.array([shown(name, value) for value in distinct], dtype=object)[codes]
        told = [deviation(name, value, model.usual.get(name)) for value in distinct]
        sentences[at] = np.array(told, dtype=object)[codes]
    kept = strength != 0
    sentences[~kept] = None
    return {
        "top_features": _lists(np.array(names, dtype=object)[order], kept),
        "top_values": _lists(values, kept),
        "usual_values": _lists(usual[order], kept),
        "contributions": _lists(strength, kept),
        "explanation": pa.array(["; ".join(filter(None, told)) for told in sentences]),
    }


def _references(model: FittedModel, points: FloatArray, assigned: Assignment) -> FloatArray:
    """The centre or core point of a large cluster that each point is nearest to, shape (n, d)."""
    clusters = model.clusters
    if assigned.reference is None:
        large = clusters.centers[clusters.is_large]
        return large[nearest(large, points)[1]]
    return clusters.references[assigned.reference]


def _lists(values: np.ndarray, kept: np.ndarray) -> pa.Array:
    """Rows of a matrix as lists, without the cells that are not kept."""
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(values[kept]))
