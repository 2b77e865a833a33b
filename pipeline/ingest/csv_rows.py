"""The format `csv`: delimited text with a header line; columns by our names or those that the source maps.

Here: which value of a row belongs to which column. Rows without quotes are cut up by Arrow, a batch at a time; the
others go to `csv_quoted`.
"""

from collections.abc import Iterator

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import MAPPABLE_COLUMNS, Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition, Record, record_batch
from pipeline.ingest.csv_quoted import QuotedRows, Row, split_line
from pipeline.ingest.delimited import Layout, cut, filled, misfit, with_columns
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.own_columns import WHY, are_ours

SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in MAPPABLE_COLUMNS)])
EXAMPLE = """\
timestamp,source_ip,source_port,dest_ip,dest_port,action,protocol,bytes,country
2026-01-05 03:12:09.120,203.0.113.9,50930,198.51.100.20,22,chs dropped input,tcp,44,Brazil"""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows below the header with the text of our columns; the line of a row is the one on which it starts."""
    quoted = QuotedRows(source.delimiter)
    header = None
    for batch in line_batches(stream):
        lines = batch if quoted.is_open else filled(batch)
        if header is None and lines["fault"].null_count:
            first = pc.index(lines["fault"].is_null(), True).as_py()
            yield with_columns(lines.slice(0, first), {}, SCHEMA)
            header, lines = _header(lines["record"][first].as_py(), source), lines.slice(first + 1)
        if header and (quoted.is_open or pc.any(pc.match_substring(lines["record"], '"')).as_py()):
            yield _from_rows(list(quoted.rows(_as_records(lines))), header)
        else:
            yield from cut(lines, header, SCHEMA)
    if header:
        yield _from_rows(list(quoted.rows([], final=True)), header)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """The text columns are there already; what identifies a row is its line."""
    del source
    return rows.mutate(canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)))


def recognise(head: Head) -> Recognition | None:
    """By our own column names in the first line; files that need a mapping cannot be told from other CSV."""
    names = split_line(head.lines[0], ",") if head.lines else []
    return Recognition(0.9, f"a header line with {WHY}") if are_ours(name.strip() for name in names) else None


def _header(text: str, source: Source) -> Layout:
    names = [name.strip() for name in split_line(text, source.delimiter)]
    wanted = {column: source.columns.get(column, column) for column in MAPPABLE_COLUMNS}
    places = {column: names.index(name) for column, name in wanted.items() if name in names}
    fault = None if "timestamp" in places else f"the header has no column {wanted['timestamp']}"
    return Layout(source.delimiter, len(names), places, fault)


def _from_rows(rows: list[Row], header: Layout) -> pa.RecordBatch:
    """Rows that were found one by one."""
    judged = [
        (number, text, fault or header.fault or misfit(header.width, len(values)), values)
        for number, text, fault, values in rows
    ]
    empty = [None] * header.width
    texts = [empty if fault else values for _, _, fault, values in judged]
    columns = {
        name: pa.array([values[place] for values in texts], pa.string()) for name, place in header.places.items()
    }
    return with_columns(record_batch([row[:3] for row in judged]), columns, SCHEMA)


def _as_records(lines: pa.RecordBatch) -> list[Record]:
    return list(zip(*(column.to_pylist() for column in lines.columns), strict=True))


FORMAT = Format(
    name="csv",
    description="delimited text with a header line, with our column names or those mapped by the source",
    example=EXAMPLE,
    options=("columns", "delimiter"),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
