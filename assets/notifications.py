"""Who is told of a night: one asset, there only where channels are configured."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.common import WAREHOUSE_POOL, described
from assets.report import PUBLISHED
from pipeline.config import Settings
from pipeline.feeds.delivery import Outcome
from pipeline.feeds.notifications import notify_night
from pipeline.nights import night_of
from pipeline.warehouse.engine import Warehouse
from schemas.report import OUTBOX

NOTIFIED = dg.AssetKey(["report", "notified"])
DELIVERED = "delivered"


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The asset that tells the configured channels; after publishing, so that who is told finds the night there."""
    if not settings.notifications:
        return []
    arrives = dg.AssetCheckSpec(DELIVERED, asset=NOTIFIED, description="Every message has reached its receiver.")

    @dg.asset(
        key=NOTIFIED,
        deps=[PUBLISHED],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        check_specs=[arrives],
        description=OUTBOX.model.__doc__,
        **described("report", {"duckdb"}, [OUTBOX]),
    )
    def notified(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        outcomes = notify_night(settings, warehouse, night_of(context.partition_key))
        yield dg.MaterializeResult(
            metadata={"delivered": sum(outcome.arrived for outcome in outcomes)}, check_results=[_verdict(outcomes)]
        )

    return [notified]


def _verdict(outcomes: list[Outcome]) -> dg.AssetCheckResult:
    """A warning where a message did not arrive; it stays in the outbox and never fails a night."""
    faults = sorted({f"{outcome.channel}: {outcome.fault}" for outcome in outcomes if not outcome.arrived})
    return dg.AssetCheckResult(
        check_name=DELIVERED,
        passed=not faults,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(faults) or f"{len(outcomes)} delivered, none waits",
    )
