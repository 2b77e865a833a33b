"""Cuts delimited text without quotes into columns, a batch of lines at a time.

Here: what the formats share that write one row per line and know from a header where their columns stand. Not here:
how a header is read, quotes (`csv_quoted`), what a value means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.contract import RECORDS


@dataclass(frozen=True)
class Layout:
    """What a header says.

    Attributes:
        delimiter: between the values of a row.
        width: number of columns.
        places: for each column that is wanted and there, its place in a row.
        fault: why no row can be read, if so.
    """

    delimiter: str
    width: int
    places: Mapping[str, int]
    fault: str | None = None


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
    if layout is None:
        return
    values = pc.split_pattern(rows["record"], layout.delimiter)
    widths = pc.list_value_length(values)
    fits = pc.and_(pc.equal(widths, layout.width), layout.fault is None)
    flat = values.filter(fits).flatten()
    columns = {
        name: flat.take(pa.array(np.arange(place, len(flat), layout.width))) for name, place in layout.places.items()
    }
    yield with_columns(rows.filter(fits), columns, schema)
    misfits = pc.invert(fits)
    faults = [layout.fault or misfit(layout.width, width) for width in widths.filter(misfits).to_pylist()]
    unread = rows.filter(misfits).set_column(2, RECORDS.field("fault"), pa.array(faults, pa.string()))
    yield with_columns(unread, {}, schema)


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
