"""The members of the ensemble: small models of the four algorithms, each fitted on a small sample in one space.

A member keeps its large clusters only, and measures how far points are from these. What belongs here: fitting and
measuring one member. What does not: samples and spaces (consensus, `ensemble_spaces`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.exceptions import ConvergenceWarning

from pipeline.models.bayesian_mixture import PatternBayesianGaussianMixture
from pipeline.models.dbscan import PatternDBSCAN
from pipeline.models.densities import depths, deviations, log_densities
from pipeline.models.ensemble_recipe import Recipe
from pipeline.models.ensemble_spaces import signed_log
from pipeline.models.kmeans import PatternKMeans
from pipeline.models.mean_shift import PatternMeanShift
from pipeline.models.nearest import nearest_of_few
from pipeline.models.patterns import BoolArray, FloatArray, IntArray, distinct_rows, n_distinct
from pipeline.models.weighted import cluster_masses, weighted_quantiles

# ranks of the baseline's distances that a member's scale rests on, and the least width that is one
MIDDLE, OUTER = 0.5, 0.9
LEAST_WIDTH = 1e-6
SHIFTS = 100
UPDATES = 50


@dataclass(frozen=True, eq=False)
class Large:
    """The large clusters of a member, the largest first.

    Attributes:
        centers: shape (k, d).
        masses: share of the sample in each, shape (k,).
        core_points: what distances are measured to instead of centres, shape (m, d); none except for DBSCAN.
        core_clusters: position of the cluster of each core point, shape (m,).
        log_peaks, factors: densities around the centres, see `Gaussians`; None except for the mixture.
    """

    centers: FloatArray
    masses: FloatArray
    core_points: FloatArray
    core_clusters: IntArray
    log_peaks: FloatArray | None = None
    factors: FloatArray | None = None

    @property
    def references(self) -> FloatArray:
        """What distances are measured to, shape (m, d)."""
        return self.core_points if len(self.core_points) else self.centers

    def measure(self, points: FloatArray, alone: BoolArray | None = None) -> tuple[FloatArray, IntArray]:
        """Distance of each point, shape (n, d), and the position of the reference that it is nearest to.

        Args:
            points: in the member's space.
            alone: points that pass over a core point at distance 0, see `nearest`; shape (n,).
        """
        if self.log_peaks is None or self.factors is None:
            return nearest_of_few(self.references, points, alone if len(self.core_points) else None)
        deviation = deviations(self.centers, self.factors, points)
        depth = depths(self.log_peaks, deviation, np.ones(len(self.log_peaks), dtype=np.bool_))
        return depth, np.argmax(log_densities(self.log_peaks, deviation), axis=0)


@dataclass(frozen=True)
class Scale:
    """What puts the distances of all members on one scale: the baseline's middle is 0, and a width beyond it log(2).

    Attributes:
        middle: median of the baseline's rows.
        width: from there to their 90th percentile, or to the farthest if nine tenths are equally far; 1, a unit of the
            space, if all are.
    """

    middle: float
    width: float

    @classmethod
    def learn(cls, distance: FloatArray, weight: FloatArray) -> "Scale":
        """The scale of a member, given the baseline's distances and the rows that each stands for."""
        middle, outer, last = weighted_quantiles(distance, weight, (MIDDLE, OUTER, 1.0)).tolist()
        return cls(middle, next((end - middle for end in (outer, last) if end - middle > LEAST_WIDTH), 1.0))

    def __call__(self, distance: FloatArray) -> FloatArray:
        """Signed logarithms of the distances in widths, shape (n,): no member outvotes all others."""
        return signed_log((distance - self.middle) / self.width)


@dataclass(frozen=True, eq=False)
class Member:
    """One member of the ensemble.

    Attributes:
        algorithm: as in the registry.
        space: position of its space.
        scale: puts its distances on the scale of all members.
        large: what it measures distances to.
    """

    algorithm: str
    space: int
    scale: Scale
    large: Large


def largest(mass: FloatArray, share: float) -> IntArray:
    """Positions of the heaviest clusters that together hold the share of the mass, the heaviest first."""
    order = np.argsort(-mass, kind="stable")
    reached = np.cumsum(mass[order]) / mass.sum()
    return order[: int(np.searchsorted(reached, share - 1e-9)) + 1]


def fit_member(algorithm: str, sample: FloatArray, seed: int, recipe: Recipe) -> Large:
    """The large clusters that an algorithm finds in a sample, shape (n, d) with n >= 2; rows may repeat."""
    return FITS[algorithm](sample, seed, recipe)


def _kmeans(sample: FloatArray, seed: int, recipe: Recipe) -> Large:
    n_clusters = min(recipe.clusters, n_distinct(sample))
    fitted = PatternKMeans(n_clusters, n_init=1, random_state=seed).fit(sample)
    return _around(fitted.cluster_centers_, fitted.masses_, recipe)


def _mean_shift(sample: FloatArray, seed: int, recipe: Recipe) -> Large:
    """The bandwidth is the mean distance to the neighbour at the recipe's rank."""
    del seed
    rank = max(1, int(recipe.bandwidth_rank * len(sample))) - 1
    bandwidth = max(float(_ascending(sample)[:, rank].mean()), recipe.narrowest)
    fitted = PatternMeanShift(bandwidth, max_iter=SHIFTS).fit(sample)
    centers = fitted.cluster_centers_
    return _around(centers, _masses(fitted.labels_, len(centers)), recipe)


def _dbscan(sample: FloatArray, seed: int, recipe: Recipe) -> Large:
    """Where no neighbourhood is dense enough, all points together count as one cluster."""
    del seed
    distance = _ascending(sample)[:, min(recipe.neighbours, len(sample)) - 1]
    radius = max(float(np.quantile(distance, recipe.radius_rank)), recipe.narrowest)
    fitted = PatternDBSCAN(radius, min_samples=recipe.neighbours).fit(sample)
    core_points, owners, labels = fitted.components_, fitted.core_labels_, fitted.labels_
    if not len(core_points):
        core_points, owners = sample, np.zeros(len(sample), dtype=np.int64)
        labels = owners
    masses = _masses(labels, int(labels.max()) + 1)
    kept = largest(masses, recipe.large)
    order, starts = distinct_rows(core_points)
    core_points, owners = core_points[order[starts]], owners[order[starts]]
    chosen = [owners == cluster for cluster in kept]
    return Large(
        centers=np.array([core_points[own].mean(axis=0) for own in chosen]),
        masses=masses[kept],
        core_points=np.concatenate([core_points[own] for own in chosen]),
        core_clusters=np.repeat(np.arange(len(kept)), [np.count_nonzero(own) for own in chosen]),
    )


def _gaussian_mixture(sample: FloatArray, seed: int, recipe: Recipe) -> Large:
    mixture = PatternBayesianGaussianMixture(
        n_components=min(recipe.components, n_distinct(sample)),
        reg_covar=recipe.regularisation,
        max_iter=UPDATES,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # the bound of updates is part of the recipe
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = mixture.fit_predict(sample)
    masses = _masses(labels, len(mixture.means_))
    kept = largest(masses, recipe.large)
    return Large(
        centers=mixture.means_[kept],
        masses=masses[kept],
        core_points=np.empty((0, sample.shape[1])),
        core_clusters=np.empty(0, dtype=np.int64),
        log_peaks=mixture.log_peaks()[kept],
        factors=mixture.precisions_cholesky_[kept],
    )


def _around(centers: FloatArray, mass: FloatArray, recipe: Recipe) -> Large:
    """Large clusters that are given by their centres."""
    kept = largest(mass, recipe.large)
    return Large(
        centers=centers[kept],
        masses=mass[kept] / mass.sum(),
        core_points=np.empty((0, centers.shape[1])),
        core_clusters=np.empty(0, dtype=np.int64),
    )


def _masses(labels: IntArray, n_clusters: int) -> FloatArray:
    """Share of the sample in each cluster; noise counts to the sample, but to no cluster."""
    return cluster_masses(np.ones(len(labels)), labels, n_clusters) / len(labels)


def _ascending(sample: FloatArray) -> FloatArray:
    """Distances of each row from all rows, its own 0 first, shape (n, n)."""
    return np.sort(cdist(sample, sample), axis=1)


FITS: dict[str, Callable[[FloatArray, int, Recipe], Large]] = {
    "kmeans": _kmeans,
    "dbscan": _dbscan,
    "mean_shift": _mean_shift,
    "gaussian_mixture": _gaussian_mixture,
}
