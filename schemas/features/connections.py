"""Features of connections, and their patterns."""

from typing import Any

from schemas.base import Date, Flag, Float, Int16, Int64, Table, TableSpec, Text, column
from schemas.features.common import ENTITY_PATTERN, LABEL, LOG_DATE, PATTERN_ID, REVISION


def _bytes(what: str) -> Any:
    return column(
        f"log2 of 1 + the bytes {what}, rounded down to powers of four; null where the log names none",
        nullable=True,
        ge=0,
    )


def _packets(way: str) -> Any:
    return column(
        f"log2 of the packets {way}, rounded down to powers of four, -1 for none; null where the log names none",
        nullable=True,
        ge=-1,
    )


def _regular(what: str, measure: str, steps: str) -> Any:
    return column(
        f"{measure} of the {what} of the night's connections of the same source, destination and port, in {steps}; "
        "null below three of them",
        nullable=True,
        ge=0,
        le=1,
    )


SKEW = "Bowley skewness without its sign"
DISPERSION = "median absolute deviation over the median, at most 1 (0 is a metronome),"


class ConnectionFeatures(Table):
    """What the models know of a connection. Counts of other connections are of the same device's records."""

    protocol: Text = column("transport protocol, 'unknown' where the log names none")
    service: Text = column("application protocol, 'unknown' where the log names none")
    outcome: Text = column("answered, reset, refused, unanswered, other; 'unknown' where the log does not say")
    direction: Text = column("inbound, outbound, internal, transit, by which ends are private; 'unknown' without both")
    port_kind: Text = column("web, mail, database, remote, files, directory, system (below 1024), user or none")
    is_business_hours: Flag = column("within the site's business hours on a working day")
    duration_log10: Float = column(
        "log10 of 1 + the milliseconds, rounded to a whole number; null where the log names none", nullable=True, ge=0
    )
    bytes_out_log2: Float = _bytes("from source to destination")
    bytes_in_log2: Float = _bytes("from destination to source")
    packets_out_log2: Float = _packets("from source to destination")
    packets_in_log2: Float = _packets("from destination to source")
    sent_share: Float = column(
        "bytes that the source sent of all, in quarters; null where there were none", nullable=True, ge=0, le=1
    )
    bytes_per_packet_log2: Float = _bytes("per packet from source to destination")
    source_last_hundred_log2: Float = column(
        "log2 of the connections of the same source among the last hundred, rounded down to powers of four", ge=0
    )
    target_last_hundred_log2: Float = column(
        "log2 of the connections to the same destination among the last hundred, rounded down to powers of four", ge=0
    )
    source_connections_log2: Float = column(
        "log2 of the connections of the same source in that hour, rounded down to powers of four", ge=0
    )
    source_targets_log2: Float = column(
        "log2 of the distinct destinations of the same source in that hour, rounded down to powers of four", ge=0
    )
    source_ports_log2: Float = column(
        "log2 of the distinct destination ports of the same source in that hour, rounded down to powers of four", ge=0
    )
    source_failed_share: Float = column(
        "connections of the same source in that hour that were refused or not answered, in quarters; null where the "
        "log does not say",
        nullable=True,
        ge=0,
        le=1,
    )
    target_sources_log2: Float = column(
        "log2 of the distinct sources of the same destination and port in that hour, rounded down to powers of four",
        ge=0,
    )
    target_connections_log2: Float = column(
        "log2 of the connections to the same destination and port in that hour, rounded down to powers of four", ge=0
    )
    pair_connections_log2: Float = column(
        "log2 of the night's connections of the same source, destination and port, rounded down to powers of four",
        ge=0,
    )
    pair_coverage: Float = column("hours of the day in which these occurred, in eighths of a day", ge=0, le=1)
    interval_skew: Float = _regular("intervals", SKEW, "halves")
    interval_dispersion: Float = _regular("intervals", DISPERSION, "quarters")
    size_skew: Float = _regular("bytes sent", SKEW, "halves")
    size_dispersion: Float = _regular("bytes sent", DISPERSION, "quarters")
    pair_is_first_seen: Flag = column(
        "the nights before have no connection of that source, destination and port; null without nights before",
        nullable=True,
    )


class Connections(ConnectionFeatures):
    """One row per connection and night."""

    hour_of_day: Int16 = column("hour of the timestamp in the site's zone, 0 to 23", ge=0, le=23)
    day_of_week: Int16 = column("day of the week in the site's zone, Monday 0 to Sunday 6", ge=0, le=6)
    entity_id: Text = column("the connection_id", unique=True)
    log_date: Date = LOG_DATE
    pattern_id: Int64 = ENTITY_PATTERN
    revision: Int64 = REVISION
    label: Text = LABEL


class ConnectionPatterns(ConnectionFeatures):
    """One row per distinct feature row of the connections of a night."""

    log_date: Date = LOG_DATE
    pattern_id: Int64 = PATTERN_ID
    weight: Int64 = column("connections of the night that share it", ge=1)
    revision: Int64 = REVISION


CONNECTIONS = TableSpec("features.connections", Connections, ("entity_id",))
CONNECTION_PATTERNS = TableSpec("features.connection_patterns", ConnectionPatterns, ("log_date", "pattern_id"))
