"""The published copy: what people and dashboards read, so that nobody but the pipeline opens the live file.

Each table and night is one Parquet file whose name never changes its content; a small DuckDB file holds views over
them. Swapping that file is what publishes: a reader sees all of a night or nothing of it, also while a run is writing.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
from sqlglot import exp

from pipeline.warehouse.engine import Warehouse, column_types
from schemas.base import TableSpec
from schemas.registry import TABLES

CATALOG = "shoal.duckdb"
WHOLE = "all"
Parts = dict[tuple[str, str], str]  # (table, night or WHOLE) -> path of its Parquet file, from the folder


class NothingPublishedError(FileNotFoundError):
    """No night has been published yet."""


def publish(warehouse: Warehouse, folder: Path, night: date | None, views: Mapping[str, str]) -> Path:
    """Export the night's rows and swap the catalog; return the catalog's path.

    Args:
        warehouse: the live file, opened only for the export.
        folder: where the copy lives.
        night: whose rows changed, or None; tables that are not nightly are exported whole.
        views: table name -> SQL over the other tables, for tables whose rows follow from others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version = uuid.uuid4().hex[:12]
    # the warehouse's lock is also what keeps two publishers apart
    with warehouse.connect() as connection:
        before = _parts(folder)
        parts = [(spec, _part(spec, night)) for spec in TABLES.values() if not spec.is_view]
        exported = {(spec.name, part): _export(connection, spec, folder, part, version) for spec, part in parts if part}
        catalog = _write_catalog(folder, before | exported, views, version)
        # readers may still hold the catalog before this one, so its files stay until the next swap
        _forget(folder, keep={*before.values(), *exported.values()})
    return catalog


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published copy.

    Raises:
        NothingPublishedError: no night has been published yet.
    """
    catalog = folder / CATALOG
    if not catalog.is_file():
        message = f"there is no published copy in {folder} yet; run a night first (`shoal run` or `shoal demo`)"
        raise NothingPublishedError(message)
    connection = duckdb.connect(catalog, read_only=True)
    connection.execute("set timezone = 'UTC'")
    return connection


def _part(spec: TableSpec, night: date | None) -> str | None:
    """The part of a table to export: a night of a nightly one, all of any other."""
    if spec.night is None:
        return WHOLE
    return night.isoformat() if night else None


def _export(connection: duckdb.DuckDBPyConnection, spec: TableSpec, folder: Path, part: str, version: str) -> str:
    rows = connection.table(spec.name)
    if spec.night:
        night = duckdb.ConstantExpression(date.fromisoformat(part))
        rows = rows.filter(duckdb.ColumnExpression(spec.night) == night)
    name = f"{spec.database}/{spec.table}/{part}.{version}.parquet"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(str(folder / name), compression="zstd")
    return name


def _parts(folder: Path) -> Parts:
    if not (folder / CATALOG).is_file():
        return {}
    with connect(folder) as connection:
        rows = connection.execute("select table_name, part, file from published_parts").fetchall()
    return {(table, part): file for table, part, file in rows}


def _write_catalog(folder: Path, parts: Parts, views: Mapping[str, str], version: str) -> Path:
    unfinished = folder / f".{version}.duckdb"
    with duckdb.connect(unfinished) as connection:
        connection.execute("create table published_parts (table_name varchar, part varchar, file varchar)")
        rows = [[table, part, file] for (table, part), file in sorted(parts.items())]
        connection.executemany("insert into published_parts values ($1, $2, $3)", rows)
        for spec in (spec for spec in TABLES.values() if not spec.is_view):
            files = [str((folder / file).resolve()) for (table, _), file in sorted(parts.items()) if table == spec.name]
            connection.execute(f"create schema if not exists {spec.database}")
            content = f"from read_parquet({_literals(files)})" if files else _no_rows(spec)
            connection.execute(f"create view {spec.name} as {content}")
        for name, query in views.items():
            connection.execute(f"create view {name} as {query}")
    return unfinished.replace(folder / CATALOG)


def _literals(files: list[str]) -> str:
    return exp.Array(expressions=[exp.Literal.string(file) for file in files]).sql("duckdb")


def _no_rows(spec: TableSpec) -> str:
    casts = (f"null::{kind} as {name}" for name, kind in column_types(spec).items())
    return f"select {', '.join(casts)} limit 0"


def _forget(folder: Path, keep: set[str]) -> None:
    kept = {folder / file for file in keep}
    for file in folder.glob("*/*/*.parquet"):
        if file not in kept:
            file.unlink()
    for unfinished in folder.glob(".*.duckdb*"):
        unfinished.unlink()
