"""The format `s3_access`: accesses to buckets of Amazon S3, as a CSV of events or as its own server access log.

Here: the two notations, which a file's first line tells apart. The action is the name of the operation and, where it
did not succeed, that it was denied or failed. What Python wrote into the CSV as a dictionary is searched as text.
"""

import re
from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.aws_calls import action
from pipeline.ingest.beginning import beginning
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.csv_quoted import split_line
from pipeline.ingest.delimited import Layout, filled, with_columns
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import parsed_moment
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.patterns import address
from pipeline.ingest.texts import where

# there is a second time, that of the alarm
COLUMNS = {
    "event_time": "Event DateTime",
    "operation": "Event Name",
    "caller": "Source IP",
    "who": "User ID",
    "asked": "Request Parameters",
    "user_agent": "Request User Agent",
    "attempts": "Repeated Attempts",
}
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in COLUMNS)])
NO_ACCESS = "no line of the S3 server access log"
CLOCK = "[%d/%b/%Y:%H:%M:%S %z]"
LEAST_WORDS, LEAST_PARTS = 9, 6
_LINE = re.compile(r'\S+ \S+ \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \S+ \S+ \S+ \w+(\.\w+)+ .* "')
EXAMPLE = """\
79a59df9 example-logs [05/Jan/2026:03:12:09 +0000] 203.0.113.9 - 3E57427F3EXAMPLE REST.GET.OBJECT backup/keys.txt \
"GET /example-logs/backup/keys.txt HTTP/1.1" 403 AccessDenied 243 - 7 - "-" "curl/8.5.0" - s9lzHYrFp76ZVxRcpX9= - \
ECDHE-RSA-AES128-GCM-SHA256 - example-logs.s3.eu-west-1.amazonaws.com TLSv1.2 - -"""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows of the CSV cut into columns, or the lines of the log as they are."""
    del source
    if _is_csv(beginning(stream.path).decode(errors="replace").partition("\n")[0]):
        yield from csv_batches(stream, ",", _layout, SCHEMA)
        return
    for batch in line_batches(stream):
        yield with_columns(filled(batch), {}, SCHEMA)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of an access; who asked for what is in the details."""
    del source
    sound = records.fault.isnull()
    # a row has a text for its time at least
    is_line = sound & records.event_time.isnull()
    split = records.mutate(
        canonical=where(sound, records.record), is_line=is_line, parts=where(is_line, records.record).split('"')
    )
    words = split.mutate(asking=split.parts[0].split(" "), answer=split.parts[2].split(" "))
    accesses = words.mutate(
        fault=words.fault.fill_null(where(words.is_line & ~_is_access(words), NO_ACCESS)),
        event_time=words.event_time.fill_null(_moment(words.asking)),
        caller=words.caller.fill_null(words.asking[4]),
        operation=words.operation.fill_null(words.asking[7]),
        status=words.answer[1].nullif("-"),
        error=words.answer[2].nullif("-"),
    )
    return accesses.mutate(
        timestamp=accesses.event_time,
        source_ip=address(accesses.caller),
        action=action(
            accesses.operation, ibis.coalesce(accesses.error, where(accesses.status >= "400", accesses.status))
        ),
        bytes=accesses.answer[3],
        details=details_of(_facts(accesses)),
    )


def recognise(head: Head) -> Recognition | None:
    """By the header of the CSV, or by lines of the log."""
    if head.lines and _is_csv(head.lines[0]):
        return Recognition(0.97, "a header line with Event Name, Request Parameters and Event DateTime")
    share = sum(bool(_LINE.match(line)) for line in head.lines) / max(len(head.lines), 1)
    return Recognition(0.95 * share, "lines of the S3 server access log") if share > 0.5 else None


def _is_csv(first_line: str) -> bool:
    return {COLUMNS["event_time"], COLUMNS["operation"], COLUMNS["asked"]}.issubset(split_line(first_line, ","))


def _layout(names: list[str]) -> Layout:
    return Layout(",", len(names), {column: names.index(name) for column, name in COLUMNS.items() if name in names})


def _is_access(words: ibis.Table) -> ir.BooleanValue:
    return (
        (words.asking.length() >= LEAST_WORDS) & (words.parts.length() >= LEAST_PARTS) & words.asking[2].startswith("[")
    )


def _moment(asking: ir.ArrayValue) -> ir.StringValue:
    text = asking[2] + " " + asking[3]
    return ibis.coalesce(parsed_moment(text, CLOCK).cast(str), text)


def _facts(accesses: ibis.Table) -> dict[str, ir.Value]:
    asking, parts = accesses.asking, accesses.parts
    return {
        "bucket": ibis.coalesce(asking[1], _told(accesses.asked, "bucketName")),
        "key": ibis.coalesce(asking[8], _told(accesses.asked, "key")),
        "user": ibis.coalesce(asking[5], _told(accesses.who, "accountId")),
        "principal": _told(accesses.who, "principalId"),
        "request": parts[1],
        "status": accesses.status,
        "error": accesses.error,
        "referrer": parts[3],
        "user_agent": ibis.coalesce(accesses.user_agent, parts[5]),
        "attempts": accesses.attempts,
    }


def _told(dictionary: ir.StringValue, key: str) -> ir.StringValue:
    return dictionary.re_extract(rf"'{key}': '([^']*)'", 1)


FORMAT = Format(
    name="s3_access",
    description="accesses to buckets of Amazon S3: its server access log, or a CSV of events",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
