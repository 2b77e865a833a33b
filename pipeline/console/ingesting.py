"""Ingestion for a person who watches: what became of each file."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table

from pipeline.config import Settings
from pipeline.console.explaining import check_sources
from pipeline.ingest.reports import COUNTS, FileReport
from pipeline.ingest.run import ingest
from pipeline.report.terminal import safe_text
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish

TABLES = ("events", "connections", "logins")


def ingest_all(settings: Settings, console: Console) -> None:
    """Read all that has landed, publish the raw tables' bookkeeping and print the accounting per file."""
    check_sources(settings)
    warehouse = Warehouse.of(settings)
    with console.status("reading what has landed") as spinner:
        reports = ingest(settings, warehouse, lambda report: spinner.update(safe_text(f"read {report.path}")))
    publish(warehouse, settings.published_folder, None, view_queries(settings))
    path, reason = (Column(name, overflow="fold") for name in ("file", "reason"))
    table = Table("source", path, "state", "format", "lines", "accepted", "duplicates", "rejected", reason)
    for report in reports:
        table.add_row(
            report.source,
            safe_text(report.path),
            report.state,
            report.format,
            f"{report.lines:,}",
            "\n".join(_accepted(report)) or "0",
            f"{report.duplicates:,}",
            f"{report.rejected:,}",
            safe_text(report.reason or ""),
        )
    console.print(table)
    console.print(_total(reports))


def _accepted(report: FileReport) -> list[str]:
    """The rows of each table that the file has filled."""
    return [f"{count:,} {name}" for name in TABLES if (count := getattr(report, name))]


def _total(reports: Sequence[FileReport]) -> str:
    sums = {name: f"{sum(getattr(report, name) for report in reports):,}" for name in COUNTS}
    rows = ", ".join(f"{sums[name]} {name}" for name in TABLES)
    return (
        f"{len(reports):,} files: {sums['lines']} lines = {sums['accepted']} accepted ({rows}) "
        f"+ {sums['duplicates']} duplicates + {sums['rejected']} rejected; "
        f"{sums['unlocated']} with a public source address of unknown country"
    )
