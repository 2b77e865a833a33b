"""Drift: how far a night is from its baseline, in one step for all tables, and checks that warn and never block."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from assets.common import WAREHOUSE_POOL, asset_key, described, tables_by_step
from assets.scores import score_key
from pipeline.config import Settings
from pipeline.features.tables import FeatureTable
from pipeline.models.nightly import model_names
from pipeline.nights import night_of
from pipeline.scoring.drift_night import drift_verdict, store_drift
from pipeline.warehouse.engine import Warehouse
from schemas.report import DRIFT

SEVERITIES = {"warning": dg.AssetCheckSeverity.WARN, "error": dg.AssetCheckSeverity.ERROR}


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """`report/drift` for the tables of the pipeline, and one more for each table that a team adds: that may fail."""
    return [_drift(key, tables, settings, nights) for key, tables in _steps(settings)]


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """A check per feature table, in one step for those that share one."""
    return [_checks(key, tables) for key, tables in _steps(settings)]


def _steps(settings: Settings) -> list[tuple[dg.AssetKey, list[FeatureTable]]]:
    shared, *alone = tables_by_step(settings)
    added = [(dg.AssetKey(["report", f"{table.name}_drift"]), [table]) for (table,) in alone]
    return [(asset_key(DRIFT), shared), *added]


def _drift(
    key: dg.AssetKey, tables: Sequence[FeatureTable], settings: Settings, nights: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        key=key,
        deps=[score_key(table, name) for table in tables for name in model_names(settings.training)],
        partitions_def=nights,
        description=DRIFT.model.__doc__,
        pool=WAREHOUSE_POOL,
        **described("report", {"duckdb", "ibis"}, [DRIFT]),
    )
    def drift(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[Any]:
        store_drift(warehouse, tables, night_of(context.partition_key), settings)
        return dg.MaterializeResult()

    return drift


def _checks(key: dg.AssetKey, tables: Sequence[FeatureTable]) -> dg.AssetChecksDefinition:
    what = "Features, clusters and flagged rows are those of the baseline, but for what is usual between nights."
    specs = [dg.AssetCheckSpec(f"{table.name}_drift", asset=key, description=what) for table in tables]

    @dg.multi_asset_check(name=f"{'_'.join(key.path)}_expectations", specs=specs, can_subset=True, pool=WAREHOUSE_POOL)
    def expectations(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        with warehouse.connect():
            for table, spec in zip(tables, specs, strict=True):
                if spec.key not in context.selected_asset_check_keys:
                    continue
                level, sentence = drift_verdict(warehouse, table, night_of(context.partition_key))
                yield dg.AssetCheckResult(
                    asset_key=key,
                    check_name=spec.name,
                    passed=level not in SEVERITIES,
                    severity=SEVERITIES.get(level, dg.AssetCheckSeverity.WARN),
                    description=sentence,
                )

    return expectations
