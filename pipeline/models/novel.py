"""Groups that a night brings and the baseline does not know.

What belongs here: grouping what lies outside every cluster of the baseline. What does not: deciding what lies outside.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from pipeline.models.base import NOISE
from pipeline.models.clusters import canonical_order
from pipeline.models.patterns import FloatArray, IntArray
from pipeline.models.weighted import cluster_masses, weighted_means

MAX_PATTERNS = 4_000
CHUNK = 500


def group_novel(
    points: FloatArray,
    weight: FloatArray | IntArray,
    distance: FloatArray,
    *,
    alpha: float = 0.5,
    min_samples: int = 5,
    max_patterns: int = MAX_PATTERNS,
) -> IntArray:
    """Groups, the heaviest first from 0, among points that lie outside every cluster of the baseline; shape (n,).

    Two points belong together if they are nearer to each other than `alpha` times the distance of either to the
    baseline: a measure without a scale of its own. Groups are what such pairs connect (single linkage). Beyond
    `max_patterns` points, those with the largest weight times distance stand for the ones that they belong together
    with. Groups of too few rows have -1.

    Args:
        points: shape (n, d).
        weight: rows on each, shape (n,).
        distance: of each to the nearest cluster of the baseline, in scaled units, shape (n,).
        alpha: from 0 to 1.
        min_samples: rows that make a group.
        max_patterns: bounds time and memory.
    """
    found = np.full(len(points), NOISE)
    if len(points):
        order = np.lexsort((*points.T[::-1], -weight * distance))
        label = _grouped(points[order], alpha * distance[order], max_patterns)
        found[order] = _numbered(points[order], weight[order], label, min_samples)
    return found


def _grouped(points: FloatArray, reach: FloatArray, max_patterns: int) -> IntArray:
    """The group of each point, in no order; the points come with the most important ones first."""
    if len(points) <= max_patterns:
        return _connected(points, reach)
    leader = _leaders(points, reach, max_patterns)
    leaders, place = np.unique(leader, return_inverse=True)
    label = np.arange(len(leaders))
    linked = leaders[:max_patterns]
    label[: len(linked)] = _connected(points[linked], reach[linked])
    return label[place]


def _leaders(points: FloatArray, reach: FloatArray, max_leaders: int) -> IntArray:
    """For each point the one that stands for it.

    The first point stands for all that belong together with it, the first of the rest again, up to `max_leaders` times.
    Those left over stand for themselves.
    """
    leader = np.arange(len(points))
    free = np.arange(len(points))
    for _ in range(max_leaders):
        if not len(free):
            break
        first = free[0]
        near = cdist(points[first][None, :], points[free])[0] < np.minimum(reach[first], reach[free])
        near[0] = True
        leader[free[near]] = first
        free = free[~near]
    return leader


def _connected(points: FloatArray, reach: FloatArray) -> IntArray:
    """Connected components of the points that are nearer to each other than either's reach.

    Pairs are taken in chunks that join the components found so far, so that they are never all in memory.
    """
    label = np.arange(len(points))
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        row, column = np.nonzero(cdist(points[part], points) < np.minimum.outer(reach[part], reach))
        ends = (label[part][row], label[column])
        graph = coo_array((np.ones(len(row), dtype=np.int8), ends), shape=(len(points), len(points)))
        label = connected_components(graph, directed=False)[1][label]
    return label.astype(np.int64)


def _numbered(points: FloatArray, weight: FloatArray | IntArray, label: IntArray, min_samples: int) -> IntArray:
    """Canonical numbers for the groups that hold enough rows, -1 for the rest."""
    group = np.unique(label, return_inverse=True)[1]
    mass = cluster_masses(weight, group, int(group.max()) + 1)
    order = canonical_order(mass, weighted_means(points, weight, group, len(mass)))
    order = order[mass[order] >= min_samples]
    number = np.full(len(mass), NOISE)
    number[order] = np.arange(len(order))
    return number[group]
