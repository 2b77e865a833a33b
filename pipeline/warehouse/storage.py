"""Replaces the rows of a night in a table: checked, in one transaction that the caller holds, by column name.

What does not belong here: when a transaction begins (engine), what Dagster knows of it (io_manager).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import duckdb
import ibis
import pyarrow as pa

from pipeline.warehouse.queries import Dated, prepared_sql
from schemas.base import TableSpec
from schemas.validation import JUDGED, SchemaBreachError, breach_count, breaches_in, check_columns, judge

INCOMING = "incoming_rows"
Rows: TypeAlias = ibis.Table | Dated | pa.Table


def replace_rows(connection: duckdb.DuckDBPyConnection, spec: TableSpec, rows: Rows, scope: Mapping[str, Any]) -> int:
    """Put `rows` in place of those whose columns equal `scope`; return how many there are now.

    Args:
        connection: open, inside a transaction.
        spec: the table.
        rows: an unbound expression that the engine runs, with what its dates stand for or by itself; or rows in memory.
        scope: column values that all of the rows share, such as the night; without any, all rows are replaced.

    Raises:
        SchemaBreachError: the rows are not rows of the table; the caller's transaction must be rolled back.
    """
    condition = " and ".join(f"{column} = ${column}" for column in scope) or "true"
    stored = f"from {spec.name} where {condition}"
    if isinstance(rows, ibis.Table):
        rows = Dated(rows, {})
    check_columns(spec, rows.schema if isinstance(rows, pa.Table) else rows.expression.schema())
    connection.execute(f"delete {stored}", dict(scope))
    if isinstance(rows, pa.Table):
        if rows.num_rows:
            connection.register(INCOMING, rows)
            connection.execute(f"insert into {spec.name} by name from {INCOMING}")
            connection.unregister(INCOMING)
        # they are at hand, and a table may have to read much to find them
        count, breaches = rows.num_rows, breaches_in(spec, rows)
    else:
        connection.execute(f"insert into {spec.name} by name {prepared_sql(connection, rows.expression, rows.dates)}")
        counted = f"with {JUDGED} as ({stored}) {breach_count(spec)}"
        count, breaches = connection.execute(counted, dict(scope)).fetchall()[0]
    if breaches:
        _refuse(connection, spec, breaches, scope)
    return int(count)


def _refuse(connection: duckdb.DuckDBPyConnection, spec: TableSpec, breaches: int, scope: Mapping[str, Any]) -> None:
    """Raise, with pandera's words where it finds the breaches, too."""
    stored = ibis.duckdb.from_connection(connection).table(spec.table, database=spec.database)
    judge(spec, stored.filter([stored[column] == value for column, value in scope.items()]) if scope else stored)
    message = f"{spec.name}: {breaches} rows break a rule of the table"
    raise SchemaBreachError(message)
