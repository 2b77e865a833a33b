"""Measuring and ordering what an algorithm found: masses, spreads, large clusters, canonical order.

The same for every algorithm; what is particular to one belongs to its own module.
"""

import numpy as np

from pipeline.models.base import Algorithm, Clusters, Shape
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.sampling import Baseline
from pipeline.models.weighted import cluster_masses, weighted_means, weighted_quantiles

LARGE_MASS = 0.9
SIZE_DROP = 5.0
SPREAD_RANK = 0.99


def measure(algorithm: Algorithm, shape: Shape, baseline: Baseline, *, nearest_counts: bool = False) -> Clusters:
    """The clusters as the baseline fills them, in canonical order; those that no row belongs to are dropped.

    With `nearest_counts` every cluster counts as large, as in the published recipes, which know no small ones.
    """
    draft = _draft(shape, baseline.points.shape[1])
    label = algorithm.assign(draft, shape.parameters, baseline.points).cluster
    rows = cluster_masses(baseline.represents, label, len(draft.centers))
    centers = shape.centers
    if centers is None:
        centers = weighted_means(baseline.points, baseline.represents, label, len(rows))
    order = canonical_order(rows, centers)[: np.count_nonzero(rows)]
    label = _renumbered(label, order, len(rows))
    core_clusters = _renumbered(shape.core_clusters, order, len(rows))
    core_order = np.lexsort((*shape.core_points.T[::-1], core_clusters))
    return Clusters(
        centers=centers[order],
        masses=rows[order] / baseline.represents.sum(),
        spreads=spreads(baseline.points, baseline.represents, label, centers[order]),
        is_large=large_clusters(rows[order]) | nearest_counts,
        stable_ids=np.arange(len(order)),
        core_points=shape.core_points[core_order],
        core_clusters=core_clusters[core_order],
        core_masses=_masses_at(shape.core_points[core_order], baseline),
        gaussians=shape.gaussians and shape.gaussians.take(order),
    )


def canonical_order(mass: FloatArray, centers: FloatArray) -> IntArray:
    """Clusters by mass, the largest first; ties by centre, axis after axis."""
    return np.lexsort((*centers.T[::-1], -mass))


def large_clusters(mass: FloatArray) -> BoolArray:
    """Which of the clusters, given the largest first, are large: CBLOF's rule (He, Xu and Deng, 2003).

    The largest ones until they hold 90 % of the clustered mass, or until the next one is five times smaller; such a
    drop counts once most of the mass lies before it. At least one cluster is large.
    """
    share = np.cumsum(mass) / mass.sum()
    drop = np.append(mass[:-1] >= SIZE_DROP * mass[1:], True)
    last = int(np.argmax((share >= LARGE_MASS) | (drop & (share > 0.5))))
    return np.arange(len(mass)) <= last


def spreads(points: FloatArray, weight: FloatArray, label: IntArray, centers: FloatArray) -> FloatArray:
    """Distance from each centre within which 99 % of its rows lie, shape (k,)."""
    distance = np.linalg.norm(points - centers[label], axis=1)
    return np.array(
        [
            weighted_quantiles(distance[label == cluster], weight[label == cluster], [SPREAD_RANK])[0]
            for cluster in range(len(centers))
        ]
    )


def _draft(shape: Shape, n_axes: int) -> Clusters:
    """The clusters before anything is known of them."""
    n_clusters = int(shape.core_clusters.max()) + 1 if shape.centers is None else len(shape.centers)
    return Clusters(
        centers=np.zeros((n_clusters, n_axes)) if shape.centers is None else shape.centers,
        masses=np.zeros(n_clusters),
        spreads=np.full(n_clusters, np.inf),
        is_large=np.ones(n_clusters, dtype=bool),
        stable_ids=np.arange(n_clusters),
        core_points=shape.core_points,
        core_clusters=shape.core_clusters,
        core_masses=np.zeros(len(shape.core_points)),
        gaussians=shape.gaussians,
    )


def _renumbered(label: IntArray, order: IntArray, n_clusters: int) -> IntArray:
    """Labels after the clusters were brought into `order`; -1 stays, and clusters left out become -1."""
    number = np.full(n_clusters + 1, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    return number[label]


def _masses_at(core_points: FloatArray, baseline: Baseline) -> FloatArray:
    """Share of the rows that each core point stands for; core points are points of the baseline."""
    if not len(core_points):
        return np.empty(0)
    rows = {point.tobytes(): row for point, row in zip(baseline.points, baseline.represents, strict=True)}
    return np.array([rows[point.tobytes()] for point in core_points]) / baseline.represents.sum()
