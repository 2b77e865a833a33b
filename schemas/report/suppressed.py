"""Findings that people asked not to be shown: kept beside the others, since nothing is deleted."""

from schemas.base import TableSpec, Texts, column
from schemas.report.findings import SUSPICIOUS_CLUSTERS, SuspiciousClusters


class SuppressedClusters(SuspiciousClusters):
    """One row per finding of a night that a suppression keeps out of the report."""

    suppression_ids: Texts = column("the entries of report.suppressions that cover it")


SUPPRESSED_CLUSTERS = TableSpec("report.suppressed_clusters", SuppressedClusters, SUSPICIOUS_CLUSTERS.key)

TABLES = (SUPPRESSED_CLUSTERS,)
