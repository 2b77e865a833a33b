"""The format `csv`: delimited text with a header line; columns by our names or those that the source maps.

Here: which value of a row belongs to which column. Rows without quotes are cut up by Arrow, a batch at a time; the
others go to `csv_quoted`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import MAPPABLE_COLUMNS, Source
from pipeline.ingest.contract import RECORDS, Format, Reader, Record, record_batch
from pipeline.ingest.csv_quoted import QuotedRows, Row, split_line
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream

SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in MAPPABLE_COLUMNS)])
EXAMPLE = """\
timestamp,source_ip,source_port,dest_ip,dest_port,action,protocol,bytes,country
2026-01-05 03:12:09.120,203.0.113.9,50930,198.51.100.20,22,chs dropped input,tcp,44,Brazil"""


@dataclass(frozen=True)
class _Header:
    """What the first line says.

    Attributes:
        width: number of columns.
        places: for each of our columns its place in a row, or None where the file has none.
        fault: why no row can be read, if so.
    """

    width: int
    places: dict[str, int | None]
    fault: str | None


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows below the header with the text of our columns; the line of a row is the one on which it starts."""
    quoted = QuotedRows(source.delimiter)
    header = None
    for batch in line_batches(stream):
        lines = batch if quoted.is_open else batch.filter(_is_filled(batch))
        if header is None and lines["fault"].null_count:
            first = pc.index(lines["fault"].is_null(), True).as_py()
            yield _batch(lines.slice(0, first))
            header, lines = _header(lines["record"][first].as_py(), source), lines.slice(first + 1)
        if header and (quoted.is_open or pc.any(pc.match_substring(lines["record"], '"')).as_py()):
            yield _from_rows(list(quoted.rows(_as_records(lines))), header)
        else:
            yield from _from_lines(lines, source.delimiter, header)
    if header:
        yield _from_rows(list(quoted.rows([], final=True)), header)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """The text columns are there already; what identifies a row is its line."""
    del source
    return rows.mutate(canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)))


def _header(text: str, source: Source) -> _Header:
    names = [name.strip() for name in split_line(text, source.delimiter)]
    wanted = {column: source.columns.get(column, column) for column in MAPPABLE_COLUMNS}
    places = {column: names.index(name) if name in names else None for column, name in wanted.items()}
    lacks_time = places["timestamp"] is None
    return _Header(len(names), places, f"the header has no column {wanted['timestamp']}" if lacks_time else None)


def _is_filled(lines: pa.RecordBatch) -> pa.BooleanArray:
    has_text = pc.not_equal(pc.utf8_trim_whitespace(lines["record"]), "").fill_null(False)
    return pc.or_(has_text, lines["fault"].is_valid())


def _from_lines(lines: pa.RecordBatch, delimiter: str, header: _Header | None) -> Iterator[pa.RecordBatch]:
    """Rows without quotes."""
    faulty = lines["fault"].is_valid()
    yield _batch(lines.filter(faulty))
    rows = lines.filter(pc.invert(faulty))
    if header is None:
        return
    values = pc.split_pattern(rows["record"], delimiter)
    widths = pc.list_value_length(values)
    fits = pc.and_(pc.equal(widths, header.width), header.fault is None)
    flat = values.filter(fits).flatten()
    columns = {
        name: flat.take(pa.array(np.arange(place, len(flat), header.width)))
        for name, place in header.places.items()
        if place is not None
    }
    yield _batch(rows.filter(fits), columns)
    misfits = pc.invert(fits)
    faults = [header.fault or _misfit(header.width, width) for width in widths.filter(misfits).to_pylist()]
    yield _batch(rows.filter(misfits).set_column(2, RECORDS.field("fault"), pa.array(faults, pa.string())))


def _from_rows(rows: list[Row], header: _Header) -> pa.RecordBatch:
    """Rows that were found one by one."""
    judged = [
        (number, text, fault or header.fault or _misfit(header.width, len(values)), values)
        for number, text, fault, values in rows
    ]
    empty = [None] * header.width
    texts = [empty if fault else values for _, _, fault, values in judged]
    columns = {
        name: pa.array([values[place] for values in texts], pa.string())
        for name, place in header.places.items()
        if place is not None
    }
    return _batch(record_batch([row[:3] for row in judged]), columns)


def _misfit(expected: int, found: int) -> str | None:
    return f"expected {expected} columns, found {found}" if found != expected else None


def _batch(rows: pa.RecordBatch, columns: dict[str, pa.Array] | None = None) -> pa.RecordBatch:
    """The rows with the text of our columns, null where there is none."""
    nothing = pa.nulls(rows.num_rows, pa.string())
    texts = [(columns or {}).get(name, nothing) for name in MAPPABLE_COLUMNS]
    return pa.record_batch([*rows.columns, *texts], schema=SCHEMA)


def _as_records(lines: pa.RecordBatch) -> list[Record]:
    return list(zip(*(column.to_pylist() for column in lines.columns), strict=True))


FORMAT = Format(
    name="csv",
    description="delimited text with a header line, with our column names or those mapped by the source",
    example=EXAMPLE,
    options=("columns", "delimiter"),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
)
