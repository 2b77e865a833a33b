"""Functions of the engine that Ibis does not name; each is called by its own name, so nothing runs in Python."""

from functools import cache
from typing import Any

import ibis
import ibis.expr.datatypes as dt


@ibis.udf.scalar.builtin(name="timezone")
def at_zone(zone: str, moment: dt.Timestamp(timezone="UTC", scale=6)) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """Wall-clock time of a moment in a zone."""


def row_hash(*columns: ibis.Value) -> Any:
    """A 63-bit hash of the values of a row, nulls included."""
    parts = ibis.struct({f"c{position}": column for position, column in enumerate(columns)})
    return (_hash_of(parts.type())(parts) >> ibis.literal(1, "uint64")).cast("int64")


@cache
def _hash_of(kind: dt.Struct) -> Any:
    """The engine's hash of a row; one function per type of row, so that equal expressions are equal."""

    @ibis.udf.scalar.builtin(name="hash", signature=((kind,), dt.uint64))
    def engine_hash(row: Any) -> Any: ...

    return engine_hash


def hex_number(digits: ibis.Value) -> ibis.Value:
    """The value of hexadecimal digits: the engine reads them as a number after 0x."""
    return (ibis.literal("0x") + digits).cast("int64")
