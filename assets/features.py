"""Feature tables and their patterns: one step per entry of the registry."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.common import RETRIES, WAREHOUSE_POOL, asset_key, described
from pipeline.config import Settings
from pipeline.features.nightly import catch_up, feature_rows, pattern_rows
from pipeline.features.own_rows import LeftOut
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from pipeline.nights import night_of, training_window
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import Dated
from schemas.base import TableSpec
from schemas.features import EMPTY_NIGHTS


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One step per feature table: its rows, then their patterns."""
    return [_pair(table, settings, nights) for table in feature_tables(settings).values()]


def _pair(table: FeatureTable, settings: Settings, nights: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    raw = [_raw(spec, table, settings) for spec in table.raw]

    @dg.multi_asset(
        name=f"{table.name}_features",
        outs={"entities": _out(table.entities), "patterns": _out(table.patterns, EMPTY_NIGHTS)},
        deps=raw,
        internal_asset_deps={
            "entities": {dep.asset_key for dep in raw},
            "patterns": {asset_key(table.entities)},
        },
        partitions_def=nights,
        check_specs=[_left_out(table)] if table.own else [],
        pool=WAREHOUSE_POOL,
        retry_policy=RETRIES if table.own else None,
    )
    def features(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.Output[Dated] | dg.AssetCheckResult]:
        night = night_of(context.partition_key)
        if table.own:
            table.own.check()
            with warehouse.transaction() as connection:
                table.own.update_nights(connection)
        with warehouse.connect() as connection:
            caught_up = catch_up(warehouse, table, night, settings)
            built = {"nights of the baseline built again": ", ".join(map(str, caught_up)) or "none"}
            left_out = table.own.stage(connection, night) if table.own else None
            counts: dict[str, Any] = dict(left_out.counts) if left_out else {}
            yield dg.Output(feature_rows(table, night, settings), "entities", metadata=built | counts)
            yield dg.Output(pattern_rows(table, night, settings), "patterns")
            if left_out:
                yield _judged(table, left_out)

    return features


def _out(spec: TableSpec, *books: TableSpec) -> dg.AssetOut:
    details = described("features", {"duckdb", "ibis"}, [spec, *books])
    return dg.AssetOut(key=asset_key(spec), description=spec.model.__doc__, **details)


def _left_out(table: FeatureTable) -> dg.AssetCheckSpec:
    what = "No row of the night's files or query is left out."
    return dg.AssetCheckSpec("left_out_rows", asset=asset_key(table.entities), description=what)


def _judged(table: FeatureTable, left_out: LeftOut) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(table.entities),
        check_name="left_out_rows",
        passed=not left_out.rows,
        severity=dg.AssetCheckSeverity.WARN,
        description=left_out.sentence,
        metadata=left_out.counts,
    )


def _raw(spec: TableSpec, table: FeatureTable, settings: Settings) -> dg.AssetDep:
    """What looks back depends on the raw rows of the baseline window, too."""
    return dg.AssetDep(
        asset_key(spec), partition_mapping=training_window(settings.training) if table.looks_back else None
    )
