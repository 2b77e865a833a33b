"""The tables of the report, a module per topic."""

from schemas.report import evaluation, findings, nights, outbox, people, suppressed
from schemas.report.evaluation import EVALUATION
from schemas.report.findings import LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import LAYERS, NIGHT_RUNS, NIGHTS, RETENTION
from schemas.report.outbox import OUTBOX
from schemas.report.people import FEEDBACK, SUPPRESSIONS
from schemas.report.suppressed import SUPPRESSED_CLUSTERS

TABLES = tuple(table for topic in (findings, suppressed, people, outbox, nights, evaluation) for table in topic.TABLES)

__all__ = [
    "EVALUATION", "FEEDBACK", "LAYERS", "LEVELS", "NIGHTS", "NIGHT_RUNS", "OUTBOX", "RETENTION", "SUPPRESSED_CLUSTERS",
    "SUPPRESSIONS", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES",
]  # fmt: skip
