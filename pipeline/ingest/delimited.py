"""Cuts delimited text without quotes into columns, a batch of lines at a time.

Here: what the formats share that write one row per line and know from header lines where their columns stand. Not
here: what a header says, quotes (`csv_quoted`), what a value means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.contract import RECORDS
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream

FAULT = RECORDS.get_field_index("fault")
FACTS = "facts"
# named as the engine's own pairs
PAIR = pa.struct([pa.field("f1", pa.string()), pa.field("f2", pa.string())])
PAIRS = pa.list_(PAIR)


@dataclass(frozen=True)
class Layout:
    """What a header says.

    Attributes:
        delimiter: between the values of a row.
        width: number of columns.
        places: for each column that is wanted and there, its place in a row.
        fault: why no row can be read, if so.
        constants: columns that have the same value in all rows.
        facts: for each further value that is wanted as a pair in the column `facts`, its place in a row.
        nothing: values that mean null, besides those that mean it in every format.
    """

    delimiter: str
    width: int
    places: Mapping[str, int]
    fault: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
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
        cuts = [rows for lines, layout in _sections(filled(batch), header) for rows in cut(lines, layout, schema)]
        # the engine takes as long for a batch of one row as for one of thousands
        yield from pa.Table.from_batches(cuts, schema).combine_chunks().to_batches()


def cut(lines: pa.RecordBatch, layout: Layout | None, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The lines as rows with the text of the wanted columns; lines of another width get a fault.

    Args:
        lines: with the columns of `RECORDS`.
        layout: None if all lines have a fault already.
        schema: of the rows; columns that the layout lacks are null.
    """
    faulty, rows = _apart(lines, lines["fault"].is_valid())
    if faulty.num_rows:
        yield with_columns(faulty, {}, schema)
    if layout is None or not rows.num_rows:
        return
    values = pc.split_pattern(rows["record"], layout.delimiter)
    widths = pc.list_value_length(values)
    fits = pc.and_(pc.equal(widths, layout.width), layout.fault is None)
    fitting, misfitting = _apart(rows, fits)
    if fitting.num_rows:
        # filtering copies all values
        flat = values.filter(fits).flatten() if misfitting.num_rows else values.flatten()
        yield with_columns(fitting, _columns(flat, layout), schema)
    if misfitting.num_rows:
        faults = [layout.fault or misfit(layout.width, width) for width in widths.filter(pc.invert(fits)).to_pylist()]
        yield with_columns(_faulty(misfitting, faults), {}, schema)


def with_columns(rows: pa.RecordBatch, columns: Mapping[str, pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """The rows with the schema's further columns, null where none is given."""
    further = [schema.field(place) for place in range(rows.num_columns, len(schema))]
    nothing = {kind: pa.nulls(rows.num_rows, kind) for kind in {field.type for field in further}}
    return pa.record_batch(
        [*rows.columns, *(columns.get(field.name, nothing[field.type]) for field in further)], schema=schema
    )


def misfit(expected: int, found: int) -> str | None:
    """What is wrong with a row of so many columns, if anything."""
    return f"expected {expected} columns, found {found}" if found != expected else None


def filled(lines: pa.RecordBatch) -> pa.RecordBatch:
    """The lines without blank ones; those with a fault stay."""
    has_text = pc.not_equal(pc.utf8_trim_whitespace(lines["record"]), "").fill_null(False)
    return _apart(lines, pc.or_(has_text, lines["fault"].is_valid()))[0]


def _apart(lines: pa.RecordBatch, condition: pa.BooleanArray) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The lines that meet a condition, and the others; copied only if there are both."""
    meeting = condition.true_count
    if meeting in (0, lines.num_rows):
        return (lines, lines.slice(lines.num_rows)) if meeting else (lines.slice(0, 0), lines)
    return lines.filter(condition), lines.filter(pc.invert(condition))


def _sections(lines: pa.RecordBatch, header: Header) -> Iterator[tuple[pa.RecordBatch, Layout]]:
    """The lines between headers that differ, and of all headers the lines that cannot be read."""
    is_header = pc.and_(header.are_headers(lines["record"]).fill_null(False), lines["fault"].is_null())
    headers, rows = _apart(lines, is_header)
    texts = headers["record"].to_pylist()
    # how many rows stand above each header line
    above = np.flatnonzero(is_header) - np.arange(len(texts))
    start, layout, faults = 0, header.layout, list[str | None]()
    for end in np.unique(above).tolist():
        faults += [header.read(texts[at]) for at in range(len(faults), np.searchsorted(above, end, "right"))]
        if header.layout != layout:
            yield rows.slice(start, end - start), layout
            start, layout = end, header.layout
    yield rows.slice(start), layout
    read = _faulty(headers, faults)
    yield read.filter(read["fault"].is_valid()), layout


def _columns(values: pa.StringArray, layout: Layout) -> dict[str, pa.Array]:
    """The wanted columns of the values of all rows."""
    if layout.nothing:
        is_nothing = pc.is_in(values, pa.array(layout.nothing))
        values = pc.if_else(is_nothing, pa.scalar(None, pa.string()), values)
    starts = np.arange(0, len(values), layout.width)
    columns = {name: values.take(pa.array(starts + place)) for name, place in layout.places.items()}
    columns |= {name: pa.repeat(text, len(starts)) for name, text in layout.constants.items()}
    return columns | {FACTS: _pairs(values, starts, layout.facts)} if layout.facts else columns


def _pairs(values: pa.StringArray, starts: npt.NDArray[np.int64], facts: Mapping[str, int]) -> pa.ListArray:
    """For each row the names of the facts with their values."""
    places = np.fromiter(facts.values(), np.int64)
    names = pa.array(list(facts)).take(pa.array(np.tile(np.arange(len(facts)), len(starts))))
    texts = values.take(pa.array(np.add.outer(starts, places).ravel()))
    ends = np.arange(len(starts) + 1, dtype=np.int32) * len(facts)
    return pa.ListArray.from_arrays(
        pa.array(ends), pa.StructArray.from_arrays([names, texts], fields=list(PAIR)), PAIRS
    )


def _faulty(lines: pa.RecordBatch, faults: list[str | None]) -> pa.RecordBatch:
    return lines.set_column(FAULT, RECORDS.field(FAULT), pa.array(faults, pa.string()))
