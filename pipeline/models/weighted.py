"""Statistics of patterns that count for many rows: each equals the plain statistic on the rows themselves.

What belongs here: pure functions of values and weights. What does not: anything that knows models or columns.
"""

import numpy as np
from numpy.typing import ArrayLike

from pipeline.models.patterns import FloatArray, IntArray

ROUNDING = 1e-12


def weighted_quantiles(values: FloatArray, weight: ArrayLike, ranks: ArrayLike) -> FloatArray:
    """The smallest value that at least the given share of rows does not exceed, for each rank from 0 to 1."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.asarray(weight, dtype=np.float64)[order])
    wanted = np.asarray(ranks, dtype=np.float64) * reached[-1] * (1 - ROUNDING)
    return values[order][np.minimum(np.searchsorted(reached, wanted), len(values) - 1)]


def cluster_masses(weight: ArrayLike, labels: IntArray, n_clusters: int) -> FloatArray:
    """Rows of each cluster, shape (n_clusters,); rows labelled -1 do not count."""
    member = labels >= 0
    rows = np.asarray(weight, dtype=np.float64)[member]
    return np.bincount(labels[member], weights=rows, minlength=n_clusters).astype(np.float64)


def weighted_means(points: FloatArray, weight: FloatArray | IntArray, labels: IntArray, n_clusters: int) -> FloatArray:
    """Mean point of each cluster, shape (n_clusters, d), 0 for one without rows; rows labelled -1 do not count."""
    mass = cluster_masses(weight, labels, n_clusters)[:, None]
    sums = [cluster_masses(weight * axis, labels, n_clusters) for axis in points.T]
    total = np.reshape(sums, (points.shape[1], n_clusters)).T
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)


def weighted_silhouette(distances: FloatArray, labels: IntArray, weight: FloatArray) -> float | None:
    """Mean silhouette of the rows, or None with fewer than two clusters.

    Rousseeuw, 1987; a row that is alone in its cluster counts 0. Memory is n x n for the distances that are given.

    Args:
        distances: between all patterns, shape (n, n).
        labels: cluster of each pattern, from 0.
        weight: rows that each pattern stands for.
    """
    clusters, own = np.unique(labels, return_inverse=True)
    if len(clusters) < 2:
        return None
    membership = np.zeros((len(labels), len(clusters)))
    rows = np.arange(len(labels))
    membership[rows, own] = weight
    sums, sizes = distances @ membership, membership.sum(axis=0)
    inner = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    outer = sums / sizes
    outer[rows, own] = np.inf
    nearest = outer.min(axis=1)
    scale = np.maximum(inner, nearest)
    value = np.divide(nearest - inner, scale, out=np.zeros_like(scale), where=(scale > 0) & (sizes[own] > 1))
    return float((value * weight).sum() / weight.sum())


def adjusted_rand(first: IntArray, second: IntArray, weight: FloatArray | IntArray) -> float:
    """How far two labellings of rows agree, 0 by chance and 1 if they part the rows alike.

    The adjusted Rand index (Hubert and Arabie, 1985) of the rows themselves, each pattern counted by its weight.

    Args:
        first: labels, shape (n,).
        second: other labels of the same patterns, shape (n,).
        weight: rows that each pattern stands for, shape (n,).
    """
    rows, columns = (np.unique(labels, return_inverse=True)[1] for labels in (first, second))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), weight)
    both, one, other, total = (
        float((counts * (counts - 1)).sum() / 2)
        for counts in (table, table.sum(axis=1), table.sum(axis=0), table.sum()[None])
    )
    chance, most = one * other / total if total else 0.0, (one + other) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)
