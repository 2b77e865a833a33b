"""The end of a night: what its run took, what is older than the retention allows, and the space that leaves."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.common import WAREHOUSE_POOL, asset_key, described
from assets.report import PAGE
from pipeline.config import Settings
from pipeline.instance import forget_runs
from pipeline.nights import night_of, step_seconds
from pipeline.upkeep.measures import bytes_of, rows_by_table, stale_query
from pipeline.upkeep.removal import remove_old
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.report import NIGHT_RUNS, RETENTION

LEAST_GAIN = 64_000_000  # bytes; a smaller gain is not worth a copy of the file


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One step, after the page and before the published copy."""
    specs = [
        dg.AssetSpec(
            asset_key(table),
            deps=[PAGE],
            description=table.model.__doc__,
            **described("upkeep", {"duckdb"}, [table]),
        )
        for table in (NIGHT_RUNS, RETENTION)
    ]
    stale_nights = cache(lambda: stale_query(settings))  # making the SQL takes longer than asking it

    @dg.multi_asset(name="upkeep", specs=specs, partitions_def=nights, pool=WAREHOUSE_POOL)
    def upkeep(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Note what the run took, remove what is too old, write the warehouse anew where that saves space."""
        removed = remove_old(warehouse, settings)
        gained = warehouse.compact(settings.retention.compact_share, LEAST_GAIN)
        runs, logs = forget_runs(context.instance, settings.retention.runs_days, settings.retention.event_log_days)
        facts = _facts(context, settings, warehouse, stale_nights())
        yield dg.MaterializeResult(asset_key=asset_key(NIGHT_RUNS), metadata={"seconds": facts["seconds"]})
        space = {"bytes gained": gained, "runs removed": runs, "event logs removed": logs}
        yield dg.MaterializeResult(
            asset_key=asset_key(RETENTION),
            metadata={f"rows removed of {name}": n for name, n in removed.items()} | space,
        )

    return [upkeep]


def _facts(
    context: dg.AssetExecutionContext, settings: Settings, warehouse: Warehouse, stale_nights: str
) -> dict[str, Any]:
    """The row of report.night_runs, which is stored."""
    night = night_of(context.partition_key)
    durations, began = step_seconds(context.instance, context.run.run_id)
    with warehouse.transaction() as connection:
        facts = {
            "log_date": night,
            "run_id": context.run.run_id,
            "finished_at": datetime.now(UTC),
            "seconds": time.time() - began,
            "durations": json.dumps(durations),
            "rows": json.dumps(rows_by_table(connection, warehouse.tables.values(), night)),
            "stale_nights": [night for (night,) in connection.execute(stale_nights).fetchall()],
            "warehouse_bytes": warehouse.file.stat().st_size,
            "published_bytes": bytes_of(settings.published_folder),
            "reports_bytes": bytes_of(settings.reports_folder),
        }
        rows = pa.Table.from_pylist([facts], schema=NIGHT_RUNS.arrow_schema())
        replace_rows(connection, NIGHT_RUNS, rows, {"log_date": night})
    return facts
