"""The engine's SQL for expressions, kept for those that differ in their dates alone.

Compiling an expression costs more than most questions to the engine, and what one night asks the next asks too. What
does not belong here: when a connection is open (engine), what the questions are.
"""

from functools import lru_cache
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops


@ibis.udf.scalar.builtin(name="getvariable", signature=((dt.string,), dt.date))
def _date_variable(key: Any) -> Any:
    """A date that was set on the connection."""


def compile_sql(expression: ibis.Expr) -> str:
    """The engine's SQL for an unbound expression, complete in itself."""
    return _compiled(expression.op())


def prepared_sql(connection: duckdb.DuckDBPyConnection, expression: ibis.Expr) -> str:
    """The engine's SQL for an unbound expression, its dates set as variables of the connection.

    It holds until the next call for the same connection.
    """
    node = expression.op()
    dates = sorted({literal.value for literal in node.find(ops.Literal) if literal.dtype.is_date() and literal.value})
    names = {date: f"date_{place}" for place, date in enumerate(dates)}
    if not dates:
        return _compiled(node)
    for date, name in names.items():
        connection.execute(f"set variable {name} = $date", {"date": date})
    literals = {ops.Literal(date, dt.date): _date_variable(name).op() for date, name in names.items()}
    return _compiled(node.replace(literals))


@lru_cache(maxsize=256)
def _compiled(node: ops.Node) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect="duckdb"))
