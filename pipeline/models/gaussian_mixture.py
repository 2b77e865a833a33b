"""The Gaussian mixture as the pipeline sees it: how many components, how they are fitted, how points are assigned.

The estimator itself is in `bayesian_mixture`; how densities become distances belongs to `densities`.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from pipeline.config import Training
from pipeline.models.base import NEAR, Assignment, Candidate, Clusters, Gaussians, Shape
from pipeline.models.bayesian_mixture import PatternBayesianGaussianMixture
from pipeline.models.densities import density_ranks, depths, deviations, log_densities, own_levels
from pipeline.models.kmeans import PatternKMeans
from pipeline.models.nearest import nearest
from pipeline.models.patterns import BoolArray, FloatArray
from pipeline.models.sampling import Baseline

MOST_COMPONENTS = 10
STARTS = 3
MAX_ITER = 300
# of the lower bound, which adds up over rows
TOLERANCE_PER_ROW = 1e-5
# a full covariance has a number for each pair of columns; with more columns than this, they are taken as independent
FULL_AXES = 8
# a component with fewer rows is empty
FEWEST_ROWS = 5
# in scaled units: a component as narrow as one repeated value would have an infinite density
NARROWEST = 0.1
# the rank of its own rows that a component reaches to; one standard deviation always counts as the same place
REACH_RANK, LEAST_REACH = 99, 1.0
# the point that the reach ends at must not fall outside for the last bit of its deviation
ROUNDING = 1 + 1e-9
# the published recipe: a component counts if its weight, rounded, is not 0
COMPATIBLE_COMPONENTS, COMPATIBLE_STARTS, LEAST_COMPATIBLE_WEIGHT = 7, 10, 0.005


def fit(baseline: Baseline, settings: Training) -> Shape:
    """A mixture without its empty components: these are left out and the others fitted again, until none is empty.

    Covariances are full for few columns and diagonal for many. With flags or categories in the space, no component is
    narrower than half of what separates two of them, or else every rare flag would be a component of its own.
    """
    mixture, weights = _pruned(baseline, settings)
    deviation = deviations(mixture.means_, mixture.precisions_cholesky_, baseline.points)
    log_peaks = mixture.log_peaks()
    label = np.argmax(log_densities(log_peaks, deviation), axis=0)
    levels = own_levels(deviation, label, baseline.represents)
    kept = len(mixture.means_)
    return Shape(
        centers=mixture.means_,
        core_points=np.empty((0, baseline.points.shape[1])),
        core_clusters=np.empty(0, dtype=np.int64),
        parameters={
            "n_components": kept,
            "covariance_type": mixture.covariance_type,
            "reg_covar": mixture.reg_covar,
            "weight_concentration_prior": mixture.weight_concentration_prior_,
        },
        metrics={
            "lower_bound": mixture.lower_bound_,
            "iterations": mixture.n_iter_,
            "converged": mixture.converged_,
        },
        candidates=tuple(
            Candidate("n_components", k, weight=min(float(weight), 1.0), chosen=k == kept)
            for k, weight in enumerate(np.sort(weights)[::-1], start=1)
        ),
        gaussians=Gaussians(log_peaks, mixture.precisions_cholesky_, levels),
    )


def assign(
    clusters: Clusters, parameters: Mapping[str, Any], points: FloatArray, *, alone: BoolArray | None = None
) -> Assignment:
    """The most probable component; within it, if no farther from its centre than 99 % of its own rows, or very near.

    Distances say how far the density of the mixture, or of its large components, is below the highest that there is:
    see `depths`.
    """
    del parameters, alone
    gaussians = clusters.gaussians
    if gaussians is None:
        message = "a mixture assigns by densities, and these clusters have none"
        raise ValueError(message)
    deviation = deviations(clusters.centers, gaussians.factors, points)
    cluster = np.argmax(log_densities(gaussians.log_peaks, deviation), axis=0)
    own = deviation[cluster, np.arange(len(points))]
    reach = np.maximum(gaussians.levels[cluster, REACH_RANK], LEAST_REACH) * ROUNDING
    distance = depths(gaussians.log_peaks, deviation, np.ones_like(clusters.is_large))
    is_same = clusters.is_large.all()
    return Assignment(
        cluster=cluster,
        within=own <= reach,
        distance=distance,
        large_distance=distance if is_same else depths(gaussians.log_peaks, deviation, clusters.is_large),
        gap=nearest(clusters.centers, points)[0],
        density_rank=density_ranks(gaussians.levels, cluster, own),
    )


def _pruned(baseline: Baseline, settings: Training) -> tuple[PatternBayesianGaussianMixture, FloatArray]:
    """The mixture without empty components, and the weights that all of them had at first."""
    # the estimator needs two points
    times = 2 if len(baseline.points) == 1 else 1
    points, rows = np.repeat(baseline.points, times, axis=0), np.repeat(baseline.represents / times, times)
    estimator = (
        _compatible(points, settings) if settings.seed_compatible else _initial(points, rows, baseline, settings)
    )
    first = None
    while True:
        with warnings.catch_warnings():
            # whether it converged is a metric of the model
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(points, sample_weight=rows)
        # the prior takes weight from a small component that comes after empty ones, so rows are counted
        expected = estimator.mean_precision_ - estimator.mean_precision_prior_
        weights = estimator.weights_ if settings.seed_compatible else expected / rows.sum()
        first = weights if first is None else first
        least = LEAST_COMPATIBLE_WEIGHT if settings.seed_compatible else FEWEST_ROWS / rows.sum()
        kept = weights >= min(least, weights.max())
        if kept.all():
            return estimator, first
        start = None if settings.seed_compatible else estimator.means_[kept]
        estimator.set_params(n_components=int(kept.sum()), means_init=start)


def _initial(
    points: FloatArray, rows: FloatArray, baseline: Baseline, settings: Training
) -> PatternBayesianGaussianMixture:
    """The most components that there may be, at the centres of k-means; as the prior expects, the heaviest first."""
    n_components, n_axes = min(MOST_COMPONENTS, len(baseline.points)), points.shape[1]
    centers = PatternKMeans(n_components, n_init=STARTS, random_state=settings.random_state)
    floor = max(NEAR * baseline.category_distance, NARROWEST) ** 2
    # a prior that counts for as many rows as there are axes keeps components of few rows as wide
    prior = np.atleast_2d(np.cov(points.T, aweights=rows, bias=True)) + n_axes * floor * np.eye(n_axes)
    is_full = n_axes <= FULL_AXES
    return PatternBayesianGaussianMixture(
        n_components=n_components,
        covariance_type="full" if is_full else "diag",
        tol=TOLERANCE_PER_ROW * float(rows.sum()),
        reg_covar=floor,
        max_iter=MAX_ITER,
        # on all points: from centres of a sample the worst of fifteen labelled nights had an AUC of .48 instead of .69
        means_init=centers.fit(points, sample_weight=rows).cluster_centers_,
        covariance_prior=prior if is_full else np.diag(prior).copy(),
        random_state=settings.random_state,
    )


def _compatible(points: FloatArray, settings: Training) -> PatternBayesianGaussianMixture:
    return PatternBayesianGaussianMixture(
        n_components=min(COMPATIBLE_COMPONENTS, len(points)),
        n_init=COMPATIBLE_STARTS,
        random_state=settings.random_state,
    )
