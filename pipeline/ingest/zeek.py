"""The format `zeek`: logs of Zeek as TSV with header lines or as JSON, labelled or not.

Here: the two notations, which a file's first character tells apart. What header lines say stands in `zeek_header`, how
JSON comes to the same columns in `zeek_json`, names in `zeek_names`, what the values mean in `zeek_fields`.
"""

import re
from collections.abc import Iterator

import ibis
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.beginning import beginning
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.delimited import PAIRS, rows_below, with_columns
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import json_records
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.zeek_fields import with_meaning
from pipeline.ingest.zeek_header import ZeekHeader
from pipeline.ingest.zeek_json import TYPE, with_json
from pipeline.ingest.zeek_names import COLUMNS, type_in_file_name

# of a row of TSV the type of log is known, of a JSON object only what its file is called
TEXTS = ("log_type", "file_type", *COLUMNS)
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in TEXTS), pa.field("facts", PAIRS)])
EXAMPLE = """\
#separator \\x09
#path	conn
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	conn_state
1767582729.120000	CHhAvVGS1DHFjwGM9	203.0.113.9	50930	198.51.100.20	22	tcp	ssh	SF"""
_HEADERLESS = re.compile(r"[0-9]+\.[0-9]{6}\t(-|[CF][0-9A-Za-z]{8,})\t")


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows of TSV cut into columns, or the objects of JSON as they are; header lines are no records."""
    if not beginning(stream.path).startswith((b"{", b"[")):
        yield from rows_below(ZeekHeader(stream.path.name), stream, SCHEMA)
        return
    file_type = pa.scalar(type_in_file_name(stream.path.name), pa.string())
    for batch in json_records(stream, source):
        yield with_columns(batch, {"file_type": pa.repeat(file_type, batch.num_rows)}, SCHEMA)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of every type of log, and the table that a record belongs to."""
    del source
    return with_meaning(with_json(records))


def recognise(head: Head) -> Recognition | None:
    """By a header line, or by keys; rows without a header only so that they can be rejected with the reason."""
    if any(line.startswith("#fields\t") for line in head.lines):
        return Recognition(0.98, "a header line that starts with #fields")
    headerless = sum(bool(_HEADERLESS.match(line)) for line in head.lines)
    if 2 * headerless > len(head.lines):
        return Recognition(0.6, "rows as in Zeek's TSV, but no header")
    return recognised(head, _is_log, "Zeek JSON: ts with uid, an id or a type of log", 0.95)


def _is_log(keys: set[str]) -> bool:
    return "ts" in keys and not keys.isdisjoint(("uid", "fuid", *TYPE, *COLUMNS["orig_h"]))


FORMAT = Format(
    name="zeek",
    description="logs of Zeek (once Bro) as TSV with its header lines or as JSON, labelled or not",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.connections", "raw.logins"),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
