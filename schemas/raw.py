"""Tables of the raw layer: the files that were read, what they held, and what could not be read."""

from typing import Any

from schemas.base import Date, Flag, Float, Int32, Int64, Table, TableSpec, Text, Timestamp, column

VERDICTS = ("allowed", "blocked", "other")


def _identity(what: str) -> Any:
    return column(
        f"the {what}: 128 bits of the SHA-256 of source, content and its repetition in the file; "
        "stable across deliveries",
        unique=True,
    )


class Files(Table):
    """One row per ingested content, however often and under whatever name it was delivered."""

    file_id: Text = column("hash of source and content; the same content keeps its id", unique=True)
    source: Text = column("name of the configured source")
    format: Text = column("format it was read as")
    path: Text = column("path under which the content was first delivered")
    sha256: Text = column(
        "SHA-256 of the bytes as delivered, in hexadecimal; null if they could not be read", nullable=True
    )
    bytes: Int64 = column("size as delivered, in bytes", ge=0)
    lines: Int64 = column("records read: accepted + duplicates + rejected", ge=0)
    accepted: Int64 = column("records that became rows of the raw tables: events + connections + logins", ge=0)
    events: Int64 = column("records that became rows of raw.security_events", ge=0)
    connections: Int64 = column("records that became rows of raw.connections", ge=0)
    logins: Int64 = column("records that became rows of raw.logins", ge=0)
    duplicates: Int64 = column("records that were known from another file", ge=0)
    rejected: Int64 = column("records kept aside in raw.rejected_lines", ge=0)
    unlocated: Int64 = column(
        "records read whose public source address has a country neither in the log nor in the source's database", ge=0
    )
    first_event: Timestamp = column("earliest accepted record, UTC", nullable=True)
    last_event: Timestamp = column("latest accepted record, UTC", nullable=True)
    ingested_at: Timestamp = column("when it was read, UTC")
    reason: Text = column("why the file could not be read to its end, if so", nullable=True)
    read_with: Text = column("hash of the source's settings that it was read with; after a change it is read again")
    removed_before: Date = column(
        "night before which its records have been removed since, as the retention says; the counts above stay",
        nullable=True,
    )


class Deliveries(Table):
    """One row per path seen: which content it held when it was last looked at."""

    source: Text = column("name of the configured source")
    path: Text = column("path as delivered")
    file_id: Text = column("content that the path holds")
    bytes: Int64 = column("size, in bytes", ge=0)
    modified_ns: Int64 = column("modification time, in nanoseconds since 1970")


class RejectedLines(Table):
    """One row per record that could not be read."""

    file_id: Text = column("file it stands in")
    source: Text = column("name of the configured source")
    line_number: Int64 = column("line on which the record starts, from 1", ge=1)
    reason: Text = column("why it was rejected")
    raw_data: Text = column("the record as read, cut at 65,536 characters", nullable=True)


class Record(Table):
    """What every record has that became a row of a table: when, from where, and which file says so."""

    timestamp: Timestamp = column("when it happened or began, UTC")
    source_ip: Text = column("IPv4 or IPv6 address that started it", nullable=True)
    country: Text = column("country of the source, as the log or the source's GeoIP database names it", nullable=True)
    details: Text = column("JSON object of key facts that no column holds", nullable=True)
    log_date: Date = column("UTC day of the timestamp: the night it belongs to")
    source: Text = column("name of the configured source")
    source_file: Text = column("name of the file that delivered it first")
    file_id: Text = column("content that delivered it")
    line_number: Int64 = column("line on which it starts in that file, from 1", ge=1)
    label: Text = column("label that the source itself carries; never a feature", nullable=True)


class Traffic(Record):
    """What records of traffic have besides: ports, the other end, and the protocol."""

    source_port: Int32 = column("port at the source", nullable=True, ge=0, le=65535)
    dest_ip: Text = column("IPv4 or IPv6 address that it was sent to", nullable=True)
    dest_port: Int32 = column("port at the destination", nullable=True, ge=0, le=65535)
    protocol: Text = column("transport protocol by its IANA keyword in lower case", nullable=True)
    icmp_type: Int32 = column("type of an ICMP message", nullable=True, ge=0, le=255)
    icmp_code: Int32 = column("code of an ICMP message", nullable=True, ge=0, le=255)


class SecurityEvents(Traffic):
    """One row per event, with the column names of a Security Onion table that analysts use."""

    event_id: Text = _identity("event")
    action: Text = column("what the device says it did, in its own words", nullable=True)
    verdict: Text = column("what the action means: allowed, blocked or other", isin=VERDICTS)
    bytes: Int64 = column("size of the packet or transfer, in bytes", nullable=True, ge=0)
    raw_data: Text = column("the record as read, where the source asks for it (keep_raw)", nullable=True)


class Connections(Traffic):
    """One row per connection or flow, as the device that watched it sums it up."""

    connection_id: Text = _identity("connection")
    service: Text = column("application protocol, such as http", nullable=True)
    state: Text = column("how it went, in the device's own words, such as SF or FIN", nullable=True)
    duration: Float = column("how long it lasted, in seconds", nullable=True, ge=0)
    bytes_out: Int64 = column("from source to destination, in bytes", nullable=True, ge=0)
    bytes_in: Int64 = column("from destination to source, in bytes", nullable=True, ge=0)
    packets_out: Int64 = column("packets from source to destination", nullable=True, ge=0)
    packets_in: Int64 = column("packets from destination to source", nullable=True, ge=0)


class Logins(Record):
    """One row per attempt to log in; one that succeeded is a session."""

    login_id: Text = _identity("login")
    user: Text = column("who logged in, as the log names them", nullable=True)
    host: Text = column("that was logged in to", nullable=True)
    service: Text = column("what checked the login, such as ssh, kerberos, ntlm or rdp", nullable=True)
    success: Flag = column("whether it succeeded; null if the log does not say", nullable=True)
    session_minutes: Float = column("how long the session lasted, in minutes", nullable=True, ge=0)


class DuplicateEvents(Table):
    """One row per record that another file had delivered before; if that one withdraws it, this one vouches for it."""

    event_id: Text = column("the record: an event_id, connection_id or login_id")
    file_id: Text = column("file that repeats it")
    line_number: Int64 = column("line on which it starts, from 1", ge=1)


class Nights(Table):
    """One row per night that has raw rows."""

    log_date: Date = column("the night", unique=True)
    events: Int64 = column("rows of raw.security_events", ge=0)
    connections: Int64 = column("rows of raw.connections", ge=0)
    logins: Int64 = column("rows of raw.logins", ge=0)
    revision: Int64 = column(
        "counts the ingestions that changed the night; results that rest on an older one are stale",
        ge=1,
    )


FILES = TableSpec("raw.files", Files, ("file_id",), night=None)
DELIVERIES = TableSpec("raw.deliveries", Deliveries, ("source", "path"), night=None)
# several records can start on one line, so nothing identifies a rejected one
REJECTED_LINES = TableSpec("raw.rejected_lines", RejectedLines, (), night=None)
SECURITY_EVENTS = TableSpec("raw.security_events", SecurityEvents, ("event_id",))
CONNECTIONS = TableSpec("raw.connections", Connections, ("connection_id",))
LOGINS = TableSpec("raw.logins", Logins, ("login_id",))
DUPLICATE_EVENTS = TableSpec(
    "raw.duplicate_events", DuplicateEvents, ("event_id", "file_id", "line_number"), night=None
)
NIGHTS = TableSpec("raw.nights", Nights, ("log_date",), night=None)

TABLES = (FILES, DELIVERIES, REJECTED_LINES, SECURITY_EVENTS, CONNECTIONS, LOGINS, DUPLICATE_EVENTS, NIGHTS)
