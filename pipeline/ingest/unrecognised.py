"""How text is read that no format recognises: every line is rejected, so that none is lost without an account.

What is no text, or holds nothing, has no lines: that is an unreadable file.
"""

from collections.abc import Iterator

import ibis
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Reader
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.syslog import line_records

UNRECOGNISED = "no format recognises this file; name one in the source's format"


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The lines that are not blank; what ended the file early comes before the reason that all of them have."""
    yield from line_records(stream, source)
    stream.damage = stream.damage or UNRECOGNISED


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """Nothing but the fault."""
    del source
    return lines.mutate(canonical=ibis.null(str), fault=ibis.coalesce(lines.fault, ibis.literal(UNRECOGNISED)))


FORMAT = Format(
    name="auto",
    description="text that no format recognises",
    example="# Notes",
    options=(),
    tables=("raw.security_events",),
    reader=Reader(RECORDS, records, fields),
)
