"""Models: a step reads the baseline of each feature table once and fits all algorithms and the consensus on it."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import dagster as dg
import ibis

from assets.common import WAREHOUSE_POOL, asset_key, described, tables_by_step
from pipeline.config import Settings
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
    """Every configured algorithm, and the consensus, on every feature table.

    One step for the tables of the pipeline, so that all cores have something to fit until the end, and one more for
    each table that a team adds: that may fail.
    """
    shared, *alone = tables_by_step(settings)
    added = [_models(f"{table.name}_models", [table], settings, nights) for (table,) in alone]
    return [_models("models", shared, settings, nights), *added]


def _models(
    step: str, tables: Sequence[FeatureTable], settings: Settings, nights: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    names = model_names(settings.training)
    window = training_window(settings.training)
    outputs = {(table.name, name): f"{table.name}_{name}" for table in tables for name in names}
    patterns_of = {table.name: asset_key(table.patterns) for table in tables}

    @dg.multi_asset(
        name=step,
        outs={outputs[table.name, name]: _out(table, name) for table in tables for name in names},
        ins={f"{table}_patterns": dg.AssetIn(key, partition_mapping=window) for table, key in patterns_of.items()},
        internal_asset_deps={output: {patterns_of[table]} for (table, _), output in outputs.items()},
        partitions_def=nights,
        can_subset=True,
        pool=WAREHOUSE_POOL,
    )
    def models(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], **patterns: ibis.Table
    ) -> Iterator[dg.Output[Any]]:
        night, wanted = night_of(context.partition_key), context.selected_asset_keys
        chosen = {table.name: [name for name in names if model_key(table, name) in wanted] for table in tables}
        baselines = {
            table.name: partial(
                read_baseline, warehouse, table, night, patterns[f"{table.name}_patterns"], settings.training
            )
            for table in tables
            if chosen[table.name]
        }
        for table, name, rows in train_all(baselines, chosen, settings.training):
            facts = {what: dg.MetadataValue.json(value) for what, value in summary(rows).items()}
            yield dg.Output(rows, outputs[table, name], metadata=facts)

    return models


def _out(table: FeatureTable, algorithm: str) -> dg.AssetOut:
    details = described(
        "models", {"scikitlearn"}, list(MODEL_TABLES), {SCOPE: {"feature_table": table.name, "algorithm": algorithm}}
    )
    what = f"{algorithm} fitted on features.{table.name} of the baseline window, as rows of the model tables."
    return dg.AssetOut(key=model_key(table, algorithm), description=what, is_required=False, **details)
