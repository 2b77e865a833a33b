"""Removes what is older than the retention allows, from the warehouse in one transaction, then pages.

What stays: the books of files (a file of removed nights that is delivered again is known by its content and not read),
raw.nights, the books of added tables, and models that are pinned or scored a kept night. The published copy follows
when it is next brought up to date.
"""

import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import duckdb

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.ingest.targets import TARGETS, of_each
from pipeline.upkeep.horizons import LAYER_OF, Horizons, due, record
from pipeline.warehouse.engine import Warehouse
from schemas.base import TableSpec
from schemas.models import TABLES as MODEL_TABLES
from schemas.pins import PINS

OLD_RECORDS = "select {key} as event_id, file_id from {table} where log_date < $before"
OLD = (
    f"create or replace temp table old_records as {of_each(TARGETS.values(), OLD_RECORDS)}",
    """
    create or replace temp table old_files as
    select file_id from raw.files where coalesce(last_event, ingested_at)::date < $before
    """,
)
FLAG = """
update raw.files set removed_before = $before where file_id in (
    select file_id from old_records union all
    select file_id from raw.duplicate_events where event_id in (select event_id from old_records) union all
    select file_id from raw.rejected_lines where file_id in (from old_files)
)
"""
BOOKS = (
    "delete from raw.duplicate_events where event_id in (select event_id from old_records)",
    "delete from raw.rejected_lines where file_id in (from old_files)",
)
FIRST_NIGHT = """
select min(log_date) from (select log_date from raw.nights union all select log_date from report.nights)
"""
SERVING = "select model_id from {table}"


def remove_old(warehouse: Warehouse, settings: Settings) -> dict[str, int]:
    """Remove what is due; return how many rows were removed, by table."""
    with warehouse.transaction() as connection:
        wanted = due(connection, settings)
        horizons = {layer: before for layer, before in wanted.items() if _has_older(connection, before)}
        ledgers = {table.nights.name for table in feature_tables(settings).values() if table.nights}
        removed = dict(_removed(connection, _nightly(warehouse.tables.values(), ledgers), horizons))
        record(connection, horizons)
    remove_pages(settings.reports_folder, horizons.get("report"))
    return removed


def _has_older(connection: duckdb.DuckDBPyConnection, before: date) -> bool:
    """Whether any night lies before: if none does, nothing has been removed."""
    first = connection.execute(FIRST_NIGHT).fetchall()[0][0]
    return first is not None and first < before


def _nightly(tables: Iterable[TableSpec], ledgers: set[str]) -> list[TableSpec]:
    """Stored tables with rows by night, models last: which of them stay depends on the scores that stay."""
    chosen = [spec for spec in tables if spec.night and not spec.is_view and spec.name not in ledgers]
    return sorted(chosen, key=lambda spec: spec in MODEL_TABLES)


def _removed(
    connection: duckdb.DuckDBPyConnection, tables: list[TableSpec], horizons: Horizons
) -> Iterator[tuple[str, int]]:
    if before := horizons.get("raw"):
        for statement in (*OLD, FLAG):
            connection.execute(statement, {"before": before})
        for statement in BOOKS:
            connection.execute(statement)
    naming = [spec.name for spec in tables if spec.database == "scores"] + [PINS.name]
    serving = " union all ".join(SERVING.format(table=name) for name in naming)
    for spec in tables:
        if before := horizons.get(LAYER_OF.get(spec.database, "")):
            kept = f" and model_id not in ({serving})" if spec in MODEL_TABLES else ""
            delete = f"delete from {spec.name} where {spec.night} < $before{kept}"  # noqa: S608 - names are ours
            if rows := connection.execute(delete, {"before": before}).fetchall()[0][0]:
                yield spec.name, int(rows)


def remove_pages(folder: Path, before: date | None) -> None:
    """Remove the folders of the pages of earlier nights."""
    for page in folder.iterdir() if before and folder.is_dir() else ():
        if _is_before(page.name, before):
            shutil.rmtree(page)


def _is_before(name: str, before: date | None) -> bool:
    try:
        return before is not None and date.fromisoformat(name) < before
    except ValueError:
        return False
