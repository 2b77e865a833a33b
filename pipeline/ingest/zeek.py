"""The format `zeek`: logs of Zeek as TSV with header lines or as JSON, labelled or not.

Here: the two notations, which a file's first character tells apart, brought to the same columns. What the columns are
called stands in `zeek_names`, what they mean in `zeek_fields`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.delimited import rows_below, with_columns
from pipeline.ingest.engine_functions import TEXTS, json_texts, json_valid
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import json_records
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.zeek_fields import with_meaning
from pipeline.ingest.zeek_header import ZeekHeader
from pipeline.ingest.zeek_names import COLUMNS, FACTS, MARKS, UNTYPED, type_in_file_name

FACT, JSON = "fact_", "json_"
TEXT_COLUMNS = COLUMNS | {f"{FACT}{name}": choices for name, choices in FACTS.items()}
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in ("log_type", *TEXT_COLUMNS))])
# where JSON names the type of log
TYPE = ("_path", "@stream", "@path")
ROW = "row"
FIRST_BYTES = 1 << 12
EXAMPLE = """\
#separator \\x09
#path	conn
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	conn_state
1767582729.120000	CHhAvVGS1DHFjwGM9	203.0.113.9	50930	198.51.100.20	22	tcp	ssh	SF"""
_HEADERLESS = re.compile(r"[0-9]+\.[0-9]{6}\t(-|[CF][0-9A-Za-z]{8,})\t")


@ibis.udf.scalar.builtin(name="json_extract_string", signature=((dt.string, dt.string), TEXTS))
def json_members(array: Any, path: Any) -> Any:
    """The texts at a path that stands for many; fails on text that is no JSON."""


@ibis.udf.scalar.builtin(name="array_to_string", signature=((TEXTS, dt.string), dt.string))
def joined(texts: Any, separator: Any) -> Any:
    """The texts in one."""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows of TSV cut into columns, or the objects of JSON as they are; header lines are no records."""
    if not _is_json(stream.path):
        yield from rows_below(ZeekHeader(stream.path.name, TEXT_COLUMNS), stream, SCHEMA)
        return
    log_type = pa.scalar(type_in_file_name(stream.path.name), pa.string())
    for batch in json_records(stream, source):
        yield with_columns(batch, {"log_type": pa.repeat(log_type, batch.num_rows)}, SCHEMA)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of every type of log, and the table that a record belongs to."""
    del source
    # a row of TSV has a text for its time at least, if there is no fault
    rows = records.mutate(row_fault=records.fault, is_json=records.fault.isnull() & records.ts.isnull())
    aside = rows.mutate(fault=rows.is_json.ifelse(ibis.null(str), ROW))
    wanted = {f"{JSON}{name}": choices for name, choices in TEXT_COLUMNS.items()}
    found = with_fields(aside, wanted | {"json_type": TYPE})
    logs = found.mutate(
        canonical=ibis.coalesce(found.canonical, found.row_fault.isnull().ifelse(found.record, ibis.null(str))),
        fault=(found.fault == ROW).ifelse(found.row_fault, found.fault),
        log_type=found.is_json.ifelse(
            ibis.coalesce(found.json_type, _marked(found), found.log_type, UNTYPED), found.log_type
        ),
        **{name: ibis.coalesce(found[name], _text(found[f"{JSON}{name}"])) for name in TEXT_COLUMNS},
    )
    return with_meaning(logs, {name: logs[f"{FACT}{name}"] for name in FACTS})


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


def _is_json(path: Path) -> bool:
    return next(iter(LogStream(path, FIRST_BYTES)), b"").lstrip()[:1] in (b"{", b"[")


def _marked(found: ibis.Table) -> ir.StringValue:
    """The type of log that a JSON record's keys tell of, looked at only where it names none."""
    is_asked = found.is_json & found.fault.isnull() & found.json_type.isnull()
    marks = json_texts(is_asked.ifelse(found.record, ibis.null(str)), ibis.literal([f"/{key}" for key in MARKS], TEXTS))
    return ibis.cases(*((marks[place].notnull(), kind) for place, kind in enumerate(MARKS.values())))


def _text(value: ir.StringValue) -> ir.StringValue:
    """The members of an array as TSV writes them."""
    is_array = value.startswith("[") & json_valid(value)
    return is_array.ifelse(joined(json_members(is_array.ifelse(value, "[]"), "$[*]"), ","), value)


FORMAT = Format(
    name="zeek",
    description="logs of Zeek (once Bro) as TSV with its header lines or as JSON, labelled or not",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.connections", "raw.logins"),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
