"""Raw tables: what has landed, read once. How files are read belongs in pipeline.ingest."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.common import RETRIES, WAREHOUSE_POOL, asset_key, described
from pipeline.config import Settings
from pipeline.ingest.reports import COUNTS
from pipeline.ingest.run import ingest
from pipeline.warehouse.engine import Warehouse
from schemas import raw

# each asset with the books that are kept beside it
FILLED_TOGETHER = (
    (raw.FILES, raw.DELIVERIES, raw.NIGHTS),
    (raw.REJECTED_LINES,),
    (raw.SECURITY_EVENTS, raw.DUPLICATE_EVENTS),
    (raw.CONNECTIONS,),
    (raw.LOGINS,),
)
UNREAD = ("unreadable", "still being written")


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One step for all raw tables: a file fills them together, in one transaction."""
    specs = [
        dg.AssetSpec(
            asset_key(table), description=table.model.__doc__, **described("ingestion", {"duckdb"}, [table, *books])
        )
        for table, *books in FILLED_TOGETHER
    ]

    @dg.multi_asset(name="landed_logs", specs=specs, partitions_def=nights, pool=WAREHOUSE_POOL, retry_policy=RETRIES)
    def landed_logs(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Read all that has landed since the last look; records go to the nights of their timestamps."""
        reports = ingest(settings, warehouse, lambda report: context.log.info("%s: %s", report.path, report.state))
        totals = {name: sum(getattr(report, name) for report in reports) for name in COUNTS}
        touched = sorted({night.isoformat() for report in reports for night in report.nights})
        unread = sum(report.state in UNREAD for report in reports)
        facts: dict[str, Any] = {"files": len(reports), "files not read": unread, **totals}
        facts["nights touched"] = ", ".join(touched) or "none"
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=facts)

    return [landed_logs]
