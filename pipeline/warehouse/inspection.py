"""Looks at what is stored: do a table's columns and keys hold what its schema promises."""

from collections.abc import Iterable
from datetime import date

import duckdb

from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.stored_tables import declared_types, stored_types
from schemas.base import TableSpec


def breaches_of(warehouse: Warehouse, specs: Iterable[TableSpec], night: date) -> dict[str, str]:
    """What is wrong with the stored rows of a night, a sentence by name of the table."""
    with warehouse.connect() as connection:
        return {spec.name: fault for spec in specs if (fault := _breach(connection, spec, night))}


def _breach(connection: duckdb.DuckDBPyConnection, spec: TableSpec, night: date) -> str | None:
    rows = connection.table(spec.name)
    stored, declared = stored_types(connection, spec), declared_types(spec)
    if stored != declared:
        wrong = sorted(name for name in stored.keys() | declared.keys() if stored.get(name) != declared.get(name))
        return f"{spec.name}: columns differ from the schema: {', '.join(wrong)}"
    if not spec.key:
        return None
    if spec.night:
        rows = rows.filter(duckdb.ColumnExpression(spec.night) == duckdb.ConstantExpression(night))
    key = ", ".join(spec.key)
    repeated = (
        rows.aggregate(f"{key}, count(*) as times", key).filter("times > 1").aggregate("count(*)").fetchall()[0][0]
    )
    return f"{spec.name}: {repeated} keys ({key}) occur more than once" if repeated else None
