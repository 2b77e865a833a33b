"""What every schema shares: strictness, column types with their units, and the registry entry of a table.

A table is one pandera model with every column described; nothing here knows Dagster, DuckDB or how a table is made.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pandera.ibis as pa
from pandera.dtypes import immutable
from pandera.engines.ibis_engine import DataType, Engine
from pyarrow import Schema as ArrowSchema

Timestamp = dt.Timestamp(timezone="UTC", scale=6)
Date = dt.date
Text = dt.string
Int16 = dt.int16
Int32 = dt.int32
Int64 = dt.int64
Float = dt.float64
Flag = dt.boolean
Texts = dt.Array(dt.string)
Ints = dt.Array(dt.int64)
Floats = dt.Array(dt.float64)


@Engine.register_dtype(equivalents=[Texts])
@immutable
class _Texts(DataType):
    """A list of strings; pandera's Ibis backend brings no lists of its own."""

    type = Texts


@Engine.register_dtype(equivalents=[Ints])
@immutable
class _Ints(DataType):
    """A list of 64-bit integers."""

    type = Ints


@Engine.register_dtype(equivalents=[Floats])
@immutable
class _Floats(DataType):
    """A list of 64-bit floats."""

    type = Floats


class Table(pa.DataFrameModel):
    """A table whose columns are exactly those described: none missing, none besides."""

    class Config:
        """Columns that nobody described are an error, not an extra."""

        strict = True


def column(description: str, *, nullable: bool = False, **checks: Any) -> Any:
    """A described column; `checks` are pandera's (ge, le, isin, ...)."""
    return pa.Field(description=description, nullable=nullable, **checks)


@dataclass(frozen=True)
class TableSpec:
    """Where a table lives and what makes a row of it unique.

    Attributes:
        name: schema-qualified name, such as `raw.security_events`.
        model: the pandera model that new rows must pass.
        key: columns that identify a row; none where nothing does.
        night: the column that says which night a row belongs to, or None for tables that are not nightly.
        is_view: the rows follow from other tables, so none are stored.
    """

    name: str
    model: type[Table]
    key: tuple[str, ...]
    night: str | None = "log_date"
    is_view: bool = False

    @property
    def database(self) -> str:
        """The schema part of the name."""
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        """The table part of the name."""
        return self.name.split(".")[1]

    def columns(self) -> dict[str, Any]:
        """Pandera's columns by name, in the order in which the model lists them."""
        return _columns(self)

    def schema(self) -> ibis.Schema:
        """The Ibis schema; nullability is checked by pandera, not carried by the type."""
        return _schema(self)

    def arrow_schema(self) -> ArrowSchema:
        """The schema of its rows in memory."""
        return arrow_schema(self.schema())

    def unbound(self) -> ibis.Table:
        """The table as an expression that needs no open connection."""
        return ibis.table(self.schema(), name=self.table, database=self.database)


@cache
def arrow_schema(schema: ibis.Schema) -> ArrowSchema:
    """The same columns in memory; kept, since each of them is translated by itself."""
    return schema.to_pyarrow()


@cache
def _columns(spec: TableSpec) -> dict[str, Any]:
    return dict(spec.model.to_schema().columns)


@cache
def _schema(spec: TableSpec) -> ibis.Schema:
    return ibis.schema({name: str(column.dtype) for name, column in _columns(spec).items()})


def of_night(spec: TableSpec, night: date) -> ibis.Table:
    """The rows of one night of a nightly table, as an expression that needs no open connection."""
    rows = spec.unbound()
    return rows.filter(rows[spec.night or "log_date"] == night)


def of_nights(spec: TableSpec, first: date, last: date) -> ibis.Table:
    """The rows of the nights from first to last."""
    rows = spec.unbound()
    return rows.filter(rows[spec.night or "log_date"].between(first, last))
