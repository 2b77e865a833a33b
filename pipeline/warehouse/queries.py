"""The engine's SQL for expressions, kept for those that differ in their dates alone.

Compiling an expression costs more than most questions to the engine, and what one night asks the next asks too. What
does not belong here: when a connection is open (engine), what the questions are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

# dates that stand for the night that is asked about, and for the first and last night of its baseline window
NIGHT, FIRST, LAST = (date(1, 1, day) for day in (1, 2, 3))
MOST_KEPT = 64  # expressions of a kind: more feature tables than a site has


def window_dates(night: date, window_days: int) -> dict[date, date]:
    """What these dates stand for when a night is asked about."""
    return {NIGHT: night, FIRST: night - timedelta(days=window_days), LAST: night - timedelta(days=1)}


@dataclass(frozen=True, eq=False)
class Dated:
    """An unbound expression that is made once for all nights, and what its dates stand for in one of them.

    To make a large expression takes longer than to ask for it.
    """

    expression: ibis.Table
    dates: Mapping[date, date]


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
    question = _question(expression.op())
    for meant, name in question.names.items():
        connection.execute(f"set variable {name} = $date", {"date": (dates or {}).get(meant, meant)})
    return _prepared(question)


@dataclass(frozen=True)
class _Question:
    """An expression; those that differ in their dates alone are equal.

    Attributes:
        shape: its nodes, each with its type and arguments: for other nodes their places, for dates their variables.
        node: the expression itself.
        names: by date, the variable that holds it.
    """

    shape: tuple[Any, ...]
    node: ops.Node = field(compare=False)
    names: dict[date, str] = field(compare=False)


@lru_cache(maxsize=256)
def _question(node: ops.Node) -> _Question:
    places: dict[ops.Node, int] = {}
    shapes: list[Any] = []
    names: dict[date, str] = {}

    def shape(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(shape, value))
        if isinstance(value, Mapping):
            return tuple((key, shape(each)) for key, each in value.items())
        if not isinstance(value, ops.Node):
            return value
        if value not in places:
            is_date = isinstance(value, ops.Literal) and value.dtype == dt.date and value.value
            own = names.setdefault(value.value, f"date_{len(names)}") if is_date else tuple(map(shape, value.__args__))
            places[value] = len(shapes)
            shapes.append((type(value), own))
        return ops.Node, places[value]

    shape(node)
    return _Question(tuple(shapes), node, names)


@lru_cache(maxsize=256)
def _prepared(question: _Question) -> str:
    variables = {ops.Literal(day, dt.date): _date_variable(name).op() for day, name in question.names.items()}
    # to compile costs most, then to put in the variables: neither is done for what only differs in its dates
    return _compiled(question.node.replace(variables) if variables else question.node)


@lru_cache(maxsize=256)
def _compiled(node: ops.Node) -> str:
    return str(ibis.to_sql(node.to_expr(), dialect="duckdb"))
