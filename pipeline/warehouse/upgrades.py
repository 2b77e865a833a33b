"""Brings the tables of a warehouse to those of this Shoal: an older one is migrated, a newer one is refused.

The warehouse says its version and the shape of its tables, so that opening it asks one question while both are as they
should be. Otherwise, in one transaction and after a copy of the file: the migrations that it lacks, the columns that it
lacks (null, or the empty value of their type where null is not allowed), the tables that it lacks, and its views anew.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb

from pipeline.warehouse.copies import copy_database
from pipeline.warehouse.migrations import CURRENT, MIGRATIONS
from pipeline.warehouse.stored_tables import FOUND, column_types, create_tables, declared_types, stored, stored_types
from schemas.base import TableSpec
from schemas.registry import TABLES

MARKS = "select version, shape from shoal.versions"
MARK = "create or replace table shoal.versions as select $version::integer as version, $shape as shape"
VIEWS = "select sql from duckdb_views() where not internal and database_name = current_database()"
EMPTY_VALUES = {"BIGINT": "0", "INTEGER": "0", "DOUBLE": "0", "BOOLEAN": "false", "VARCHAR": "''"}
EMPTY_LIST = "[]"


class NewerWarehouseError(RuntimeError):
    """The warehouse was written by a newer Shoal."""


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, file: Path, tables: Mapping[str, TableSpec]) -> None:
    """Have every stored table exist with the columns that its schema declares.

    Args:
        connection: to the file, outside a transaction.
        file: the warehouse; a copy of it is made beside it before anything in it is changed.
        tables: those that it is to have.

    Raises:
        NewerWarehouseError: its version, or one of its columns, is unknown here.
    """
    shape = _shape(stored(tables))
    version, found_shape = _marks(connection)
    if (version, found_shape) == (CURRENT, shape):
        return
    _refuse_newer(connection, file, version)
    if version < CURRENT or any(_lacking(connection, spec) for spec in _there(connection)):
        name = connection.execute("select current_database()").fetchall()[0][0]
        copy_database(connection, name, file.with_name(f"{file.name}.before-v{CURRENT}"))
    connection.execute("begin")
    try:
        _upgrade(connection, version, tables)
        connection.execute(MARK, {"version": CURRENT, "shape": shape})
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _marks(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The version and the shape that the warehouse has; version 0 if it is from before there were any."""
    try:
        version, shape = connection.execute(MARKS).fetchall()[0]
    except duckdb.CatalogException:
        return (0 if connection.execute(FOUND).fetchall() else CURRENT), ""
    return int(version), str(shape)


def _upgrade(connection: duckdb.DuckDBPyConnection, version: int, tables: Mapping[str, TableSpec]) -> None:
    for migration in MIGRATIONS[version:]:
        migration.reshape(connection)
    for spec in _there(connection):
        for column in _lacking(connection, spec):
            kind = column_types(spec)[column]
            default = "" if _is_nullable(spec, column) else f" default {EMPTY_VALUES.get(kind, EMPTY_LIST)}"
            connection.execute(f"alter table {spec.name} add column {column} {kind}{default}")
    create_tables(connection, tables)
    connection.execute("create schema if not exists shoal")
    for (view,) in connection.execute(VIEWS).fetchall():
        connection.execute(view.replace("CREATE VIEW", "create or replace view", 1))
    for migration in MIGRATIONS[version:]:
        migration.fill(connection)


def _refuse_newer(connection: duckdb.DuckDBPyConnection, file: Path, version: int) -> None:
    """Raise if the warehouse has a version or, at this version, columns that are unknown here."""
    remedy = "update Shoal, or name another home"
    if version > CURRENT:
        message = f"{file.name} has version {version}, and this Shoal knows versions to {CURRENT}; {remedy}"
        raise NewerWarehouseError(message)
    if version < CURRENT:
        return
    for spec in _there(connection):
        unknown = sorted(name for name, _ in stored_types(connection, spec).items() - declared_types(spec).items())
        if unknown:
            columns = f"columns of {spec.name} that this Shoal does not know: {', '.join(unknown)}"
            message = f"{file.name} has {columns}; {remedy}"
            raise NewerWarehouseError(message)


def _there(connection: duckdb.DuckDBPyConnection) -> Sequence[TableSpec]:
    """The tables of every warehouse that this one has already."""
    found = {name for (name,) in connection.execute(FOUND).fetchall()}
    return [spec for spec in stored(TABLES) if spec.name in found]


def _lacking(connection: duckdb.DuckDBPyConnection, spec: TableSpec) -> list[str]:
    present = stored_types(connection, spec)
    return [name for name in column_types(spec) if name not in present]


def _is_nullable(spec: TableSpec, column: str) -> bool:
    return bool(spec.columns()[column.strip('"')].nullable)


@cache
def _shape(specs: tuple[TableSpec, ...]) -> str:
    """A hash of the columns and types of tables."""
    said = [(spec.name, sorted(column_types(spec).items())) for spec in specs]
    return sha256(repr(sorted(said)).encode()).hexdigest()[:16]
