"""What a record says of itself, by the raw table that it becomes a row of: the columns that a log can fill.

Kept apart from the tables themselves because the configuration, which every command reads, speaks of these names.
"""

_COMMON = ("country", "details", "label")
_ADDRESSED = (
    "timestamp",
    "source_ip",
    "source_port",
    "dest_ip",
    "dest_port",
    "protocol",
    "icmp_type",
    "icmp_code",
)

FIELDS: dict[str, tuple[str, ...]] = {
    "security_events": (*_ADDRESSED, "action", "bytes", *_COMMON),
    "connections": (
        *_ADDRESSED,
        "service",
        "state",
        "duration",
        "bytes_out",
        "bytes_in",
        "packets_out",
        "packets_in",
        *_COMMON,
    ),
    "logins": ("timestamp", "user", "source_ip", "host", "service", "success", "session_minutes", *_COMMON),
}
