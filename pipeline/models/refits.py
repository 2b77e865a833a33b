"""An algorithm fitted once more with the parameters that a model had chosen: what its clusters depend on by chance.

What belongs here: one function for each algorithm of the registry. What does not: what the labels are compared with.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from pipeline.models.bayesian_mixture import PatternBayesianGaussianMixture
from pipeline.models.dbscan import PatternDBSCAN
from pipeline.models.kmeans import PatternKMeans
from pipeline.models.mean_shift import PatternMeanShift
from pipeline.models.patterns import FloatArray, IntArray, n_distinct

STARTS = 3
# of the mixture: enough to tell whether two fits go the same way
UPDATES = 15
Parameters = Mapping[str, Any]
Refit = Callable[[FloatArray, FloatArray, Parameters, int], Any]


def refitted_labels(
    algorithm: str, sample: tuple[FloatArray, FloatArray], parameters: Parameters, seed: int, points: FloatArray
) -> IntArray:
    """Clusters of `points`, shape (n, d), by the algorithm fitted on a sample.

    Args:
        algorithm: name in the registry.
        sample: points, shape (m, d), and the rows that each stands for, shape (m,); some may be alike, since an encoder
            cannot tell apart what it has not seen.
        parameters: those of a model of the algorithm.
        seed: of everything that draws.
        points: what is labelled.
    """
    fitted = REFITS[algorithm](*sample, parameters, seed)
    labels: IntArray = fitted.predict(points)
    return labels


def _kmeans(points: FloatArray, weight: FloatArray, parameters: Parameters, seed: int) -> Any:
    n_clusters = min(parameters["n_clusters"], n_distinct(points))
    return PatternKMeans(n_clusters, n_init=STARTS, random_state=seed).fit(points, sample_weight=weight)


def _dbscan(points: FloatArray, weight: FloatArray, parameters: Parameters, seed: int) -> Any:
    del seed
    return PatternDBSCAN(parameters["eps"], min_samples=parameters["min_samples"]).fit(points, sample_weight=weight)


def _mean_shift(points: FloatArray, weight: FloatArray, parameters: Parameters, seed: int) -> Any:
    del seed
    estimator = PatternMeanShift(parameters["bandwidth"], bin_seeding=parameters["bin_seeding"])
    return estimator.fit(points, sample_weight=weight)


def _gaussian_mixture(points: FloatArray, weight: FloatArray, parameters: Parameters, seed: int) -> Any:
    estimator = PatternBayesianGaussianMixture(
        n_components=min(parameters["n_components"], n_distinct(points)),
        covariance_type=parameters["covariance_type"],
        reg_covar=parameters["reg_covar"],
        max_iter=UPDATES,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(points, sample_weight=weight)


REFITS: dict[str, Refit] = {
    "kmeans": _kmeans,
    "dbscan": _dbscan,
    "mean_shift": _mean_shift,
    "gaussian_mixture": _gaussian_mixture,
}
