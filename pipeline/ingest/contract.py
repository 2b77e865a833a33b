"""What a log format is: how its bytes become records, and where our fields stand in a record.

Here: the types that every format fills in, and the limits that hold for all. Not here: any one format, or what
becomes of the fields (normalise).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import Source
from pipeline.ingest.logstream import LogStream

MAX_RECORD = 1 << 20
MAX_REJECTED_TEXT = 1 << 16
TOO_LONG = "record longer than 1 MiB"

RECORDS = pa.schema(
    [pa.field("line_number", pa.int64()), pa.field("record", pa.string()), pa.field("fault", pa.string())]
)

# what the raw tables are filled from, as text; a reader gives those that its format knows
FIELDS = (
    "timestamp",  # ISO 8601, or seconds since 1970; without a zone it is in the source's
    "source_ip",
    "source_port",
    "dest_ip",
    "dest_port",
    "protocol",  # transport protocol, name or IANA number
    "icmp_type",
    "icmp_code",
    "action",  # what the device says it did, in its own words
    "bytes",
    "country",
    "details",  # JSON object of the key facts that no column holds
    "label",
    "service",  # application protocol
    "state",
    "duration",  # seconds
    "bytes_out",  # from source to destination
    "bytes_in",
    "packets_out",
    "packets_in",
    "user",
    "host",  # that was logged in to
    "success",  # true or false
    "session_minutes",
    "session_id",  # joins a login with its logoff within a file; not stored
)

# a record that was found by itself: line number, text, fault
Record = tuple[int, str | None, str | None]


@dataclass(frozen=True)
class Reader:
    """The two halves of a format.

    Attributes:
        schema: columns of the batches: those of `RECORDS`, then whatever `fields` needs besides.
        records: the records of a file, a batch at a time: the line on which each starts, its text, and why it cannot
            be read (null if it can). Splitting is cheap; what takes a parser is left to `fields` where it can be.
        fields: adds to a table of such batches `canonical` (what identifies the record, however it is laid out;
            null if it cannot be read), and as text those of `FIELDS` that it knows; what it leaves out is null. Where a
            format fills several tables, `target` names the one that a record belongs to, such as `logins`.
    """

    schema: pa.Schema
    records: Callable[[LogStream, Source], Iterator[pa.RecordBatch]]
    fields: Callable[[ibis.Table, Source], ibis.Table]


@dataclass(frozen=True)
class Head:
    """The beginning of a file, by which a format recognises it.

    Attributes:
        name: of the file, without its folder.
        data: its first bytes, decompressed.
        lines: the whole lines among them, at most 200, without blank ones.
    """

    name: str
    data: bytes
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Recognition:
    """That a file is probably of a format.

    Attributes:
        confidence: 0 to 1.
        why: a few words for a person, such as `a header line that starts with #fields`.
    """

    confidence: float
    why: str


def unrecognised(head: Head) -> Recognition | None:
    """For formats that cannot be told from others."""
    del head
    return None


@dataclass(frozen=True)
class Format:
    """A format as `shoal formats` shows it.

    Attributes:
        name: value of a source's `format`.
        description: one sentence.
        example: a record or two.
        options: keys of a source that it heeds besides those that all formats do.
        tables: tables that it fills.
        reader: how it is read.
        judges: whether its actions say what became of traffic, so that one without a verdict is a gap in [verdicts].
        dates_by_name: whether its records may be of the day in their file's name; then the same bytes under the name of
            another day are other content.
        recognise: how sure it is that a file is of this format, from its beginning; None if it is not.
    """

    name: str
    description: str
    example: str
    options: tuple[str, ...]
    tables: tuple[str, ...]
    reader: Reader
    judges: bool = False
    dates_by_name: bool = False
    recognise: Callable[[Head], Recognition | None] = unrecognised


def record_batch(records: list[Record]) -> pa.RecordBatch:
    """A batch of records that were found one by one."""
    columns = zip(*records, strict=True) if records else ((), (), ())
    arrays = [pa.array(values, field.type) for values, field in zip(columns, RECORDS, strict=True)]
    return pa.record_batch(arrays, schema=RECORDS)


def faults_where(is_faulty: npt.NDArray[np.bool_], fault: str) -> pa.StringArray:
    """A column of faults: the same one wherever there is one."""
    if not is_faulty.any():
        return pa.nulls(len(is_faulty), pa.string())
    return pc.if_else(pa.array(is_faulty), pa.scalar(fault), pa.scalar(None, pa.string()))
