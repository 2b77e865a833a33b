"""Functions of the engine that Ibis does not name, called by their own names, and those that ingestion teaches it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
from duckdb import DuckDBPyConnection
from duckdb.func import PythonUDFType
from duckdb.sqltypes import VARCHAR

MOMENT = dt.Timestamp(timezone="UTC", scale=6)
WALL_CLOCK = dt.Timestamp(scale=6)
TEXTS = dt.Array(dt.string)


@contextmanager
def taught(connection: DuckDBPyConnection, name: str, function: Callable[[pa.Array], pa.Array]) -> Iterator[None]:
    """Let the engine call a function of texts by a name for a while; it would not replace one that it knows."""
    connection.create_function(name, function, [VARCHAR], VARCHAR, type=PythonUDFType.ARROW)
    try:
        yield
    finally:
        connection.remove_function(name)


@ibis.udf.scalar.builtin(signature=((dt.string,), dt.boolean))
def json_valid(document: Any) -> Any:
    """Whether the text is JSON."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.string), dt.string))
def json_extract(document: Any, pointer: Any) -> Any:
    """The JSON at a pointer; fails on text that is no JSON."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=((dt.string, TEXTS), TEXTS))
def json_texts(document: Any, pointers: Any) -> Any:
    """The values at the pointers, strings without their quotes; fails on text that is no JSON."""


@ibis.udf.scalar.builtin(signature=((dt.string,), dt.string))
def sha256(text: Any) -> Any:
    """The SHA-256 of a text in hexadecimal."""


@ibis.udf.scalar.builtin(name="left", signature=((dt.string, dt.int64), dt.string))
def first_characters(text: Any, count: Any) -> Any:
    """The beginning of a text; Ibis writes `left` as something that costs more."""


@ibis.udf.scalar.builtin(signature=((dt.string,), dt.string))
def canonical_address(address: Any) -> Any:
    """The one spelling of an address, as `addresses.known_to` teaches it to the engine."""


@ibis.udf.scalar.builtin(signature=((dt.string,), dt.string))
def country_of(address: Any) -> Any:
    """The country of an address, as `meanings` teaches it to the engine while it looks countries up."""


@ibis.udf.scalar.builtin(name="make_timestamp", signature=((dt.int64,), WALL_CLOCK))
def since_1970(microseconds: Any) -> Any:
    """What a clock in UTC shows so long after 1970."""


@ibis.udf.scalar.builtin(name="make_timestamptz", signature=((dt.int64,), MOMENT))
def moment_since_1970(microseconds: Any) -> Any:
    """The moment so long after 1970; to cast what a clock shows asks the engine's calendar, ten times as long."""


@ibis.udf.scalar.builtin(name="epoch_us", signature=((WALL_CLOCK,), dt.int64))
def shown_microseconds(wall_clock: Any) -> Any:
    """How long after 1970 a clock in UTC shows a time."""


@ibis.udf.scalar.builtin(name="epoch_us", signature=((MOMENT,), dt.int64))
def microseconds(moment: Any) -> Any:
    """How long after 1970 a moment is; a date of it costs less than one by the engine's calendar."""


@ibis.udf.scalar.builtin(name="epoch_ms", signature=((MOMENT,), dt.int64))
def milliseconds(moment: Any) -> Any:
    """How long after 1970 a moment is; the engine's difference of moments costs several times as much."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, WALL_CLOCK), MOMENT))
def moment_in_zone(zone: Any, wall_clock: Any) -> Any:
    """The moment at which a clock in the zone shows a time."""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), WALL_CLOCK))
def parsed_wall_clock(text: Any, pattern: Any) -> Any:
    """The time in a text by a pattern without a zone, null if the text does not fit."""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), MOMENT))
def parsed_moment(text: Any, pattern: Any) -> Any:
    """The moment in a text by a pattern with a zone, null if the text does not fit."""


@ibis.udf.scalar.builtin(name="getvariable", signature=((dt.string,), MOMENT))
def variable(key: Any) -> Any:
    """A moment that was set on the connection."""
