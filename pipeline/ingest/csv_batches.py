"""Reads delimited text with a header line into columns, quoted or not, a batch of lines at a time.

Here: which parser takes a batch. Lines without quotes are cut up by Arrow at their delimiters; where each quote opens
and closes within its line, Arrow's CSV parser takes them; anything else goes row by row to `csv_quoted`. Not here:
which columns a format wants.
"""

import re
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from pipeline.ingest.contract import RECORDS, Record, record_batch
from pipeline.ingest.csv_quoted import QuotedRows, Row, split_line
from pipeline.ingest.delimited import Layout, cut, filled, misfit, with_columns
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream

FAULT = RECORDS.get_field_index("fault")


def csv_batches(
    stream: LogStream, delimiter: str, layout_of: Callable[[list[str]], Layout], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The rows below the header with the text of the wanted columns; the line of a row is the one on which it starts.

    Args:
        stream: of the file; if the header is at fault, that is said as its damage.
        delimiter: between the values of a row.
        layout_of: what the names in the header mean.
        schema: of the rows: the columns of `RECORDS`, then those that are wanted; those that the layout lacks are null.
    """
    quoted = QuotedRows(delimiter)
    layout = None
    for batch in line_batches(stream):
        lines = batch if quoted.is_open else filled(batch)
        if layout is None and lines["fault"].null_count:
            first = pc.index(lines["fault"].is_null(), True).as_py()
            yield with_columns(lines.slice(0, first), {}, schema)
            header, lines = lines["record"][first].as_py(), lines.slice(first + 1)
            layout = layout_of([name.strip() for name in split_line(header, delimiter)])
        if layout is None or not (quoted.is_open or _have_quotes(lines)):
            yield from cut(lines, layout, schema)
        elif quoted.is_open or layout.fault or not _are_whole(lines, delimiter):
            yield _one_by_one(quoted.rows(_as_records(lines)), layout, schema)
        else:
            yield from _parsed(lines, layout, schema)
    if layout:
        yield _one_by_one(quoted.rows([], final=True), layout, schema)
        stream.damage = stream.damage or layout.fault


def _have_quotes(lines: pa.RecordBatch) -> bool:
    return bool(pc.any(pc.match_substring(lines["record"], '"')).as_py())


def _are_whole(lines: pa.RecordBatch, delimiter: str) -> bool:
    """Whether every value is either without quotes or wholly within quotes that close on the same line."""
    mark = re.escape(delimiter)
    value = f'(?:[^"{mark}]*|"(?:[^"]|"")*")'
    whole = pc.match_substring_regex(lines["record"], f"^{value}(?:{mark}{value})*$")
    return bool(pc.all(pc.and_not(whole, lines["fault"].is_valid())).as_py())


def _parsed(lines: pa.RecordBatch, layout: Layout, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Lines that are whole rows each."""
    widths = dict[int, int]()

    def set_aside(row: pa.csv.InvalidRow) -> str:
        widths[row.number - 1] = row.actual_columns
        return "skip"

    text = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines["record"]), "\n")[0].as_buffer()
    names = [str(place) for place in range(layout.width)]
    table = read_csv(
        pa.BufferReader(text),
        ReadOptions(use_threads=False, block_size=text.size + 1, column_names=names),
        ParseOptions(delimiter=layout.delimiter, ignore_empty_lines=False, invalid_row_handler=set_aside),
        ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
    ).combine_chunks()
    misfits = pa.array(sorted(widths), pa.int64())
    fits = pc.invert(pc.is_in(pa.array(range(len(lines))), misfits))
    columns = {name: table[str(place)].combine_chunks() for name, place in layout.places.items()}
    yield with_columns(lines.filter(fits), columns, schema)
    faults = [misfit(layout.width, widths[place]) for place in sorted(widths)]
    unread = lines.take(misfits).set_column(FAULT, RECORDS.field("fault"), pa.array(faults, pa.string()))
    yield with_columns(unread, {}, schema)


def _one_by_one(rows: Iterator[Row], layout: Layout, schema: pa.Schema) -> pa.RecordBatch:
    judged = [
        (number, text, fault or layout.fault or misfit(layout.width, len(values)), values)
        for number, text, fault, values in rows
    ]
    empty = [None] * layout.width
    texts = [empty if fault else values for _, _, fault, values in judged]
    columns = {
        name: pa.array([values[place] for values in texts], pa.string()) for name, place in layout.places.items()
    }
    return with_columns(record_batch([row[:3] for row in judged]), columns, schema)


def _as_records(lines: pa.RecordBatch) -> list[Record]:
    return list(zip(*(column.to_pylist() for column in lines.columns), strict=True))
