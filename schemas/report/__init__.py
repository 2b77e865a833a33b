"""The tables of the report, a module per topic."""

from schemas.report import evaluation, findings, nights
from schemas.report.evaluation import EVALUATION
from schemas.report.findings import LEVELS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.nights import NIGHTS

TABLES = (*findings.TABLES, *nights.TABLES, *evaluation.TABLES)

__all__ = ["EVALUATION", "LEVELS", "NIGHTS", "SUSPICIOUS_CLUSTERS", "SUSPICIOUS_EVENTS", "TABLES"]
