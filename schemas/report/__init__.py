"""The tables of the report, a module per topic."""

from schemas.report import drift, findings, nights
from schemas.report.drift import DRIFT
from schemas.report.findings import LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import NIGHTS

TABLES = (*findings.TABLES, *nights.TABLES, *drift.TABLES)

__all__ = ["DRIFT", "LEVELS", "NIGHTS", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES"]
