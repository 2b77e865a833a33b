"""The report of a night: findings, events to look at, the night's own row, the page and the published copy."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.common import RETRIES, WAREHOUSE_POOL, asset_key, described
from assets.scores import score_key
from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import EVENT_TABLE
from pipeline.models.nightly import model_names
from pipeline.nights import night_of, report_freshness
from pipeline.report import night as reports
from pipeline.report.finished import night_row
from pipeline.report.miniature import summary_plot_svg
from pipeline.report.page.gathering import all_nights, gather
from pipeline.report.page.summary import summary_markdown
from pipeline.report.page.writing import write_index, write_page
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish
from schemas import report
from schemas.base import TableSpec

PAGE = dg.AssetKey(["report", "page"])
PUBLISHED = dg.AssetKey(["report", "published"])


def build(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of the report group."""
    return [*_tables(settings, nights), *_files(settings, nights)]


def _tables(settings: Settings, nights: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    tables = feature_tables(settings)
    from_files = [table for table in tables.values() if table.nights]
    scores = [score_key(table, name) for table in tables.values() for name in model_names(settings.training)]
    views = [asset_key(table.scores) for table in tables.values()]
    outs = {spec.table: _out(spec) for spec in reports.FILLED}
    outs[report.NIGHTS.table] = _out(report.NIGHTS, freshness_policy=report_freshness(settings.schedule))
    own = {asset_key(spec) for spec in reports.FILLED}

    @dg.multi_asset(
        name="findings",
        outs=outs,
        deps=[*scores, *views, asset_key(report.DRIFT)],
        internal_asset_deps={
            **{spec.table: {*scores, *views} for spec in reports.FILLED},
            report.NIGHTS.table: {*own, asset_key(EVENT_TABLE.scores), asset_key(report.DRIFT)},
        },
        partitions_def=nights,
        pool=WAREHOUSE_POOL,
    )
    def findings(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[dg.Output[Any]]:
        night = night_of(context.partition_key)
        with warehouse.connect():
            for name, rows in reports.findings_of(warehouse, night, settings).items():
                yield dg.Output(rows, name.split(".")[1])
            row = night_row(EVENT_TABLE, night, settings.training.window_days, from_files)
            yield dg.Output(row, report.NIGHTS.table)

    return [findings]


def _out(spec: TableSpec, **more: Any) -> dg.AssetOut:
    details = described("report", {"duckdb", "ibis"}, [spec])
    return dg.AssetOut(key=asset_key(spec), description=spec.model.__doc__, **details, **more)


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
            nights = all_nights(warehouse)
            shown = gather(warehouse, settings, night_of(context.partition_key), nights)
        path = write_page(settings.reports_folder, shown)
        write_index(settings.reports_folder, nights)
        summary = f"{summary_markdown(shown)}\n\n![patterns of the night]({summary_plot_svg(shown)})"
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.path(path),
                "summary": dg.MetadataValue.md(summary),
                "findings": len(shown.findings),
                "alerts": len(shown.events),
            }
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
