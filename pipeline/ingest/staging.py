"""Reads one file into the engine: `staged` has a row per record, `arrivals` the events among them.

Here: what happens to a file before it is compared with the tables. All of it is temporary and may spill to disk.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache

import ibis
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipeline.config import Source, Verdicts
from pipeline.ingest import addresses
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.landing import Delivery
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.normalise import LATEST_MOMENT, normalised
from pipeline.ingest.protocols import unified
from pipeline.ingest.verdicts import verdict
from pipeline.warehouse.engine import compile_sql

MOST_AHEAD = timedelta(days=1)
POSITION = pa.field("position", pa.int64())

# the same text several times in a file is as many events: each but the first has its own number in its id
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
RECALLED = """
create or replace temp table recalled as
select event_id from raw.security_events where file_id = $file_id
union all
select event_id from raw.duplicate_events where file_id = $file_id
"""


def stage(connection: DuckDBPyConnection, delivery: Delivery, now: datetime) -> str | None:
    """Read a file into `staged` and `arrivals`; gives the damage that ended it early, if any.

    Raises:
        OSError: the file cannot be read to its end.
    """
    stream = LogStream(delivery.path)
    reader = FORMATS[delivery.source.format].reader
    batches = _numbered(reader.records(stream, delivery.source))
    addresses.register(connection)
    arriving = pa.RecordBatchReader.from_batches(reader.schema.append(POSITION), batches)
    # as a bare stream: of a reader, PyArrow would read ahead without bounds
    connection.register("records", arriving.__arrow_c_stream__())
    # clocks differ, and local time may be given for UTC
    connection.execute(f"set variable {LATEST_MOMENT} = $moment", {"moment": now + MOST_AHEAD})
    connection.execute("create or replace temp table staged as " + _query(delivery.source.model_dump_json()))
    connection.unregister("records")
    addresses.unregister(connection)
    if stream.error:
        raise stream.error
    for statement in (REPEATS, ARRIVALS, NOTHING_RECALLED):
        connection.execute(statement)
    return stream.damage


@cache
def _query(source_json: str) -> str:
    """The SQL that makes `staged` of `records`; building it takes longer than reading a small file."""
    source = Source.model_validate_json(source_json)
    reader = FORMATS[source.format].reader
    records = ibis.table(ibis.Schema.from_pyarrow(reader.schema.append(POSITION)), name="records")
    return compile_sql(normalised(reader.fields(records, source), source))


def recall(connection: DuckDBPyConnection, file_id: str) -> None:
    """Fill `recalled` with the events of a content that was read before; there are no arrivals."""
    connection.execute(NO_ARRIVALS)
    connection.execute(RECALLED, {"file_id": file_id})


def translate(connection: DuckDBPyConnection, verdicts: Verdicts) -> None:
    """Fill `verdicts` and `protocols`: what the actions and protocols of the arrivals mean, by `text` and `meaning`."""
    actions = _texts(connection, "select distinct action from arrivals where action is not null")
    _meanings(connection, actions, lambda action: verdict(action, verdicts))
    connection.execute("create or replace temp table verdicts as from meanings")
    protocols = _texts(connection, "select distinct protocol from arrivals where protocol is not null")
    _meanings(connection, protocols, unified)
    connection.execute("create or replace temp table protocols as from meanings")


def _numbered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches with each record's position in the file."""
    start = 0
    for batch in batches:
        end = start + batch.num_rows
        yield batch.append_column(POSITION, pa.array(np.arange(start, end)))
        start = end


def _texts(connection: DuckDBPyConnection, query: str) -> list[str]:
    return [text for (text,) in connection.execute(query).fetchall()]


def _meanings(connection: DuckDBPyConnection, texts: list[str], meaning: Callable[[str], str]) -> None:
    columns = {"text": pa.array(texts, pa.string()), "meaning": pa.array(map(meaning, texts), pa.string())}
    connection.register("meanings", pa.table(columns))
