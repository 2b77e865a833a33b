"""The algorithms that can be configured: a module each, and a line here."""

from pipeline.models import dbscan, kmeans
from pipeline.models.base import Algorithm

ALGORITHMS: dict[str, Algorithm] = {
    "kmeans": Algorithm("kmeans", kmeans.fit, kmeans.assign),
    "dbscan": Algorithm("dbscan", dbscan.fit, dbscan.assign),
}
