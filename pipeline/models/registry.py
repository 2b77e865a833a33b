"""The algorithms that can be configured: a module each, and a line here."""

from pipeline.models import dbscan, gaussian_mixture, kmeans, mean_shift
from pipeline.models.base import Algorithm

ALGORITHMS: dict[str, Algorithm] = {
    "kmeans": Algorithm("kmeans", kmeans.fit, kmeans.assign),
    "dbscan": Algorithm("dbscan", dbscan.fit, dbscan.assign),
    "mean_shift": Algorithm("mean_shift", mean_shift.fit, kmeans.assign),
    "gaussian_mixture": Algorithm("gaussian_mixture", gaussian_mixture.fit, gaussian_mixture.assign),
}
