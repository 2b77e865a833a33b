"""Timestamps as logs write them, as moments in UTC.

ISO 8601 with or without a zone, seconds to nanoseconds since 1970, or the format that the source names. A local time
that a change of clocks repeats is taken for the second one, one that it leaves out for an hour later.
"""

from datetime import datetime

import duckdb
import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.config_errors import ConfigError
from pipeline.ingest.engine_functions import (
    MOMENT,
    WALL_CLOCK,
    moment_in_zone,
    moment_since_1970,
    parsed_moment,
    parsed_wall_clock,
    shown_microseconds,
)

_EPOCH = r"^[0-9]{9,19}(\.[0-9]+)?$"
_WITHOUT_ZONE = r"^[0-9/-]+([Tt ]\s*[0-9:.,]+)?$"
_UTC = "UTC"
_YEARS = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - wall clocks


def check_format(source: Source) -> None:
    """Raise if the engine does not understand the source's format of timestamps.

    Raises:
        ConfigError: naming the fault.
    """
    if source.timestamp_format is None:
        return
    try:
        with duckdb.connect() as engine:
            engine.execute("select try_strptime('', $1)", [source.timestamp_format])
    except duckdb.InvalidInputException as error:
        fault = str(error).partition(": ")[2]
        message = f"source {source.name}: timestamp_format = {source.timestamp_format!r} cannot be used: {fault}"
        raise ConfigError(message) from None


def moment(text: ir.StringValue, source: Source) -> ir.TimestampValue:
    """The moment that a text means as it stands; null if it cannot be read. The engine's own zone must be UTC."""
    if source.timestamp_format is None:
        # the first pattern costs less where it fails than the second one
        return ibis.coalesce(_epoch(text), _iso(text, source.timezone))
    if "%z" in source.timestamp_format.lower():
        return parsed_moment(text, source.timestamp_format)
    return _local(parsed_wall_clock(text, source.timestamp_format), source.timezone)


def untidy_moment(text: ir.StringValue, source: Source, read: ir.TimestampValue) -> ir.TimestampValue:
    """The moment that was read, or else that of the text once it is tidied; null if it cannot be read either.

    `read` must be a column: of several expressions in one, the engine reckons what they share for all rows.
    """
    if source.timestamp_format is not None:
        return read
    return read.isnull().ifelse(_iso(_tidied(text), source.timezone), read)


def _iso(text: ir.StringValue, zone: str) -> ir.TimestampValue:
    """A text without a zone is read as a wall clock.

    As a moment it would take five times as long, and have the zone that a row before it names: the engine keeps it.
    """
    parsed, shown = text.try_cast(MOMENT), _local(text.try_cast(WALL_CLOCK), zone)
    return text.endswith("Z").ifelse(parsed, text.re_search(_WITHOUT_ZONE).ifelse(shown, parsed))


def _local(wall_clock: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    if zone == _UTC:
        return moment_since_1970(shown_microseconds(wall_clock))
    # beyond these years the engine's calendar fails, and the whole file with it
    return moment_in_zone(zone, wall_clock.between(*_YEARS).ifelse(wall_clock, ibis.null(WALL_CLOCK)))


def _tidied(text: ir.StringValue) -> ir.StringValue:
    """ISO 8601 that the engine does not take as it is: lower case, decimal comma, blank before the zone, no seconds."""
    compact = text.upper().replace(",", ".").re_replace(r"\s+(Z|[+-][0-9:]+)$", r"\1")
    return compact.re_replace(r"([T ][0-9]{1,2}:[0-9]{2})(Z|[+-][0-9:]+)?$", r"\1:00\2")


def _epoch(text: ir.StringValue) -> ir.TimestampValue:
    """Numbers from 9 digits on; their size tells the unit, from seconds to nanoseconds."""
    number = text.try_cast("float64")
    factor = ibis.cases((number < 1e11, 1e6), (number < 1e14, 1e3), (number < 1e17, 1.0), else_=1e-3)
    microseconds = text.re_search(_EPOCH).ifelse(number * factor, ibis.null("float64"))
    return moment_since_1970(microseconds.round().cast("int64"))
