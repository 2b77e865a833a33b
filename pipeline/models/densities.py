"""Densities of points among Gaussian components, and what follows from them: component, rank, distance.

A point has the same density to the last bit whatever else is scored with it, as in `nearest`. How components are found
belongs to `gaussian_mixture`.
"""

from functools import reduce

import numpy as np

from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.weighted import weighted_quantiles

LEVEL_RANKS = np.linspace(0, 1, 101)


def deviations(centers: FloatArray, factors: FloatArray, points: FloatArray) -> FloatArray:
    """Distance of each point from each centre in standard deviations (Mahalanobis, 1936), shape (k, n).

    Args:
        centers: shape (k, d).
        factors: see `Gaussians`.
        points: shape (n, d).
    """
    squared = np.zeros((len(centers), len(points)))
    for component, (center, factor) in enumerate(zip(centers, factors, strict=True)):
        offsets = points - center
        turned = offsets * factor if factor.ndim == 1 else products(offsets, factor)
        squared[component] = np.square(turned).sum(axis=1)
    return np.sqrt(squared)


def products(points: FloatArray, matrix: FloatArray) -> FloatArray:
    """The product of both, shape (n, d), every row of it the same whatever other rows there are.

    The last bits of a product of two matrices depend on the number of rows, and on how they lie in memory; here each
    row is a product of its own, of a vector and the matrix.
    """
    product: FloatArray = np.matmul(np.ascontiguousarray(points)[:, None, :], np.ascontiguousarray(matrix))[:, 0]
    return product


def own_levels(deviation: FloatArray, label: IntArray, weight: FloatArray) -> FloatArray:
    """Deviations of the rows of each component at 101 even ranks, shape (k, 101); 0 for one without rows."""
    levels = np.zeros((len(deviation), len(LEVEL_RANKS)))
    for component in np.unique(label):
        own = label == component
        levels[component] = weighted_quantiles(deviation[component, own], weight[own], LEVEL_RANKS)
    return levels


def density_ranks(levels: FloatArray, cluster: IntArray, deviation: FloatArray) -> FloatArray:
    """Share of the rows of its own component that are no nearer to the centre than a point, shape (n,).

    Args:
        levels: of all components, shape (k, 101).
        cluster: component of each point, shape (n,).
        deviation: from the centre of that component, shape (n,).
    """
    rank = np.zeros(len(cluster))
    for component in np.unique(cluster):
        own = cluster == component
        nearer = np.searchsorted(levels[component], deviation[own], side="left")
        rank[own] = 1 - nearer / levels.shape[1]
    return rank


def log_densities(log_peaks: FloatArray, deviation: FloatArray) -> FloatArray:
    """Log density of each component at each point, its weight included, shape (k, n)."""
    densities: FloatArray = log_peaks[:, None] - np.square(deviation) / 2
    return densities


def depths(log_peaks: FloatArray, deviation: FloatArray, components: BoolArray) -> FloatArray:
    """How far the density at each point is below the highest that the mixture could have anywhere, shape (n,).

    The root of twice the difference of the logarithms: for a single component the distance from its centre in standard
    deviations, for several the same order as minus the log density. Never negative.

    Args:
        log_peaks: see `Gaussians`, shape (k,).
        deviation: of the points, shape (k, n).
        components: those that count, shape (k,).
    """
    log_density = log_densities(log_peaks[components], deviation[components])
    below = reduce(np.logaddexp, log_peaks) - reduce(np.logaddexp, log_density)
    return np.sqrt(2 * np.maximum(below, 0.0))
