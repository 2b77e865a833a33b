"""The format `csv`: delimited text with a header line; columns by our names or those that the source maps.

Here: which column of a file is which of ours. Not here: how rows are found (csv_batches).
"""

from collections.abc import Iterator

import ibis
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.csv_quoted import split_line
from pipeline.ingest.delimited import Layout
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.mapping import COLUMNS, TABLES, missing, wanted
from pipeline.ingest.own_columns import WHY, are_ours

SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in COLUMNS)])
EXAMPLE = """\
timestamp,source_ip,source_port,dest_ip,dest_port,action,protocol,bytes,country
2026-01-05 03:12:09.120,203.0.113.9,50930,198.51.100.20,22,chs dropped input,tcp,44,Brazil"""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows with the text of the columns of the source's table."""

    def layout_of(names: list[str]) -> Layout:
        places = {column: names.index(name) for column, name in wanted(source).items() if name in names}
        return Layout(source.delimiter, len(names), places, missing(source, names))

    return csv_batches(stream, source.delimiter, layout_of, SCHEMA)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """The text columns are there already; what identifies a row is its line."""
    del source
    return rows.mutate(canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)))


def recognise(head: Head) -> Recognition | None:
    """By our own column names in the first line; files that need a mapping cannot be told from other CSV."""
    names = split_line(head.lines[0], ",") if head.lines else []
    return Recognition(0.9, f"a header line with {WHY}") if are_ours(name.strip() for name in names) else None


FORMAT = Format(
    name="csv",
    description="delimited text with a header line, with our column names or those mapped by the source",
    example=EXAMPLE,
    options=("columns", "delimiter", "table"),
    tables=TABLES,
    reader=Reader(SCHEMA, records, fields),
    judges=True,
    recognise=recognise,
)
