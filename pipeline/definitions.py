"""The code location: the one place where settings, assets, checks, job, schedule and storage meet."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets import checks, drift, evaluation, features, ingestion, models, notifications, report, scores, upkeep
from assets.late_logs import late_logs_job
from pipeline import sensors
from pipeline.config import Settings, load
from pipeline.nights import nightly_job, nightly_schedule, nights
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.io_manager import TableIOManager


def build_defs(settings: Settings | None = None, **resources: Any) -> dg.Definitions:
    """Everything that Dagster runs.

    Args:
        settings: by default those of `SHOAL_CONFIG` or `shoal.toml` in the current folder.
        resources: in place of the default ones of the same name.
    """
    settings = settings or load()
    partitions = nights(settings.schedule.first_night)
    groups = (ingestion, features, models, scores, drift, report, evaluation, notifications, upkeep)
    assets = [asset for group in groups for asset in group.build(settings, partitions)]
    job = nightly_job()
    warehouse = Warehouse.of(settings)
    return dg.Definitions(
        assets=assets,
        asset_checks=[*checks.build(settings, assets), *drift.build_checks(settings)],
        jobs=[job, late_logs_job(settings)],
        schedules=[nightly_schedule(job, settings.schedule, partitions)],
        sensors=sensors.build(settings),
        resources={"warehouse": _shared(warehouse), "io_manager": TableIOManager(warehouse)} | resources,
        executor=dg.in_process_executor,
    )


def _shared(warehouse: Warehouse) -> dg.ResourceDefinition:
    """The warehouse, its file opened once for several of a run's steps."""

    @dg.resource
    def resource(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        del context
        with warehouse.shared():
            yield warehouse

    return resource


@dg.definitions
def defs() -> dg.Definitions:
    """What `dg`, the web UI and the daemon load."""
    return build_defs()
