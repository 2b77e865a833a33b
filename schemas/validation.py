"""Checks rows against their table's schema, inside the engine or in memory; nothing here writes.

Pandera judges each rule of each column with queries of its own. Sound rows, the rule, are let through by one query
that counts the breaches of all of them, or by as many looks at rows that are at hand; pandera is asked when there is
a breach, and says what is wrong.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from pandera.errors import SchemaErrors

from schemas.base import TableSpec

JUDGED = "judged_rows"
Breach = Callable[[Any, dict[str, Any]], Any]

BREACHES: dict[str, Breach] = {
    "greater_than_or_equal_to": lambda column, rule: column < rule["min_value"],
    "less_than_or_equal_to": lambda column, rule: column > rule["max_value"],
    "isin": lambda column, rule: column.notin(list(rule["allowed_values"])),
}
# the same of rows in memory; for the engine NaN is above every number
BREACHES_IN_MEMORY: dict[str, Breach] = {
    "greater_than_or_equal_to": lambda column, rule: pc.less(column, rule["min_value"]),
    "less_than_or_equal_to": lambda column, rule: pc.invert(pc.less_equal(column, rule["max_value"])),
    "isin": lambda column, rule: pc.and_(
        pc.is_valid(column), pc.invert(pc.is_in(column, pa.array(rule["allowed_values"], column.type)))
    ),
}


class SchemaBreachError(ValueError):
    """Rows do not fit the table they were made for; the message says which column breaks which rule."""


def check_columns(spec: TableSpec, columns: ibis.Schema | pa.Schema) -> None:
    """Raise unless the columns are those of the table, by name and type.

    Raises:
        SchemaBreachError: columns are missing, besides, or of another type.
    """
    if isinstance(columns, pa.Schema):
        if columns.equals(spec.arrow_schema()):
            return
        columns = ibis.Schema.from_pyarrow(columns)
    expected, actual = dict(spec.schema()), dict(columns)
    wrong = sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))
    if wrong:
        details = ", ".join(f"{name}: expected {expected.get(name)}, got {actual.get(name)}" for name in wrong)
        message = f"{spec.name}: {details}"
        raise SchemaBreachError(message)


@cache
def breach_count(spec: TableSpec) -> str:
    """SQL of the engine that counts rows, and breaches of every rule, in a relation named `judged_rows`."""
    rows = ibis.table(spec.schema(), name=JUDGED)
    repeated = [rows[name].count() - rows[name].nunique() for name, column in spec.columns().items() if column.unique]
    # one sum over the rows, not one for each rule: the engine takes longer to plan them than to reckon
    broken = sum((rule.cast("int64") for rule in _breaches(spec, rows)), ibis.literal(0)).sum().fill_null(0)
    breaches = sum(repeated, broken)
    return str(ibis.to_sql(rows.agg(rows=rows.count(), breaches=breaches), dialect="duckdb"))


def breaches_in(spec: TableSpec, rows: pa.Table) -> int:
    """Breaches of every rule by rows in memory, whose columns are those of the table."""
    found = 0
    for name, column in spec.columns().items():
        values = rows[name].cast(spec.arrow_schema().field(name).type)
        if not column.nullable:
            found += values.null_count
        if column.unique:
            found += pc.count(values).as_py() - pc.count_distinct(values).as_py()
        for check in column.checks:
            found += pc.sum(BREACHES_IN_MEMORY[check.name](values, check.statistics)).as_py() or 0
    return found


def judge(spec: TableSpec, rows: ibis.Table) -> None:
    """Let pandera say what is wrong with `rows` (bound to an engine).

    Raises:
        SchemaBreachError: nulls, values out of bounds, or keys that occur twice.
    """
    try:
        spec.model.validate(rows, lazy=True)
    except SchemaErrors as breach:
        message = f"{spec.name}: {_summary(breach)}"
        raise SchemaBreachError(message) from None


def _breaches(spec: TableSpec, rows: ibis.Table) -> Iterator[Any]:
    """Whether a row breaks a rule; one that is unknown here is a programming error, not a rule that is passed over."""
    for name, column in spec.columns().items():
        if not column.nullable:
            yield rows[name].isnull()
        for check in column.checks:
            yield BREACHES[check.name](rows[name], check.statistics).fill_null(False)


def _summary(breach: SchemaErrors) -> str:
    faults = [fault for kinds in breach.message.values() for found in kinds.values() for fault in found]
    return ", ".join(sorted({f"{fault['column']} breaks {fault['check']}" for fault in faults}))
