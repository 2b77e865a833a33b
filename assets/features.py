"""Feature tables and their patterns, one pair per entry of the registry."""

import dagster as dg
import ibis

from assets.common import asset_key, described
from pipeline.config import Settings
from pipeline.features.nightly import catch_up, feature_rows
from pipeline.features.patterns import collapse
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.nights import night_of
from pipeline.warehouse.engine import Warehouse


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Two assets per feature table: its rows, and their patterns."""
    return [asset for table in FEATURE_TABLES.values() for asset in _pair(table, settings, nights)]


def _pair(table: FeatureTable, settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=asset_key(table.entities),
        ins={"rows": dg.AssetIn(asset_key(table.raw))},
        partitions_def=nights,
        description=table.entities.model.__doc__,
        **described("features", {"duckdb", "ibis"}, [table.entities]),
    )
    def features(
        context: dg.AssetExecutionContext, rows: ibis.Table, warehouse: dg.ResourceParam[Warehouse]
    ) -> ibis.Table:
        caught_up = catch_up(warehouse, table, night_of(context.partition_key), settings)
        context.add_output_metadata({"nights of the baseline built again": ", ".join(map(str, caught_up)) or "none"})
        return feature_rows(rows, table, settings)

    @dg.asset(
        key=asset_key(table.patterns),
        ins={"rows": dg.AssetIn(asset_key(table.entities))},
        partitions_def=nights,
        description=table.patterns.model.__doc__,
        **described("features", {"duckdb", "ibis"}, [table.patterns]),
    )
    def patterns(rows: ibis.Table) -> ibis.Table:
        return collapse(rows, table)

    return [features, patterns]
