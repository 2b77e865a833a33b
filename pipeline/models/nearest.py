"""Distances from points to the nearest of the points that stand for clusters.

Pairs or a tree rather than matrix products: distances come from differences, so that the same point always has the same
distance whatever else is scored with it, and a point on a core point has distance 0.
"""

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from pipeline.models.patterns import BoolArray, FloatArray, IntArray

# a tree is slower than to compare all of so few references
FEW = 16


def nearest(references: FloatArray, points: FloatArray, alone: BoolArray | None = None) -> tuple[FloatArray, IntArray]:
    """Distance to, and position of, the nearest reference of each point.

    Args:
        references: distinct points, shape (m, d) with m >= 1.
        points: shape (n, d).
        alone: points that pass over a reference at distance 0, if there is another; shape (n,).
    """
    if len(references) <= FEW:
        return nearest_of_few(references, points, alone)
    tree = KDTree(references)
    distance, position = tree.query(points)
    if alone is not None:
        own = np.flatnonzero(alone & (distance == 0))
        two_distances, two_positions = tree.query(points[own], k=2)
        distance[own], position[own] = two_distances[:, 1], two_positions[:, 1]
    return distance, position.astype(np.int64)


def nearest_of_few(
    references: FloatArray, points: FloatArray, alone: BoolArray | None = None
) -> tuple[FloatArray, IntArray]:
    """What `nearest` gives, from all pairs, which are in memory at once."""
    distance = cdist(points, references)
    if alone is not None and len(references) > 1:
        distance[alone[:, None] & (distance == 0)] = np.inf
    position = distance.argmin(axis=1)
    return distance[np.arange(len(points)), position], position


def nearest_cluster(
    references: FloatArray,
    owners: IntArray,
    is_large: BoolArray,
    points: FloatArray,
    alone: BoolArray | None = None,
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """Nearest cluster, the distance to it, that to the nearest large cluster, and the position of its reference.

    Args:
        references: what distances are measured to, shape (m, d).
        owners: cluster of each reference, shape (m,).
        is_large: by cluster, shape (k,).
        points: shape (n, d).
        alone: see `nearest`.
    """
    distance, position = nearest(references, points, alone)
    cluster = owners[position]
    large_distance, large_position = distance.copy(), position.copy()
    rest = np.flatnonzero(~is_large[cluster])
    if len(rest):
        large = np.flatnonzero(is_large[owners])
        found = nearest(references[large], points[rest], None if alone is None else alone[rest])
        large_distance[rest], large_position[rest] = found[0], large[found[1]]
    return cluster, distance, large_distance, large_position
