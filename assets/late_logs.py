"""The job that reads logs which arrived late, without models: it tells which nights they are of and publishes that."""

from datetime import date

import dagster as dg

from assets.common import RETRIES, WAREHOUSE_POOL, asset_key
from assets.ingestion import FILLED_TOGETHER
from pipeline.config import Settings
from pipeline.ingest.run import ingest
from pipeline.nights import LATE_LOGS
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish


def late_logs_job(settings: Settings) -> dg.JobDefinition:
    """Reads what has landed; the nights that it changes are stale from then on."""
    first_night = date.fromisoformat(settings.schedule.first_night)

    @dg.op(pool=WAREHOUSE_POOL, retry_policy=RETRIES)
    def read_late_logs(context: dg.OpExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> None:
        reports = ingest(settings, warehouse, lambda report: context.log.info("%s: %s", report.path, report.state))
        publish(warehouse, settings.published_folder, None, view_queries(settings))
        touched = sorted({night for report in reports for night in report.nights if night >= first_night})
        for night in touched:
            # what Dagster knows of these nights, so that its UI shows what lies downstream as outdated
            for table, *_ in FILLED_TOGETHER:
                context.log_event(dg.AssetMaterialization(asset_key(table), partition=night.isoformat()))

    @dg.job(
        name=LATE_LOGS, executor_def=dg.in_process_executor, description="Read logs that arrived late, without models."
    )
    def late_logs() -> None:
        read_late_logs()

    return late_logs
