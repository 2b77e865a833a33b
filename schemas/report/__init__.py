"""The tables of the report, a module per topic."""

from schemas.report import drift, findings, nights, outbox, people, suppressed
from schemas.report.drift import DRIFT
from schemas.report.findings import LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import NIGHTS
from schemas.report.outbox import OUTBOX
from schemas.report.people import FEEDBACK, SUPPRESSIONS
from schemas.report.suppressed import SUPPRESSED_CLUSTERS

TABLES = (*findings.TABLES, *suppressed.TABLES, *people.TABLES, *outbox.TABLES, *nights.TABLES, *drift.TABLES)

__all__ = [
    "DRIFT", "FEEDBACK", "LEVELS", "NIGHTS", "OUTBOX", "SUPPRESSED_CLUSTERS", "SUPPRESSIONS", "SUSPICIOUS_CLUSTERS",
    "SUSPICIOUS_EVENTS", "TABLES",
]  # fmt: skip
