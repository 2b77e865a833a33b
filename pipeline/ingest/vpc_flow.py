"""The format `vpc_flow`: flow logs of AWS VPCs, with the fields of version 2 or those that a header line names.

A record tells of one direction only. Where an interface had no traffic (NODATA) or records of it were lost (SKIPDATA)
there is no flow: such a line is kept as an event that is named after it.
"""

import re
from collections.abc import Iterator

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.delimited import Layout, rows_below
from pipeline.ingest.details import details_of
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.texts import first_said, where

BLANK = " "
VERSION_2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
# what goes to `details`; flow logs have these fields from version 2, 3 or 5 on
FACTS = (
    "account-id",
    "interface-id",
    "vpc-id",
    "instance-id",
    "flow-direction",
    "tcp-flags",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "reject-reason",
)
NAMES = tuple(dict.fromkeys((*VERSION_2.split(), *FACTS)))
SCHEMA = pa.schema([*RECORDS, *(pa.field(f"aws {name}", pa.string()) for name in NAMES)])
NO_TIME = "the header names neither start nor end"
NOT_RECORDED = ("NODATA", "SKIPDATA")
# of their messages no type and no code is recorded
ICMP = ("1", "58")
EXAMPLE = "2 123456789010 eni-1235b8ca 203.0.113.9 198.51.100.20 50930 22 6 12 1844 1767582729 1767582789 REJECT OK"
_HEADER = r"(^| )(account[-_]id|interface[-_]id|(pkt[-_])?(src|dst)addr|log[-_]status)( |$)"
_ROW = re.compile(r"2 \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ [0-9]{9,} [0-9]{9,} (ACCEPT|REJECT|-) (OK|NODATA|SKIPDATA)")


class _Header:
    """Version 2, until a line names other fields."""

    def __init__(self) -> None:
        self.read(VERSION_2)

    def are_headers(self, lines: pa.StringArray) -> pa.BooleanArray:
        """Those that name a field."""
        return pc.match_substring_regex(lines, _HEADER)

    def read(self, line: str) -> str | None:
        """Take the header in; without a time no row can be read."""
        names = [name.replace("_", "-") for name in line.strip().split(BLANK)]
        fault = None if {"start", "end"}.intersection(names) else NO_TIME
        places = {f"aws {name}": names.index(name) for name in NAMES if name in names}
        self.layout = Layout(BLANK, len(names), places, fault)
        return None


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows; header lines are no records."""
    del source
    yield from rows_below(_Header(), stream, SCHEMA)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of a flow, or of a note that flows were not recorded."""
    del source
    said = {name: records[f"aws {name}"] for name in NAMES}
    has_ports = ~said["protocol"].isin(ICMP)
    status = said["log-status"]
    return records.mutate(
        canonical=where(records.fault.isnull(), records.record),
        target=status.isin(NOT_RECORDED).fill_null(False).ifelse("security_events", "connections"),
        action=status,
        timestamp=first_said(said["start"], said["end"]),
        duration=(said["end"].try_cast("int64") - said["start"].try_cast("int64")).cast("string"),
        protocol=said["protocol"],
        source_ip=first_said(said["srcaddr"], said["pkt-srcaddr"]),
        source_port=where(has_ports, said["srcport"]),
        dest_ip=first_said(said["dstaddr"], said["pkt-dstaddr"]),
        dest_port=where(has_ports, said["dstport"]),
        state=said["action"],
        bytes_out=said["bytes"],
        packets_out=said["packets"],
        details=details_of({name.replace("-", "_"): said[name] for name in FACTS}),
    )


def recognise(head: Head) -> Recognition | None:
    """By a header line, or by lines of version 2."""
    first = set(head.lines[0].replace("_", "-").split()) if head.lines else set()
    if {"srcaddr", "dstaddr"} <= first and not first.isdisjoint(("log-status", "interface-id", "account-id")):
        return Recognition(0.97, "a header line with srcaddr, dstaddr and other fields of flow logs")
    fitting = sum(bool(_ROW.fullmatch(line.strip())) for line in head.lines)
    if 2 * fitting <= len(head.lines):
        return None
    return Recognition(0.95 * fitting / len(head.lines), "lines of 14 fields as in flow logs of version 2")


FORMAT = Format(
    name="vpc_flow",
    description="flow logs of AWS VPCs, of version 2 or with a header line that names the fields",
    example=EXAMPLE,
    options=(),
    tables=("raw.connections", "raw.security_events"),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
