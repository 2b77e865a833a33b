"""Tables of the raw layer: the files that were read, what they held, and what could not be read."""

from schemas.base import Date, Int32, Int64, Table, TableSpec, Text, Timestamp, column

VERDICTS = ("allowed", "blocked", "other")


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
    accepted: Int64 = column("records that became rows of the raw tables", ge=0)
    duplicates: Int64 = column("records that were known from another file", ge=0)
    rejected: Int64 = column("records kept aside in raw.rejected_lines", ge=0)
    first_event: Timestamp = column("earliest accepted event, UTC", nullable=True)
    last_event: Timestamp = column("latest accepted event, UTC", nullable=True)
    ingested_at: Timestamp = column("when it was read, UTC")
    reason: Text = column("why the file could not be read to its end, if so", nullable=True)
    read_with: Text = column("hash of the source's settings that it was read with; after a change it is read again")


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


class SecurityEvents(Table):
    """One row per event, with the column names of a Security Onion table that analysts use."""

    event_id: Text = column(
        "128 bits of the SHA-256 of source, content and its repetition in the file; stable across deliveries",
        unique=True,
    )
    timestamp: Timestamp = column("when it happened, UTC")
    source_ip: Text = column("IPv4 or IPv6 address that started it", nullable=True)
    source_port: Int32 = column("port at the source", nullable=True, ge=0, le=65535)
    dest_ip: Text = column("IPv4 or IPv6 address that it was sent to", nullable=True)
    dest_port: Int32 = column("port at the destination", nullable=True, ge=0, le=65535)
    action: Text = column("what the device says it did, in its own words", nullable=True)
    protocol: Text = column("transport protocol by its IANA keyword in lower case", nullable=True)
    bytes: Int64 = column("size of the packet or transfer, in bytes", nullable=True, ge=0)
    country: Text = column("country of the source, as the log names it", nullable=True)
    log_date: Date = column("UTC day of the timestamp: the night it belongs to")
    source_file: Text = column("name of the file that delivered it first")
    raw_data: Text = column("the record as read, where the source asks for it (keep_raw)", nullable=True)
    source: Text = column("name of the configured source")
    verdict: Text = column("what the action means: allowed, blocked or other", isin=VERDICTS)
    label: Text = column("label that the source itself carries; never a feature", nullable=True)
    file_id: Text = column("content that delivered it")
    line_number: Int64 = column("line on which it starts in that file, from 1", ge=1)


class DuplicateEvents(Table):
    """One row per record that another file had delivered before; if that one withdraws it, this one vouches for it."""

    event_id: Text = column("the event")
    file_id: Text = column("file that repeats it")
    line_number: Int64 = column("line on which it starts, from 1", ge=1)


class Nights(Table):
    """One row per night that has raw rows."""

    log_date: Date = column("the night", unique=True)
    events: Int64 = column("rows of raw.security_events", ge=0)
    revision: Int64 = column(
        "counts the ingestions that changed the night; results that rest on an older one are stale",
        ge=1,
    )


FILES = TableSpec("raw.files", Files, ("file_id",), night=None)
DELIVERIES = TableSpec("raw.deliveries", Deliveries, ("source", "path"), night=None)
# several records can start on one line, so nothing identifies a rejected one
REJECTED_LINES = TableSpec("raw.rejected_lines", RejectedLines, (), night=None)
SECURITY_EVENTS = TableSpec("raw.security_events", SecurityEvents, ("event_id",))
DUPLICATE_EVENTS = TableSpec(
    "raw.duplicate_events", DuplicateEvents, ("event_id", "file_id", "line_number"), night=None
)
NIGHTS = TableSpec("raw.nights", Nights, ("log_date",), night=None)

TABLES = (FILES, DELIVERIES, REJECTED_LINES, SECURITY_EVENTS, DUPLICATE_EVENTS, NIGHTS)
