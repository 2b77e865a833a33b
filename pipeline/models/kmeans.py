"""k-means on weighted patterns: the estimator, and the algorithm as the pipeline sees it."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pipeline.config import Training
from pipeline.models.base import NEAR, Assignment, Candidate, Clusters, Shape
from pipeline.models.clusters import canonical_order, spreads
from pipeline.models.nearest import nearest_cluster
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.sampling import Baseline
from pipeline.models.selection import choose_k, chosen
from pipeline.models.weighted import cluster_masses

STARTS = 10
START_SAMPLE = 1_000
TOLERANCE = 1e-4
MAX_ITER = 300
COMPATIBLE_K = 5
# the pattern that the spread ends at must not fall outside for the last bit of its distance
ROUNDING = 1 + 1e-9


class PatternKMeans(ClusterMixin, BaseEstimator):
    """scikit-learn's k-means with weights, its clusters in canonical order.

    Args:
        n_clusters: number of clusters.
        init: `k-means++`, `random`, or initial centres of shape (n_clusters, d).
        n_init: starts, of which the best is kept; 1 is enough where `init` is an array.
        random_state: seed of the starts.

    Attributes:
        cluster_centers_: shape (n_clusters, d), the heaviest cluster first, ties by centre.
        labels_: cluster of each pattern, shape (n,).
        masses_: weight of each cluster, shape (n_clusters,).
        spreads_: distance from each centre within which 99 % of its weight lies, shape (n_clusters,).
        inertia_: weighted sum of squared distances to the nearest centre.
        n_iter_: iterations of the best start.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: int = 10,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on points of shape (n, d) with weights of shape (n,)."""
        del y
        points = validate_data(self, X, dtype=np.float64)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64, ensure_non_negative=True)
        fitted = KMeans(
            n_clusters=self.n_clusters,
            init=self.init,
            n_init=self.n_init,
            max_iter=MAX_ITER,
            tol=_tolerance(points, weight),
            random_state=self.random_state,
        ).fit(points, sample_weight=weight)
        mass = cluster_masses(weight, fitted.labels_, self.n_clusters)
        order = canonical_order(mass, fitted.cluster_centers_)
        self.cluster_centers_: FloatArray = fitted.cluster_centers_[order]
        self.labels_: IntArray = np.argsort(order)[fitted.labels_]
        self.masses_: FloatArray = mass[order]
        self.spreads_: FloatArray = spreads(points, weight, self.labels_, self.cluster_centers_)
        self.inertia_ = float(fitted.inertia_)
        self.n_iter_ = int(fitted.n_iter_)
        return self

    def predict(self, X: ArrayLike) -> IntArray:
        """The cluster whose centre is nearest, shape (n,)."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        return pairwise_distances_argmin(points, self.cluster_centers_).astype(np.int64)


def _tolerance(points: FloatArray, weight: FloatArray) -> float:
    """scikit-learn's default tolerance, relative to the variance of the rows, which it takes from the points."""
    variance = points.var(axis=0).mean()
    of_rows = np.average((points - np.average(points, axis=0, weights=weight)) ** 2, axis=0, weights=weight).mean()
    return float(TOLERANCE * of_rows / variance) if variance > 0 else TOLERANCE


def fit(baseline: Baseline, settings: Training) -> Shape:
    """k-means with the number of clusters that elbow and silhouette agree on, or with the published 5."""
    if settings.seed_compatible:
        n_clusters = min(COMPATIBLE_K, len(baseline.points))
        candidates: tuple[Candidate, ...] = (Candidate("n_clusters", n_clusters, chosen=True),)
    else:
        candidates = choose_k(baseline, settings.random_state)
        n_clusters = int(chosen(candidates))
    starts = baseline if settings.seed_compatible else baseline.sample(START_SAMPLE, settings.random_state)
    estimator = _best_of_starts(starts, baseline, n_clusters, settings.random_state)
    return Shape(
        centers=estimator.cluster_centers_,
        core_points=np.empty((0, baseline.points.shape[1])),
        core_clusters=np.empty(0, dtype=np.int64),
        parameters={
            "n_clusters": n_clusters,
            "init": "k-means++",
            "n_init": STARTS,
            "start_points": len(starts.points),
        },
        metrics={
            "inertia": estimator.inertia_,
            "iterations": estimator.n_iter_,
            "converged": estimator.n_iter_ < MAX_ITER,
        },
        candidates=candidates,
    )


def _best_of_starts(starts: Baseline, baseline: Baseline, n_clusters: int, seed: int) -> PatternKMeans:
    """The best of several starts on the baseline, or on a sample of it.

    From the centres that the sample gives, few iterations lead to centres of all points that are about as good as if
    all starts had used all of them (Bradley and Fayyad, 1998): the inertia was at most 1.2 % higher where weights are
    very uneven or clusters have three points of thousands, and as often lower.
    """
    estimator = PatternKMeans(n_clusters, n_init=STARTS, random_state=seed)
    estimator.fit(starts.points, sample_weight=starts.represents)
    if starts is baseline:
        return estimator
    refined = PatternKMeans(n_clusters, init=estimator.cluster_centers_, n_init=1)
    return refined.fit(baseline.points, sample_weight=baseline.represents)


def assign(
    clusters: Clusters, parameters: Mapping[str, Any], points: FloatArray, *, alone: BoolArray | None = None
) -> Assignment:
    """The cluster whose centre is nearest; within it, if no farther than 99 % of its own rows, or very near."""
    del parameters, alone
    owners = np.arange(len(clusters.centers))
    cluster, distance, large_distance, reference = nearest_cluster(clusters.centers, owners, clusters.is_large, points)
    reach = np.maximum(clusters.spreads[cluster], NEAR) * ROUNDING
    return Assignment(cluster, distance <= reach, distance, large_distance, reference)
