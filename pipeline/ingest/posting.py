"""Puts the staged records of a file where they belong: rows, duplicates, rejected lines, and the file's account.

Here: the only statements that add to the raw tables of records. Not here: what is taken back (retirement).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath

from duckdb import DuckDBPyConnection

from pipeline.ingest.landing import Delivery
from pipeline.ingest.targets import TARGETS, Target, of_each
from pipeline.ingest.verdicts import UNKNOWN

# the same record has the same timestamp, unless its source was given another time zone in between
MARGIN = timedelta(days=2)

NIGHTS_OF_ARRIVALS = "select target::varchar, min(log_date), max(log_date) from arrivals group by target"
IDS = "select {key} from {table} where log_date between $first and $last"
KNOWN = "create or replace temp table known as select event_id from arrivals where event_id in ({ids})"

# what is not simply what the record says, and where it is looked up
VALUES = {
    "protocol": "protocols.meaning",
    "country": "coalesce(arrivals.country, located.meaning)",
    "verdict": f"coalesce(verdicts.meaning, '{UNKNOWN}')",
    "source": "$source",
    "source_file": "$source_file",
    "file_id": "$file_id",
}
LOOKUPS = {
    "protocol": "left join protocols on protocols.text = arrivals.protocol",
    "country": "left join (from countries where meaning is not null) located on located.text = arrivals.source_ip",
    "verdict": "left join verdicts on verdicts.text = arrivals.action",
}
ROWS = """
insert into {{table}} by name
select {values}
from arrivals
anti join known on known.event_id = arrivals.event_id
{lookups}
where target = '{{name}}'
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
COUNT = "count(*) filter (where target = '{name}') as {count}"
ACCOUNT = f"""
insert into raw.files by name
with account as (
    select count(*) as lines, count(fault) as rejected, (select count(*) from known) as duplicates from staged
), posted as (
    select {of_each(TARGETS.values(), COUNT, ", ")}, min(timestamp) as first_event, max(timestamp) as last_event
    from arrivals anti join known on known.event_id = arrivals.event_id
)
select
    $file_id as file_id, $source as source, $format as format, $path as path, $sha256 as sha256, $bytes as bytes,
    lines, lines - rejected - duplicates as accepted, posted.*, duplicates, rejected,
    (select coalesce(sum(records), 0) from countries where meaning is null) as unlocated,
    $now as ingested_at, $reason as reason, $read_with as read_with
from account, posted
"""  # noqa: S608 - names are ours


def post(
    connection: DuckDBPyConnection,
    delivery: Delivery,
    targets: Sequence[Target],
    read_with: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Post `staged` and `arrivals` as the content of a delivery; `known` then holds what other files had delivered.

    Args:
        connection: in a transaction, with nothing of this content in the tables.
        delivery: whose content it is.
        targets: tables that its format fills.
        read_with: hash of the settings that it was read with.
        reason: why it could not be read to its end, if so.
        now: moment of the ingestion.
    """
    nights = {target: (first, last) for target, first, last in connection.execute(NIGHTS_OF_ARRIVALS).fetchall()}
    window = {
        "first": min(first for first, _ in nights.values()) - MARGIN if nights else None,
        "last": max(last for _, last in nights.values()) + MARGIN if nights else None,
    }
    connection.execute(KNOWN.format(ids=of_each(targets, IDS)), window)
    origin = {"file_id": delivery.file_id, "source": delivery.source.name}
    # planning a statement takes as long as a few thousand rows
    for target in (target for target in targets if target.name in nights):
        connection.execute(_rows(target), origin | {"source_file": PurePath(delivery.name).name})
    connection.execute(DUPLICATES, {"file_id": delivery.file_id})
    connection.execute(REJECTED, origin)
    file = {"format": delivery.reading.format, "path": delivery.name, "bytes": delivery.bytes}
    outcome = {"sha256": delivery.sha256, "now": now, "reason": reason, "read_with": read_with}
    connection.execute(ACCOUNT, origin | file | outcome)


def _rows(target: Target) -> str:
    """The statement that posts the records of one table."""
    columns = target.spec.columns()
    values = {column: f'arrivals."{column}"' for column in columns} | VALUES | {target.key: "arrivals.event_id"}
    said = ", ".join(f'{values[column]} as "{column}"' for column in columns)
    lookups = "\n".join(LOOKUPS[column] for column in columns if column in LOOKUPS)
    return target.sql(ROWS.format(values=said, lookups=lookups))
