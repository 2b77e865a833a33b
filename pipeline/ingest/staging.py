"""Reads one file into the engine: `staged` has a row per record, `arrivals` those that can become rows of a table.

Here: what happens to a file before it is compared with the tables. All of it is temporary and may spill to disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import ibis
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipeline.config import Source
from pipeline.ingest import addresses, sessions
from pipeline.ingest.formats import READ_AS
from pipeline.ingest.landing import Delivery
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.normalise import LATEST_MOMENT, normalised
from pipeline.ingest.targets import TARGETS, Target, filled_by
from pipeline.warehouse.queries import compile_sql

MOST_AHEAD = timedelta(days=1)
FILE_MOMENT = "file_moment"
POSITION = pa.field("position", pa.int64())

# the names of the tables as one byte each
STAGED = f"""
create or replace temp table staged as
select * replace (try_cast(target as enum ({", ".join(f"'{name}'" for name in TARGETS)})) as target) from
"""  # noqa: S608 - names are ours
# the same text several times in a file is as many records: each but the first has its own number in its id
REPEATS = """
create or replace temp table repeats as
select position, left(sha256(digest || ':' || row_number() over repetitions), 32) as event_id
from staged
where fault is null and digest in (select digest from staged where fault is null group by digest having count(*) > 1)
window repetitions as (partition by digest order by line_number, position)
qualify row_number() over repetitions > 1
"""
ARRIVALS = """
create or replace temp view arrivals as
select coalesce(repeats.event_id, staged.digest) as event_id, staged.*
from staged left join repeats using (position)
where staged.fault is null
"""

NOTHING_RECALLED = "create or replace temp table recalled (event_id varchar)"
NO_ARRIVALS = """
create or replace temp view arrivals as select null::varchar as event_id, null::date as log_date where false
"""
HELD = "select {key} as event_id from {table} where file_id = $file_id"
REPEATED = "select event_id from raw.duplicate_events where file_id = $file_id"


def stage(connection: DuckDBPyConnection, delivery: Delivery, now: datetime) -> str | None:
    """Read a file into `staged` and `arrivals`; gives the damage that ended it early, if any.

    Raises:
        OSError: the file cannot be read to its end.
    """
    source = delivery.reading
    stream = LogStream(delivery.path)
    reader = READ_AS[source.format].reader
    batches = _numbered(reader.records(stream, source), stream)
    arriving = pa.RecordBatchReader.from_batches(reader.schema.append(POSITION), batches)
    # clocks differ, and local time may be given for UTC
    for name, moment in ((LATEST_MOMENT, now + MOST_AHEAD), (FILE_MOMENT, delivery.moment)):
        connection.execute(f"set variable {name} = $moment", {"moment": moment})
    plan = _plan(source.model_dump_json())
    # as a bare stream: of a reader, PyArrow would read ahead without bounds
    connection.register("records", arriving.__arrow_c_stream__())
    try:
        with addresses.known_to(connection):
            connection.execute(plan.sql)
    finally:
        connection.unregister("records")
    if stream.error:
        raise stream.error
    if plan.has_sessions:
        sessions.close(connection)
    for statement in (REPEATS, ARRIVALS, NOTHING_RECALLED):
        connection.execute(statement)
    return stream.damage


@dataclass(frozen=True)
class _Plan:
    """How `staged` is made of `records`: the SQL, and whether logoffs may end logins in it."""

    sql: str
    has_sessions: bool


@cache
def _plan(source_json: str) -> _Plan:
    """For the files of a source; building the SQL takes longer than reading a small file."""
    source = Source.model_validate_json(source_json)
    reader, targets = READ_AS[source.format].reader, filled_by(source)
    records = ibis.table(ibis.Schema.from_pyarrow(reader.schema.append(POSITION)), name="records")
    found = reader.fields(records, source)
    if "target" not in found.columns:
        found = found.mutate(target=ibis.literal(targets[0].name))
    has_sessions = sessions.have_ends(targets) and "session_id" in found.columns
    wanted = dict.fromkeys(name for target in targets for name in target.fields)
    if has_sessions:
        wanted |= dict.fromkeys(sessions.FIELDS)
    return _Plan(f"{STAGED} ({compile_sql(normalised(found, source, tuple(wanted)))})", has_sessions)


def recall(connection: DuckDBPyConnection, file_id: str, targets: Sequence[Target]) -> None:
    """Fill `recalled` with the records of a content that was read before; there are no arrivals.

    Args:
        connection: that of the warehouse.
        file_id: the content.
        targets: tables that hold rows of it.
    """
    connection.execute(NO_ARRIVALS)
    held = "".join(f"{target.sql(HELD)} union all " for target in targets)
    connection.execute(f"create or replace temp table recalled as {held}{REPEATED}", {"file_id": file_id})


def _numbered(batches: Iterable[pa.RecordBatch], stream: LogStream) -> Iterator[pa.RecordBatch]:
    """The batches with each record's position in the file."""
    start = 0
    # kept, because an exception that passes through the engine comes out as one of the engine's own
    try:
        for batch in batches:
            end = start + batch.num_rows
            yield batch.append_column(POSITION, pa.array(np.arange(start, end)))
            start = end
    except OSError as error:
        stream.error = error
