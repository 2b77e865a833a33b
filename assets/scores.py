"""Scored tables: one asset per feature table and algorithm, and the view that gives every entity its scores."""

from collections.abc import Sequence

import dagster as dg
import ibis
import pyarrow as pa

from assets.common import asset_key, described
from assets.models import model_key
from pipeline.config import Settings
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.models.nightly import score
from pipeline.nights import night_of
from pipeline.scoring.retired import retire
from pipeline.scoring.views import create_views
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.io_manager import SCOPE


def score_key(table: FeatureTable, algorithm: str) -> dg.AssetKey:
    """Such as scores/events_kmeans."""
    return dg.AssetKey(["scores", f"{table.name}_{algorithm}"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Scores of every configured algorithm, and one view per feature table."""
    algorithms = settings.training.algorithms
    return [
        asset
        for table in FEATURE_TABLES.values()
        for asset in [
            *(_scores(table, name, settings, nights) for name in algorithms),
            _view(table, algorithms, nights),
        ]
    ]


def _scores(
    table: FeatureTable, algorithm: str, settings: Settings, nights: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        key=score_key(table, algorithm),
        ins={"patterns": dg.AssetIn(asset_key(table.patterns))},
        deps=[model_key(table, algorithm)],
        partitions_def=nights,
        description=f"The night's patterns scored by {algorithm} fitted on the nights before.",
        **described("scores", {"scikitlearn"}, [table.pattern_scores], {SCOPE: {"algorithm": algorithm}}),
    )
    def scores(
        context: dg.AssetExecutionContext, patterns: ibis.Table, warehouse: dg.ResourceParam[Warehouse]
    ) -> dict[str, pa.Table]:
        return score(warehouse, table, algorithm, night_of(context.partition_key), patterns, settings.thresholds)

    return scores


def _view(table: FeatureTable, algorithms: Sequence[str], nights: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(table.scores),
        deps=[asset_key(table.entities), *(score_key(table, name) for name in algorithms)],
        partitions_def=nights,
        description=table.scores.model.__doc__,
        **described("scores", {"duckdb", "view"}, [table.scores]),
    )
    def entity_scores(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> None:
        retire(warehouse, table, night_of(context.partition_key), algorithms)
        create_views(warehouse)

    return entity_scores
