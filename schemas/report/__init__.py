"""The tables of the report, a module per topic."""

from schemas.report import findings, nights
from schemas.report.findings import LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import LAYERS, NIGHT_RUNS, NIGHTS, RETENTION

TABLES = (*findings.TABLES, *nights.TABLES)

__all__ = [
    "LAYERS", "LEVELS", "NIGHTS", "NIGHT_RUNS", "RETENTION", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES",
]  # fmt: skip
