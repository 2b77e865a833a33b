"""Feature tables and their patterns, one pair per entry of the registry."""

import dagster as dg
import ibis

from assets.common import asset_key, described
from pipeline.config import Settings
from pipeline.features.nightly import catch_up, feature_rows, pattern_rows
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.nights import night_of, training_window
from pipeline.warehouse.engine import Warehouse
from schemas.base import TableSpec


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Two assets per feature table: its rows, and their patterns."""
    return [asset for table in FEATURE_TABLES.values() for asset in _pair(table, settings, nights)]


def _pair(table: FeatureTable, settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=asset_key(table.entities),
        deps=[_raw(spec, table, settings) for spec in table.raw],
        partitions_def=nights,
        description=table.entities.model.__doc__,
        **described("features", {"duckdb", "ibis"}, [table.entities]),
    )
    def features(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> ibis.Table:
        night = night_of(context.partition_key)
        caught_up = catch_up(warehouse, table, night, settings)
        context.add_output_metadata({"nights of the baseline built again": ", ".join(map(str, caught_up)) or "none"})
        return feature_rows(table, night, settings)

    @dg.asset(
        key=asset_key(table.patterns),
        deps=[asset_key(table.entities)],
        partitions_def=nights,
        description=table.patterns.model.__doc__,
        **described("features", {"duckdb", "ibis"}, [table.patterns]),
    )
    def patterns(context: dg.AssetExecutionContext) -> ibis.Table:
        return pattern_rows(table, night_of(context.partition_key), settings)

    return [features, patterns]


def _raw(spec: TableSpec, table: FeatureTable, settings: Settings) -> dg.AssetDep:
    """What looks back depends on the raw rows of the baseline window, too."""
    return dg.AssetDep(
        asset_key(spec), partition_mapping=training_window(settings.training) if table.looks_back else None
    )
