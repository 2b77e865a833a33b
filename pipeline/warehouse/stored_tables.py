"""The stored tables as the engine knows them: their columns and types, which exist, and how one is created.

What does not belong here: versions of all of them together (upgrades), when the file is open (engine).
"""

import uuid
from collections.abc import Mapping
from functools import cache

import duckdb
from sqlglot import exp

from schemas.base import TableSpec
from schemas.registry import TABLES

IDENTITY = """
select comment from duckdb_tables()
where schema_name = 'raw' and table_name = 'nights' and database_name = current_database()
"""
FOUND = """
select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database() and not temporary
"""


def create_tables(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableSpec]) -> None:
    """Create the stored tables that do not exist yet, as their schemas say.

    A table of a configured feature table whose columns are others now is made anew, without rows.
    """
    found = connection.execute(FOUND).fetchall()
    for spec in stored(tables):
        is_there = (spec.name,) in found
        if is_there and (spec.name in TABLES or _has_columns(connection, spec)):
            continue
        connection.execute(f"create schema if not exists {spec.database}")
        columns = ", ".join(f"{name} {kind}" for name, kind in column_types(spec).items())
        connection.execute(f"create or replace table {spec.name} ({columns})")
    if not found:
        connection.execute(f"comment on table raw.nights is '{uuid.uuid4().hex}'")


def stored(tables: Mapping[str, TableSpec]) -> tuple[TableSpec, ...]:
    """Those that have rows of their own."""
    return tuple(spec for spec in tables.values() if not spec.is_view)


def _has_columns(connection: duckdb.DuckDBPyConnection, spec: TableSpec) -> bool:
    """Whether the stored table has the columns of the schema."""
    casts = ", ".join(f"null::{kind} as {name}" for name, kind in column_types(spec).items())
    declared, present = connection.sql(f"select {casts}"), connection.table(spec.name)
    return (declared.columns, declared.types) == (present.columns, present.types)


def stored_types(connection: duckdb.DuckDBPyConnection, spec: TableSpec) -> dict[str, str]:
    """The types that the stored table has, in the engine's own names, by quoted column."""
    rows = connection.table(spec.name)
    return {quoted(name): str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}


@cache
def declared_types(spec: TableSpec) -> dict[str, str]:
    """The types that the schema declares, in the engine's own names, by quoted column."""
    with duckdb.connect() as connection:
        casts = ", ".join(f"null::{kind} as {name}" for name, kind in column_types(spec).items())
        empty = connection.sql(f"select {casts}")
        return {quoted(name): str(kind) for name, kind in zip(empty.columns, empty.types, strict=True)}


def identity(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells this warehouse from one that was made anew in its place, whose revisions start again."""
    return str(connection.execute(IDENTITY).fetchall()[0][0])


@cache
def column_types(spec: TableSpec) -> dict[str, str]:
    """The engine's name for the type of each column, by the column's quoted name."""
    definitions = spec.schema().to_sqlglot_column_defs("duckdb")
    return {quoted(column.name): column.kind.sql("duckdb") for column in definitions}


def quoted(name: str) -> str:
    """A column's name as the engine takes any name."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")
