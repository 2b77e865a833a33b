"""The format `flat_json`: one flat JSON object per event, with our column names or those that the source maps."""

import ibis

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import json_records
from pipeline.ingest.mapping import TABLES, wanted
from pipeline.ingest.own_columns import WHY, are_ours

EXAMPLE = """\
{"timestamp": "2026-01-05 03:12:09.120", "source_ip": "203.0.113.9", "source_port": 50930,
 "dest_ip": "198.51.100.20", "dest_port": 22, "action": "chs dropped input", "protocol": "tcp", "bytes": 44}"""


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields by our names, or by those that `columns` gives them, which may be paths such as `client.ip`."""
    return with_fields(records, {name: (path,) for name, path in wanted(source).items()})


def recognise(head: Head) -> Recognition | None:
    """By our own column names; files that need a mapping cannot be told from other JSON."""
    return recognised(head, are_ours, WHY)


FORMAT = Format(
    name="flat_json",
    description="one flat JSON object per event, with our column names or those mapped by the source",
    example=EXAMPLE,
    options=("columns", "table"),
    tables=TABLES,
    reader=Reader(RECORDS, json_records, fields),
    judges=True,
    recognise=recognise,
)
