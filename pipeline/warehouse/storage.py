"""Replaces the rows of a night in a table: checked, in one transaction that the caller holds, by column name.

What does not belong here: when a transaction begins (engine), what Dagster knows of it (io_manager).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import duckdb
import ibis
import pyarrow as pa

from pipeline.warehouse.engine import compile_sql
from schemas.base import TableSpec
from schemas.validation import JUDGED, SchemaBreachError, breach_count, check_columns, judge

INCOMING = "incoming_rows"
Rows: TypeAlias = ibis.Table | pa.Table


def replace_rows(connection: duckdb.DuckDBPyConnection, spec: TableSpec, rows: Rows, scope: Mapping[str, Any]) -> int:
    """Put `rows` in place of those whose columns equal `scope`; return how many there are now.

    Args:
        connection: open, inside a transaction.
        spec: the table.
        rows: an unbound expression that the engine runs, or rows in memory.
        scope: column values that all of the rows share, such as the night; without any, all rows are replaced.

    Raises:
        SchemaBreachError: the rows are not rows of the table; the caller's transaction must be rolled back.
    """
    condition = " and ".join(f"{column} = ${column}" for column in scope) or "true"
    if isinstance(rows, pa.Table):
        check_columns(spec, ibis.Schema.from_pyarrow(rows.schema))
        connection.register(INCOMING, rows)
        query = f"from {INCOMING}"
    else:
        check_columns(spec, rows.schema())
        query = compile_sql(rows)
    connection.execute(f"delete from {spec.name} where {condition}", dict(scope))  # noqa: S608 - names are ours
    connection.execute(f"insert into {spec.name} by name {query}")
    if isinstance(rows, pa.Table):
        connection.unregister(INCOMING)
    return _checked(connection, spec, condition, scope)


def _checked(connection: duckdb.DuckDBPyConnection, spec: TableSpec, condition: str, scope: Mapping[str, Any]) -> int:
    """How many rows there are in the scope, once it is known that none of them breaks a rule."""
    judged = f"with {JUDGED} as (from {spec.name} where {condition}) {breach_count(spec)}"
    rows, breaches = connection.execute(judged, dict(scope)).fetchall()[0]
    if breaches:
        stored = ibis.duckdb.from_connection(connection).table(spec.table, database=spec.database)
        judge(spec, stored.filter([stored[column] == value for column, value in scope.items()]) if scope else stored)
        message = f"{spec.name}: {breaches} rows break a rule of the table"
        raise SchemaBreachError(message)
    return int(rows)
