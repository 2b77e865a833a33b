"""Scored tables: one step per feature table scores it by every algorithm, then a view gives every entity its scores."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import ibis

from assets.common import WAREHOUSE_POOL, asset_key, described
from assets.models import model_key
from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from pipeline.models.nightly import model_names, processes_for
from pipeline.nights import night_of
from pipeline.scoring.nightly import read_night, score_all
from pipeline.scoring.retired import retire
from pipeline.scoring.views import create_view
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.io_manager import SCOPE

VIEW = "entities"


def score_key(table: FeatureTable, algorithm: str) -> dg.AssetKey:
    """Such as scores/events_kmeans."""
    return dg.AssetKey(["scores", f"{table.name}_{algorithm}"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Scores of every configured algorithm and the consensus on every feature table, and a view of them per table."""
    return [_scores(table, settings, nights) for table in feature_tables(settings).values()]


def _scores(table: FeatureTable, settings: Settings, nights: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    algorithms = model_names(settings.training)
    models, patterns_key = [model_key(table, name) for name in algorithms], asset_key(table.patterns)
    view_deps = {asset_key(table.entities), *(score_key(table, name) for name in algorithms)}

    @dg.multi_asset(
        name=f"{table.name}_scores",
        outs={name: _out(table, name) for name in algorithms} | {VIEW: _view(table)},
        ins={"patterns": dg.AssetIn(patterns_key)},
        deps=[*models, asset_key(table.entities)],
        internal_asset_deps={
            **{name: {model, patterns_key} for name, model in zip(algorithms, models, strict=True)},
            VIEW: view_deps,
        },
        partitions_def=nights,
        can_subset=True,
        pool=WAREHOUSE_POOL,
    )
    def scores(
        context: dg.AssetExecutionContext, patterns: ibis.Table, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.Output[Any]]:
        chosen, night = context.selected_asset_keys, night_of(context.partition_key)
        with warehouse.connect():
            wanted = [name for name in algorithms if score_key(table, name) in chosen]
            read, most = read_night(warehouse, table, night, patterns), processes_for(settings.training)
            for name, rows in score_all(table, read, wanted, settings.thresholds, most):
                yield dg.Output(rows, name)
            if asset_key(table.scores) in chosen:
                retire(warehouse, table, night, algorithms)
                create_view(warehouse, table)
                yield dg.Output(None, VIEW)

    return scores


def _out(table: FeatureTable, algorithm: str) -> dg.AssetOut:
    details = described("scores", {"scikitlearn"}, [table.pattern_scores], {SCOPE: {"algorithm": algorithm}})
    what = f"The night's patterns scored by {algorithm} fitted on the nights before."
    return dg.AssetOut(key=score_key(table, algorithm), description=what, is_required=False, **details)


def _view(table: FeatureTable) -> dg.AssetOut:
    details = described("scores", {"duckdb", "view"}, [table.scores])
    what = table.scores.model.__doc__
    return dg.AssetOut(
        key=asset_key(table.scores), description=what, dagster_type=dg.Nothing, is_required=False, **details
    )
