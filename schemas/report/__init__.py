"""The tables of the report, a module per topic."""

from schemas.report import drift, evaluation, findings, nights, outbox, people, suppressed
from schemas.report.drift import DRIFT
from schemas.report.evaluation import EVALUATION
from schemas.report.findings import FINDING_HISTORY, LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import LAYERS, NIGHT_RUNS, NIGHTS, RETENTION
from schemas.report.outbox import OUTBOX
from schemas.report.people import FEEDBACK, SUPPRESSIONS
from schemas.report.suppressed import SUPPRESSED_CLUSTERS

TOPICS = (findings, suppressed, people, outbox, nights, evaluation, drift)
TABLES = tuple(table for topic in TOPICS for table in topic.TABLES)

__all__ = [
    "DRIFT", "EVALUATION", "FEEDBACK", "FINDING_HISTORY", "LAYERS", "LEVELS", "NIGHTS", "NIGHT_RUNS", "OUTBOX",
    "RETENTION", "SUPPRESSED_CLUSTERS", "SUPPRESSIONS", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES",
]  # fmt: skip
