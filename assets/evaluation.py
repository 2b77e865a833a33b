"""How good the night's scores are, beside labels where there are some."""

import dagster as dg
import pyarrow as pa

from assets.common import WAREHOUSE_POOL, asset_key, described
from pipeline.config import Settings
from pipeline.nights import night_of
from pipeline.report.evaluation_section import evaluation_markdown
from pipeline.scoring.evaluation import evaluate
from pipeline.scoring.truth import read_or_tell
from pipeline.warehouse.engine import Warehouse
from schemas import report


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One step for all feature tables.

    It comes after the scores of all tables, but waits for the night's row alone: a table of a team's own may fail
    without keeping the report from being made.
    """

    @dg.asset(
        key=asset_key(report.EVALUATION),
        deps=[asset_key(report.NIGHTS)],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        description=report.EVALUATION.model.__doc__,
        **described("report", {"duckdb", "scikitlearn"}, [report.EVALUATION]),
    )
    def evaluation(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.Output[pa.Table]:
        night, references = night_of(context.partition_key), settings.evaluation.references
        truth, fault = read_or_tell(settings.labels_file)
        if fault:
            context.log.warning(fault)
        rows = evaluate(warehouse, settings, night, truth, references=references)
        told = {"labels": dg.MetadataValue.text(fault)} if fault else {}
        return dg.Output(rows, metadata={"evaluation": dg.MetadataValue.md(evaluation_markdown(rows)), **told})

    return [evaluation]
