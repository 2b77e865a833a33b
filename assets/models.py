"""Models: one step per feature table, which reads the baseline once and fits all algorithms and the consensus on it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import ibis

from assets.common import WAREHOUSE_POOL, asset_key, described
from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from pipeline.models.nightly import model_names, read_baseline, summary, train_all
from pipeline.nights import night_of, training_window
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.io_manager import SCOPE
from schemas.models import TABLES as MODEL_TABLES


def model_key(table: FeatureTable, algorithm: str) -> dg.AssetKey:
    """Such as models/events_kmeans."""
    return dg.AssetKey(["models", f"{table.name}_{algorithm}"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Every configured algorithm, and the consensus, on every feature table."""
    return [_models(table, settings, nights) for table in feature_tables(settings).values()]


def _models(table: FeatureTable, settings: Settings, nights: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    outs: dict[str, dg.AssetOut] = {name: _out(table, name) for name in model_names(settings.training)}

    @dg.multi_asset(
        name=f"{table.name}_models",
        outs=outs,
        ins={"patterns": dg.AssetIn(asset_key(table.patterns), partition_mapping=training_window(settings.training))},
        partitions_def=nights,
        can_subset=True,
        pool=WAREHOUSE_POOL,
    )
    def models(
        context: dg.AssetExecutionContext, patterns: ibis.Table, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.Output[Any]]:
        night = night_of(context.partition_key)
        with warehouse.connect():
            baseline = read_baseline(warehouse, table, night, patterns, settings.training)
            chosen = [name for name in outs if model_key(table, name) in context.selected_asset_keys]
            for name, rows in train_all(baseline, chosen, settings.training):
                facts = {what: dg.MetadataValue.json(value) for what, value in summary(rows).items()}
                yield dg.Output(rows, name, metadata=facts)

    return models


def _out(table: FeatureTable, algorithm: str) -> dg.AssetOut:
    details = described(
        "models", {"scikitlearn"}, list(MODEL_TABLES), {SCOPE: {"feature_table": table.name, "algorithm": algorithm}}
    )
    what = f"{algorithm} fitted on features.{table.name} of the baseline window, as rows of the model tables."
    return dg.AssetOut(key=model_key(table, algorithm), description=what, is_required=False, **details)
