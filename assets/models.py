"""One model asset per feature table and algorithm; each fills its own rows of the model tables."""

import dagster as dg
import ibis
import pyarrow as pa

from assets.common import asset_key, described
from pipeline.config import Settings
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.models.nightly import MODEL_TABLES, summary, train
from pipeline.nights import night_of, training_window
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.io_manager import SCOPE


def model_key(table: FeatureTable, algorithm: str) -> dg.AssetKey:
    """Such as models/events_kmeans."""
    return dg.AssetKey(["models", f"{table.name}_{algorithm}"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Every configured algorithm on every feature table."""
    return [
        _model(table, algorithm, settings, nights)
        for table in FEATURE_TABLES.values()
        for algorithm in settings.training.algorithms
    ]


def _model(
    table: FeatureTable, algorithm: str, settings: Settings, nights: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        key=model_key(table, algorithm),
        ins={"patterns": dg.AssetIn(asset_key(table.patterns), partition_mapping=training_window(settings.training))},
        partitions_def=nights,
        description=f"{algorithm} fitted on features.{table.name} of the baseline window, as rows of the model tables.",
        **described(
            "models",
            {"scikitlearn"},
            list(MODEL_TABLES),
            {SCOPE: {"feature_table": table.name, "algorithm": algorithm}},
        ),
    )
    def model(
        context: dg.AssetExecutionContext, patterns: ibis.Table, warehouse: dg.ResourceParam[Warehouse]
    ) -> dict[str, pa.Table]:
        rows = train(warehouse, table, algorithm, night_of(context.partition_key), patterns, settings.training)
        context.add_output_metadata({name: dg.MetadataValue.json(facts) for name, facts in summary(rows).items()})
        return rows

    return model
