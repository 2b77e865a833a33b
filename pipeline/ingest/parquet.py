"""The format `parquet`: tables with our column names or those that the source maps.

Rows become JSON, because their columns may be of any type and nested: the engine writes it, and reads it as it reads
`flat_json`. Such a file is read from its end, so it is read whole or not at all.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from pipeline.config import Source
from pipeline.ingest.contract import MAX_RECORD, RECORDS, TOO_LONG, Format, Head, Reader, Recognition, faults_where
from pipeline.ingest.flat_json import fields
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.mapping import TABLES, missing

MAGIC = b"PAR1"
BATCH = 10_000
AS_JSON = "select to_json(rows)::varchar from rows"
EXAMPLE = "timestamp 2026-01-05 03:12:09.120, source_ip 203.0.113.9, dest_port 22, action drop (binary; as a row shows)"


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows as JSON, numbered from 1.

    Raises:
        OSError: the file is damaged, or no Parquet, or has columns of types that the engine does not know.
    """
    try:
        with ParquetFile(stream.path) as file, duckdb.connect(config={"threads": 1}) as engine:
            engine.execute("set timezone = 'UTC'")
            fault = missing(source, _paths(file.schema_arrow))
            first = 1
            for batch in file.iter_batches(BATCH, use_threads=False):
                yield _batch(engine, batch, first, fault)
                first += len(batch)
    except (pa.ArrowException, duckdb.Error, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        message = "Parquet cannot be read: " + str(error).partition("\n")[0]
        raise OSError(message) from error
    stream.damage = fault


def recognise(head: Head) -> Recognition | None:
    """By the bytes with which every such file starts."""
    return Recognition(1.0, "the first bytes of a Parquet file") if head.data.startswith(MAGIC) else None


def _paths(schema: pa.Schema | pa.StructType, above: str = "") -> set[str]:
    """The names of columns, and dotted those of what is nested in them."""
    found = {above + field.name for field in schema}
    nested = [field for field in schema if pa.types.is_struct(field.type)]
    return found.union(*(_paths(field.type, f"{above}{field.name}.") for field in nested))


def _batch(engine: duckdb.DuckDBPyConnection, rows: pa.RecordBatch, first: int, fault: str | None) -> pa.RecordBatch:
    engine.register("rows", pa.table([_known(column) for column in rows.columns], rows.schema.names))
    texts = engine.execute(AS_JSON).to_arrow_table().column(0).combine_chunks()
    is_too_long = pc.greater(pc.binary_length(texts), MAX_RECORD)
    numbers = pa.array(range(first, first + len(rows)))
    faults = faults_where(is_too_long.to_numpy(zero_copy_only=False), TOO_LONG)
    if fault:
        faults = pa.repeat(fault, len(rows))
    return pa.record_batch([numbers, texts, faults], schema=RECORDS)


def _known(column: pa.Array) -> pa.Array:
    """Numbers that are none, which is how data frames write what they do not know, become null."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


FORMAT = Format(
    name="parquet",
    description="Parquet with our column names or those mapped by the source",
    example=EXAMPLE,
    options=("columns", "table"),
    tables=TABLES,
    reader=Reader(RECORDS, records, fields),
    judges=True,
    recognise=recognise,
)
