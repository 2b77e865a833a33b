"""The published copy: what people and dashboards read, so that nobody but the pipeline opens the live file.

Each table and night is one Parquet file whose name never changes its content; a small DuckDB file holds views over
them. Swapping that file is what publishes: a reader sees all of a night or nothing of it, also while a run is writing.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import duckdb
from sqlglot import exp

from pipeline.upkeep.horizons import Horizons, kept_from
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.stored_tables import column_types, identity
from schemas.base import TableSpec

CATALOG = "shoal.duckdb"
WHOLE = "all"
RAW_NIGHTS = "select log_date, revision from raw.nights"
BUILT = "select log_date, max(revision) from {} group by log_date"
NO_ROWS = "0"
# what is kept of files and events changes only when a file is read, delivered or taken back
BOOKS = "select bit_xor(hash(f)) from (select columns(*)::varchar from raw.files) f"
HORIZONS = "select bit_xor(hash(r)) from (select columns(*)::varchar from report.retention) r"
DELIVERIES = "select bit_xor(hash(d)) from (select columns(*)::varchar from raw.deliveries) d"
CONTENT = "select count(*), bit_xor(hash(r)) from (select columns(*)::varchar from {}) r"


class Part(NamedTuple):
    """One Parquet file of the copy: its path from the folder, and the state of the rows that it holds."""

    file: str
    revision: str


Key = tuple[str, str]  # table, and night or WHOLE
Parts = dict[Key, Part]
Tables = Mapping[str, TableSpec]


class NothingPublishedError(FileNotFoundError):
    """No night has been published yet."""


def publish(
    warehouse: Warehouse, folder: Path, night: date | None, views: Mapping[str, str], only: Collection[str] = ()
) -> Path:
    """Export what has changed and swap the catalog; return the catalog's path.

    Args:
        warehouse: the live file, opened only for the export.
        folder: where the copy lives.
        night: that was run, if one was: all that was made of its logs is exported. Logs and features of other nights
            are when their revision is not the published one, tables that are not nightly when a file was read or, those
            of the report, when their rows changed.
        views: table name -> SQL over the other tables, for tables whose rows follow from others.
        only: names of the tables that are looked at; without any, all. Of the others the copy keeps what it has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version, tables = uuid.uuid4().hex[:12], warehouse.tables
    # the warehouse's lock is also what keeps two publishers apart
    with warehouse.connect() as connection:
        of, horizons = identity(connection), kept_from(connection)
        before = {key: part for key, part in _parts(folder, of).items() if not _is_removed(key, horizons)}
        exported = {
            key: Part(_export(connection, tables[key[0]], folder, key[1], version), revision)
            for key, revision in _states(connection, {name: tables[name] for name in only or tables}, before, night)
            if not _is_removed(key, horizons)
            and (_is_of(night, key) or key not in before or before[key].revision != revision)
        }
        catalog = _write_catalog(folder, tables, before | exported, views, version, of)
        # readers may still hold the catalog before this one, so its files stay until the next swap
        _forget(folder, keep={part.file for part in (*before.values(), *exported.values())})
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


def _is_of(night: date | None, key: Key) -> bool:
    """Whether a run of the night made the part anew, whatever its revision; logs are not made by a run."""
    return night is not None and key[1] == night.isoformat() and not key[0].startswith("raw.")


def _is_removed(key: Key, horizons: Horizons) -> bool:
    """Whether the retention has removed the part."""
    table, part = key
    before = horizons.get(table.partition(".")[0])
    return before is not None and part != WHOLE and date.fromisoformat(part) < before


def _states(
    connection: duckdb.DuckDBPyConnection, tables: Tables, known: Parts, night: date | None
) -> Iterator[tuple[Key, str]]:
    """The parts of each table that may have changed, with the revision of the rows that they would hold."""
    books = str([connection.execute(query).fetchall() for query in (BOOKS, DELIVERIES, HORIZONS)])
    logs = _by_night(connection, RAW_NIGHTS)
    for spec in (spec for spec in tables.values() if not spec.is_view):
        shape = f"/{crc32(repr(column_types(spec)).encode())}"  # files of other columns would not go together
        if spec.night is None:
            yield (spec.name, WHOLE), (books if spec.database == "raw" else _content(connection, spec)) + shape
        elif spec.database == "raw":
            yield from (((spec.name, day), revision + shape) for day, revision in logs.items())
        else:
            built = _by_night(connection, BUILT.format(spec.name)) if spec.database == "features" else {}
            parts = {day: part for (name, day), part in known.items() if name == spec.name}
            # a night without rows is a part too if it once had some
            old = {day for day in parts if spec.database == "features" or not parts[day].revision.endswith(shape)}
            days = built.keys() | old | ({night.isoformat()} if night else set())
            yield from (((spec.name, day), built.get(day, NO_ROWS) + shape) for day in sorted(days))


def _by_night(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return {day.isoformat(): str(revision) for day, revision in connection.execute(query).fetchall()}


def _content(connection: duckdb.DuckDBPyConnection, spec: TableSpec) -> str:
    """What tells the rows of a small table from any others; files of other columns would not go together."""
    shape = crc32(str(spec.schema()).encode())
    return f"{connection.execute(CONTENT.format(spec.name)).fetchall()}/{shape}"


def _export(connection: duckdb.DuckDBPyConnection, spec: TableSpec, folder: Path, part: str, version: str) -> str:
    rows = connection.table(spec.name)
    if spec.night:
        night = duckdb.ConstantExpression(date.fromisoformat(part))
        rows = rows.filter(duckdb.ColumnExpression(spec.night) == night)
    name = f"{spec.database}/{spec.table}/{part}.{version}.parquet"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(str(folder / name), compression="zstd")
    return name


def _parts(folder: Path, warehouse: str) -> Parts:
    """What the copy holds of this warehouse; what it holds of another that was in its place is nothing."""
    if not (folder / CATALOG).is_file():
        return {}
    with connect(folder) as connection:
        if connection.execute("select warehouse from published_from").fetchall() != [(warehouse,)]:
            return {}
        rows = connection.execute("select table_name, part, file, revision from published_parts").fetchall()
    return {(table, part): Part(file, revision) for table, part, file, revision in rows}


def _write_catalog(
    folder: Path, tables: Tables, parts: Parts, views: Mapping[str, str], version: str, warehouse: str
) -> Path:
    unfinished = folder / f".{version}.duckdb"
    with duckdb.connect(unfinished) as connection:
        connection.execute("create table published_from as select $warehouse as warehouse", {"warehouse": warehouse})
        columns = "table_name varchar, part varchar, file varchar, revision varchar"
        connection.execute(f"create table published_parts ({columns})")
        rows = [[*key, *part] for key, part in sorted(parts.items())]
        connection.executemany("insert into published_parts values ($1, $2, $3, $4)", rows)
        for spec in (spec for spec in tables.values() if not spec.is_view):
            own = [part for (table, _), part in sorted(parts.items()) if table == spec.name]
            files = [str((folder / part.file).resolve()) for part in own]
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
