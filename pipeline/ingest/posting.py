"""Puts the staged records of a file where they belong: events, duplicates, rejected lines, and the file's account.

Here: the only statements that add to the raw tables of events. Not here: what is taken back (retirement).
"""

from datetime import datetime, timedelta
from pathlib import PurePath

from duckdb import DuckDBPyConnection

from pipeline.ingest.landing import Delivery
from pipeline.ingest.verdicts import UNKNOWN

# the same record has the same timestamp, unless its source was given another time zone in between
MARGIN = timedelta(days=2)

NIGHTS_OF_ARRIVALS = "select min(log_date), max(log_date) from arrivals"
KNOWN = """
create or replace temp table known as
select event_id from arrivals
where event_id in (select event_id from raw.security_events where log_date between $first and $last)
"""
EVENTS = """
insert into raw.security_events by name
select
    arrivals.event_id, timestamp, source_ip, source_port, dest_ip, dest_port, action, protocols.meaning as protocol,
    bytes, country, log_date, $source_file as source_file, raw_data, $source as source,
    coalesce(verdicts.meaning, $no_action) as verdict, label, $file_id as file_id, line_number
from arrivals
anti join known on known.event_id = arrivals.event_id
left join verdicts on verdicts.text = action
left join protocols on protocols.text = protocol
"""
DUPLICATES = """
insert into raw.duplicate_events by name
select event_id, $file_id as file_id, line_number from arrivals where event_id in (from known)
"""
REJECTED = """
insert into raw.rejected_lines by name
select $file_id as file_id, $source as source, line_number, fault as reason, raw_data
from staged where fault is not null
"""
FILE = """
insert into raw.files by name
with account as (
    select count(*) as lines, count(fault) as rejected, (select count(*) from known) as duplicates from staged
), span as (
    select min(timestamp) as first_event, max(timestamp) as last_event
    from arrivals anti join known on known.event_id = arrivals.event_id
)
select
    $file_id as file_id, $source as source, $format as format, $path as path, $sha256 as sha256, $bytes as bytes,
    lines, lines - rejected - duplicates as accepted, duplicates, rejected, first_event, last_event,
    $now as ingested_at, $reason as reason, $read_with as read_with
from account, span
"""


def post(connection: DuckDBPyConnection, delivery: Delivery, read_with: str, reason: str | None, now: datetime) -> None:
    """Post `staged` and `arrivals` as the content of a delivery; `known` then holds what other files had delivered.

    Args:
        connection: in a transaction, with nothing of this content in the tables.
        delivery: whose content it is.
        read_with: hash of the settings that it was read with.
        reason: why it could not be read to its end, if so.
        now: moment of the ingestion.
    """
    first, last = connection.execute(NIGHTS_OF_ARRIVALS).fetchall()[0]
    window = (first - MARGIN, last + MARGIN) if first else (None, None)
    connection.execute(KNOWN, dict(zip(("first", "last"), window, strict=True)))
    origin = {"file_id": delivery.file_id, "source": delivery.source.name}
    connection.execute(EVENTS, origin | {"source_file": PurePath(delivery.name).name, "no_action": UNKNOWN})
    connection.execute(DUPLICATES, {"file_id": delivery.file_id})
    connection.execute(REJECTED, origin)
    file = {"format": delivery.source.format, "path": delivery.name, "sha256": delivery.sha256, "bytes": delivery.bytes}
    connection.execute(FILE, origin | file | {"now": now, "reason": reason, "read_with": read_with})
