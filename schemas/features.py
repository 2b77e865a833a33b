"""Feature tables: one row per entity and night, and their patterns: one row per distinct feature row and night."""

from schemas.base import Date, Flag, Float, Int16, Int64, Table, TableSpec, Text, column


class EventFeatures(Table):
    """What the models know of an event; shared by the table of events and the table of its patterns."""

    watch: Int16 = column(
        "first hour of the three-hour watch of the day, in the site's zone: 0, 3, ... 21", ge=0, le=21
    )
    hour_sin: Float = column("sine of the middle of the watch on a 24-hour circle", ge=-1, le=1)
    hour_cos: Float = column("cosine of the middle of the watch on a 24-hour circle", ge=-1, le=1)
    is_weekend: Flag = column("Saturday or Sunday in the site's zone")
    is_business_hours: Flag = column("within the site's business hours on a working day")
    source_ip_is_private: Flag = column(
        "source in a private or special range (RFC 1918, 6598, 3927, loopback, multicast, IPv6 ULA, link-local)"
    )
    dest_ip_is_private: Flag = column("destination in a private or special range")
    is_web_port: Flag = column("destination port 80, 443, 8080 or 8443")
    is_mail_port: Flag = column("destination port 25, 110, 143, 465, 587, 993 or 995")
    is_database_port: Flag = column("destination port 1433, 3306, 5432, 6379, 9200 or 27017")
    port_missing: Flag = column("no destination port, as with ICMP and GRE")
    bytes_missing: Flag = column("the log names no size")
    bytes_log: Float = column(
        "log(1 + bytes), rounded to a whole number; null where the log names no size", nullable=True, ge=0
    )
    large_transfer: Flag = column("more than 1,000,000 bytes")
    source_events_log2: Float = column(
        "log2 of the packets of the same source in that hour, rounded down to powers of four", ge=0
    )
    source_ports_log2: Float = column(
        "log2 of the distinct destination ports of the same source in that hour, rounded down to powers of four", ge=0
    )
    source_targets_log2: Float = column(
        "log2 of the distinct destinations of the same source in that hour, rounded down to powers of four", ge=0
    )
    target_sources_log2: Float = column(
        "log2 of the distinct sources of the same destination and port in that hour, rounded down to powers of four",
        ge=0,
    )
    target_events_log2: Float = column(
        "log2 of the packets to the same destination and port in that hour, rounded down to powers of four", ge=0
    )
    protocol: Text = column("transport protocol, 'unknown' where the log names none")
    country: Text = column("country of the source, 'unknown' where the log names none")
    verdict: Text = column("allowed, blocked or other")


class Events(EventFeatures):
    """One row per event and night, ready for clustering."""

    hour_of_day: Int16 = column("hour of the timestamp in the site's zone, 0 to 23", ge=0, le=23)
    day_of_week: Int16 = column("day of the week in the site's zone, Monday 0 to Sunday 6", ge=0, le=6)
    entity_id: Text = column("the event_id", unique=True)
    log_date: Date = column("the night")
    pattern_id: Int64 = column("identifies the distinct feature row that the event shares")
    revision: Int64 = column("revision of the raw night that the row was built from", ge=1)
    label: Text = column("label that the source carries; never a feature", nullable=True)


class EventPatterns(EventFeatures):
    """One row per distinct feature row of a night; what the models are fitted on and scored by."""

    log_date: Date = column("the night")
    pattern_id: Int64 = column("identifies the feature row; the same row has the same id in every night")
    weight: Int64 = column("events of the night that share it", ge=1)
    revision: Int64 = column("revision of the raw night that the weight was counted from", ge=1)


EVENTS = TableSpec("features.events", Events, ("entity_id",))
EVENT_PATTERNS = TableSpec("features.event_patterns", EventPatterns, ("log_date", "pattern_id"))

TABLES = (EVENTS, EVENT_PATTERNS)
