"""The tables of the report, a module per topic."""

from schemas.report import findings, nights
from schemas.report.findings import FINDING_HISTORY, LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import NIGHTS

TABLES = (*findings.TABLES, *nights.TABLES)

__all__ = ["FINDING_HISTORY", "LEVELS", "NIGHTS", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES"]
