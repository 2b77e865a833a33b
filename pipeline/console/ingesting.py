"""Ingestion for a person who watches: what became of each file."""

from rich.console import Console
from rich.table import Table

from pipeline.config import Settings
from pipeline.console.explaining import check_sources
from pipeline.ingest.run import ingest
from pipeline.report.terminal import safe_text
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish

COUNTS = ("lines", "accepted", "duplicates", "rejected")


def ingest_all(settings: Settings, console: Console) -> None:
    """Read all that has landed, publish the raw tables' bookkeeping and print the accounting per file."""
    check_sources(settings)
    warehouse = Warehouse.of(settings)
    with console.status("reading what has landed") as spinner:
        reports = ingest(settings, warehouse, lambda report: spinner.update(safe_text(f"read {report.path}")))
    publish(warehouse, settings.published_folder, None, view_queries())
    table = Table("source", "file", "state", *COUNTS, "reason")
    for report in reports:
        counts = (f"{getattr(report, name):,}" for name in COUNTS)
        table.add_row(report.source, safe_text(report.path), report.state, *counts, safe_text(report.reason or ""))
    console.print(table)
    totals = ", ".join(f"{sum(getattr(report, name) for report in reports):,} {name}" for name in COUNTS)
    console.print(f"{len(reports):,} files: {totals}")
