"""The report of a night: findings, events to look at, the night's own row, the page and the published copy."""

from typing import Any

import dagster as dg
import ibis
import pyarrow as pa

from assets.common import RETRIES, WAREHOUSE_POOL, asset_key, described
from assets.scores import score_key
from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import EVENT_TABLE
from pipeline.nights import night_of, report_freshness
from pipeline.report import night as reports
from pipeline.report.miniature import summary_plot_svg
from pipeline.report.page import summary_markdown, write_index, write_page
from pipeline.report.page_data import all_nights, gather
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish
from schemas import report

PAGE = dg.AssetKey(["report", "page"])
PUBLISHED = dg.AssetKey(["report", "published"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of the report group."""
    return [*_tables(settings, nights), *_files(settings, nights)]


def _tables(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    scores = [score_key(EVENT_TABLE, name) for name in settings.training.algorithms]
    from_files = [table for table in feature_tables(settings).values() if table.nights]

    @dg.asset(
        key=asset_key(report.SUSPICIOUS_CLUSTERS),
        deps=[*scores, asset_key(EVENT_TABLE.scores), asset_key(EVENT_TABLE.entities)],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        description=report.SUSPICIOUS_CLUSTERS.model.__doc__,
        **described("report", {"duckdb", "ibis"}, [report.SUSPICIOUS_CLUSTERS, report.SUPPRESSED_CLUSTERS]),
    )
    def suspicious_clusters(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dict[str, pa.Table]:
        return reports.suspicious_clusters(warehouse, EVENT_TABLE, night_of(context.partition_key), settings)

    @dg.asset(
        key=asset_key(report.SUSPICIOUS_EVENTS),
        deps=[asset_key(report.SUSPICIOUS_CLUSTERS), *scores],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        description=report.SUSPICIOUS_EVENTS.model.__doc__,
        **described("report", {"duckdb", "ibis"}, [report.SUSPICIOUS_EVENTS]),
    )
    def suspicious_events(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> ibis.Table:
        return reports.alerts(warehouse, EVENT_TABLE, night_of(context.partition_key), settings)

    @dg.asset(
        key=asset_key(report.NIGHTS),
        deps=[asset_key(report.SUSPICIOUS_EVENTS), asset_key(EVENT_TABLE.scores), asset_key(report.DRIFT)],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        description=report.NIGHTS.model.__doc__,
        freshness_policy=report_freshness(settings.schedule),
        **described("report", {"duckdb", "ibis"}, [report.NIGHTS]),
    )
    def finished_nights(context: dg.AssetExecutionContext) -> ibis.Table:
        return reports.night_row(EVENT_TABLE, night_of(context.partition_key), from_files)

    return [suspicious_clusters, suspicious_events, finished_nights]


def _files(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key=PAGE,
        deps=[asset_key(report.NIGHTS), asset_key(report.EVALUATION), asset_key(report.DRIFT)],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        retry_policy=RETRIES,
        **described("report", {"html", "plotly"}, []),
    )
    def page(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult[Any]:
        """The night's HTML page, opened from disk."""
        with warehouse.connect():
            shown = gather(warehouse, EVENT_TABLE, night_of(context.partition_key), settings)
            nights = all_nights(warehouse)
        path = write_page(settings.reports_folder, shown)
        write_index(settings.reports_folder, nights)
        summary = (
            f"{summary_markdown(shown)}\n\n![patterns of the night]({summary_plot_svg(shown.night, shown.patterns)})"
        )
        return dg.MaterializeResult(
            metadata={"page": dg.MetadataValue.path(path), "summary": dg.MetadataValue.md(summary)}
        )

    @dg.asset(
        key=PUBLISHED,
        deps=[PAGE, asset_key(report.NIGHT_RUNS), asset_key(report.RETENTION)],
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
        retry_policy=RETRIES,
        **described("report", {"duckdb", "parquet"}, []),
    )
    def published(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult[Any]:
        """What people and dashboards read: Parquet per table and night, and a read-only DuckDB file over it."""
        catalog = publish(warehouse, settings.published_folder, night_of(context.partition_key), view_queries(settings))
        return dg.MaterializeResult(metadata={"catalog": dg.MetadataValue.path(catalog)})

    return [page, published]
