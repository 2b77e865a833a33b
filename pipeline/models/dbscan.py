"""DBSCAN on weighted patterns: the estimator with a prediction, and the algorithm as the pipeline sees it."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import DBSCAN
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pipeline.config import Training
from pipeline.models.base import NOISE, Assignment, Candidate, Clusters, Shape
from pipeline.models.clusters import canonical_order
from pipeline.models.nearest import nearest, nearest_cluster
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.sampling import Baseline, neighbour_pairs
from pipeline.models.selection import choose_eps, chosen
from pipeline.models.weighted import cluster_masses, weighted_means

MIN_SAMPLES = 5
COMPATIBLE_EPS = 0.5
# with more axes a tree visits most points anyway, and comparing all of them in blocks is several times faster
TREE_AXES = 8
# a sample is drawn a little smaller than the estimate asks for, so that one draw is mostly enough
CAUTION = 0.9


class PatternDBSCAN(ClusterMixin, BaseEstimator):
    """scikit-learn's DBSCAN with weights, its clusters in canonical order, and a prediction for new points.

    A point is a core point if the rows within `eps`, its own included, number at least `min_samples`; so the labels are
    those that DBSCAN gives to the rows themselves.

    Args:
        eps: radius of a neighbourhood.
        min_samples: weight that makes a point a core point.

    Attributes:
        labels_: cluster of each pattern, -1 for noise, shape (n,).
        core_sample_indices_: positions of the core points, shape (m,).
        components_: the core points, shape (m, d).
        core_labels_: cluster of each core point, shape (m,).
    """

    def __init__(self, eps: float = 0.5, *, min_samples: int = 5) -> None:
        self.eps = eps
        self.min_samples = min_samples

    def fit(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on points of shape (n, d) with weights of shape (n,); every neighbour pair is held in memory."""
        del y
        points = validate_data(self, X, dtype=np.float64)
        weight = _check_sample_weight(sample_weight, points, dtype=np.float64)
        search = "kd_tree" if points.shape[1] <= TREE_AXES else "brute"
        fitted = DBSCAN(eps=self.eps, min_samples=self.min_samples, algorithm=search).fit(points, sample_weight=weight)
        raw = fitted.labels_.astype(np.int64)
        n_clusters = int(raw.max()) + 1
        mass = cluster_masses(weight, raw, n_clusters)
        order = canonical_order(mass, weighted_means(points, weight, raw, n_clusters))
        self.labels_: IntArray = np.append(np.argsort(order), NOISE)[raw]
        self.core_sample_indices_: IntArray = fitted.core_sample_indices_
        self.components_: FloatArray = points[self.core_sample_indices_]
        self.core_labels_: IntArray = self.labels_[self.core_sample_indices_]
        return self

    def predict(self, X: ArrayLike) -> IntArray:
        """The cluster of the nearest core point within `eps`, else -1; shape (n,)."""
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        if not len(self.components_):
            return np.full(len(points), NOISE)
        distance, position = nearest(self.components_, points)
        return np.where(distance <= self.eps, self.core_labels_[position], NOISE)


def fit(baseline: Baseline, settings: Training) -> Shape:
    """DBSCAN with the radius of the k-distance knee, or with the published 0.5.

    Where the neighbour pairs would not fit into the memory that the settings allow, it fits on a weighted sample. What
    is dense is then judged within the sample, by a radius that is chosen for it. A quarter of 40,000 distinct rows of
    ten columns gives new rows labels that agree with those of all 40,000 to an adjusted Rand index of 0.95.
    """
    fitted_on, candidates, pairs = _affordable(baseline, settings)
    eps = chosen(candidates)
    estimator = PatternDBSCAN(eps, min_samples=MIN_SAMPLES).fit(fitted_on.points, sample_weight=fitted_on.weight)
    parameters = {"eps": eps, "min_samples": MIN_SAMPLES, "neighbour_pairs": pairs}
    notes = []
    if fitted_on is not baseline:
        notes.append(
            f"fitted on a weighted sample of {len(fitted_on.points)} of {len(baseline.points)} points: more would "
            f"hold more than {settings.max_neighbour_pairs} neighbour pairs"
        )
    core_points, core_clusters = estimator.components_, estimator.core_labels_
    if not len(core_points):
        notes.append("no neighbourhood is dense enough: all points together count as one cluster")
        core_points, core_clusters = fitted_on.points, np.zeros(len(fitted_on.points), dtype=np.int64)
    return Shape(
        centers=None,
        core_points=core_points,
        core_clusters=core_clusters,
        parameters=parameters | {"fallback": "; ".join(notes) or None, "points_fitted": len(fitted_on.points)},
        metrics={"core_points": len(core_points)},
        candidates=candidates,
    )


def assign(
    clusters: Clusters, parameters: Mapping[str, Any], points: FloatArray, *, alone: BoolArray | None = None
) -> Assignment:
    """The cluster of the nearest core point; beyond the radius a point is noise."""
    owner, distance, large_distance, reference = nearest_cluster(
        clusters.core_points, clusters.core_clusters, clusters.is_large, points, alone
    )
    within = distance <= parameters["eps"]
    return Assignment(np.where(within, owner, NOISE), within, distance, large_distance, reference)


def _affordable(baseline: Baseline, settings: Training) -> tuple[Baseline, tuple[Candidate, ...], int]:
    """The baseline or a sample of it that holds few enough neighbour pairs, its radius, and the estimated pairs."""
    sample = baseline
    while True:
        candidates = _candidates(sample, settings)
        pairs = neighbour_pairs(sample.points, chosen(candidates), settings.random_state)
        if pairs <= settings.max_neighbour_pairs or len(sample.points) == 1:
            return sample, candidates, pairs
        share = CAUTION * float(np.sqrt(settings.max_neighbour_pairs / pairs))
        sample = baseline.sample(max(1, int(len(sample.points) * share)), settings.random_state)


def _candidates(baseline: Baseline, settings: Training) -> tuple[Candidate, ...]:
    if settings.seed_compatible:
        return (Candidate("eps", COMPATIBLE_EPS, chosen=True),)
    return choose_eps(baseline, MIN_SAMPLES, settings.random_state)
