"""Looks at what is stored: do a table's columns and keys hold what its schema promises."""

from collections.abc import Iterable
from datetime import date

import duckdb
import ibis

from pipeline.warehouse.engine import Warehouse
from schemas.base import TableSpec
from schemas.validation import SchemaBreachError, check_columns


def breaches_of(warehouse: Warehouse, specs: Iterable[TableSpec], night: date) -> list[str]:
    """What is wrong with the stored rows of a night, a sentence each."""
    with warehouse.connect() as connection:
        return [fault for spec in specs if (fault := _breach(connection, spec, night))]


def _breach(connection: duckdb.DuckDBPyConnection, spec: TableSpec, night: date) -> str | None:
    try:
        check_columns(spec, ibis.duckdb.from_connection(connection).table(spec.table, database=spec.database).schema())
    except SchemaBreachError as error:
        return str(error)
    rows = connection.table(spec.name)
    if spec.night:
        rows = rows.filter(duckdb.ColumnExpression(spec.night) == duckdb.ConstantExpression(night))
    key = ", ".join(spec.key)
    repeated = (
        rows.aggregate(f"{key}, count(*) as times", key).filter("times > 1").aggregate("count(*)").fetchall()[0][0]
    )
    return f"{spec.name}: {repeated} keys ({key}) occur more than once" if repeated else None
