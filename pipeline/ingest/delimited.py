"""Cuts delimited text without quotes into columns, a batch of lines at a time.

Here: what the formats share that write one row per line and know from header lines where their columns stand. Not
here: what a header says, quotes (`csv_quoted`), what a value means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.contract import RECORDS
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream

FAULT = RECORDS.get_field_index("fault")


@dataclass(frozen=True)
class Layout:
    """What a header says.

    Attributes:
        delimiter: between the values of a row.
        width: number of columns.
        places: for each column that is wanted and there, its place in a row.
        fault: why no row can be read, if so.
        constants: columns that have the same value in all rows.
        nothing: values that mean null, besides those that mean it in every format.
    """

    delimiter: str
    width: int
    places: Mapping[str, int]
    fault: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    nothing: tuple[str, ...] = ()


class Header(Protocol):
    """What the header lines say that were read so far, for formats that may have some anywhere in a file."""

    def are_headers(self, lines: pa.StringArray) -> pa.BooleanArray:
        """Which lines are header lines, damaged ones too."""

    def read(self, line: str) -> str | None:
        """Take a header line in; gives what is wrong with it, if anything."""

    @property
    def layout(self) -> Layout:
        """Of the rows that follow; with a fault if they cannot be read."""


def rows_below(header: Header, stream: LogStream, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a file with the text of the wanted columns; header lines are no rows, unless they are damaged."""
    for batch in line_batches(stream):
        for lines, layout in _sections(filled(batch), header):
            yield from cut(lines, layout, schema)


def cut(lines: pa.RecordBatch, layout: Layout | None, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The lines as rows with the text of the wanted columns; lines of another width get a fault.

    Args:
        lines: with the columns of `RECORDS`.
        layout: None if all lines have a fault already.
        schema: of the rows; columns that the layout lacks are null.
    """
    faulty = lines["fault"].is_valid()
    yield with_columns(lines.filter(faulty), {}, schema)
    rows = lines.filter(pc.invert(faulty))
    if layout is None or not rows.num_rows:
        return
    values = pc.split_pattern(rows["record"], layout.delimiter)
    widths = pc.list_value_length(values)
    fits = pc.and_(pc.equal(widths, layout.width), layout.fault is None)
    yield with_columns(rows.filter(fits), _columns(values.filter(fits).flatten(), layout), schema)
    misfits = pc.invert(fits)
    faults = [layout.fault or misfit(layout.width, width) for width in widths.filter(misfits).to_pylist()]
    yield with_columns(_faulty(rows.filter(misfits), faults), {}, schema)


def with_columns(rows: pa.RecordBatch, columns: Mapping[str, pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """The rows with the schema's further columns, null where none is given."""
    further = schema.names[rows.num_columns :]
    nothing = pa.nulls(rows.num_rows, pa.string())
    return pa.record_batch([*rows.columns, *(columns.get(name, nothing) for name in further)], schema=schema)


def misfit(expected: int, found: int) -> str | None:
    """What is wrong with a row of so many columns, if anything."""
    return f"expected {expected} columns, found {found}" if found != expected else None


def filled(lines: pa.RecordBatch) -> pa.RecordBatch:
    """The lines without blank ones; those with a fault stay."""
    has_text = pc.not_equal(pc.utf8_trim_whitespace(lines["record"]), "").fill_null(False)
    return lines.filter(pc.or_(has_text, lines["fault"].is_valid()))


def _sections(lines: pa.RecordBatch, header: Header) -> Iterator[tuple[pa.RecordBatch, Layout]]:
    """The lines between headers, and of the headers the lines that cannot be read."""
    is_header = pc.and_(header.are_headers(lines["record"]).fill_null(False), lines["fault"].is_null())
    found = np.flatnonzero(is_header)
    start = 0
    for block in np.split(found, np.flatnonzero(np.diff(found) > 1) + 1) if found.size else ():
        first, end = int(block[0]), int(block[-1]) + 1
        yield lines.slice(start, first - start), header.layout
        headers = lines.slice(first, end - first)
        read = _faulty(headers, [header.read(line) for line in headers["record"].to_pylist()])
        yield read.filter(read["fault"].is_valid()), header.layout
        start = end
    yield lines.slice(start), header.layout


def _columns(values: pa.StringArray, layout: Layout) -> dict[str, pa.Array]:
    """The wanted columns of the values of all rows."""
    if layout.nothing:
        is_nothing = pc.is_in(values, pa.array(layout.nothing))
        values = pc.if_else(is_nothing, pa.scalar(None, pa.string()), values)
    rows = len(values) // layout.width
    texts = {
        name: values.take(pa.array(np.arange(at, len(values), layout.width))) for name, at in layout.places.items()
    }
    return texts | {name: pa.repeat(text, rows) for name, text in layout.constants.items()}


def _faulty(lines: pa.RecordBatch, faults: list[str | None]) -> pa.RecordBatch:
    return lines.set_column(FAULT, RECORDS.field(FAULT), pa.array(faults, pa.string()))
