"""The engine's SQL for expressions, kept for those that differ in their dates alone.

Compiling an expression costs more than most questions to the engine, and what one night asks the next asks too. What
does not belong here: when a connection is open (engine), what the questions are.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

# dates that stand for the night that is asked about, and for the first and last night of its baseline
NIGHT, FIRST, LAST = (date(1, 1, day) for day in (1, 2, 3))


@ibis.udf.scalar.builtin(name="getvariable", signature=((dt.string,), dt.date))
def _date_variable(key: Any) -> Any:
    """A date that was set on the connection."""


def compile_sql(expression: ibis.Expr) -> str:
    """The engine's SQL for an unbound expression, complete in itself."""
    return _compiled(expression.op())


def prepared_sql(
    connection: duckdb.DuckDBPyConnection, expression: ibis.Expr, dates: Mapping[date, date] | None = None
) -> str:
    """The engine's SQL for an unbound expression, its dates set as variables of the connection.

    It holds until the next call for the same connection.

    Args:
        connection: where the variables are set.
        expression: what is asked.
        dates: for dates of the expression that only stand for others, the others: so that one expression can be made
            once and asked for every night.
    """
    sql, names = _prepared(expression.op())
    for meant, name in names.items():
        connection.execute(f"set variable {name} = $date", {"date": (dates or {}).get(meant, meant)})
    return sql


@lru_cache(maxsize=256)
def _prepared(node: ops.Node) -> tuple[str, dict[date, str]]:
    """The SQL, and by date of the expression the variable that holds it."""
    dates = sorted({literal.value for literal in node.find(ops.Literal) if literal.dtype.is_date() and literal.value})
    names = {day: f"date_{place}" for place, day in enumerate(dates)}
    literals = {ops.Literal(day, dt.date): _date_variable(name).op() for day, name in names.items()}
    return _compiled(node.replace(literals) if literals else node), names


@lru_cache(maxsize=256)
def _compiled(node: ops.Node) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect="duckdb"))
