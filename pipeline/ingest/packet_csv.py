"""The format `packet_csv`: packets as tshark writes their fields, or as a table made with scapy names them.

Here: which column says what, and the clock that tshark shows. Not here: how rows are found (csv_batches).
"""

from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.csv_quoted import split_line
from pipeline.ingest.delimited import Layout
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import TEXTS, WALL_CLOCK
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.patterns import extracted
from pipeline.ingest.tcp_flags import letters
from pipeline.ingest.zones import offset_of

# the first column that says anything counts: first those of tshark, then those of scapy
COLUMNS = {
    "time": ("frame.time_epoch", "timestamp"),
    "clock": ("frame.time",),
    "source_ip": ("ip.src", "ipv6.src", "isrc"),
    "dest_ip": ("ip.dst", "ipv6.dst", "idst"),
    "source_port": ("tcp.srcport", "udp.srcport", "sctp.srcport", "tsport", "utsport"),
    "dest_port": ("tcp.dstport", "udp.dstport", "sctp.dstport", "tdport", "utdport"),
    "protocol": ("ip.proto", "ipv6.nxt", "iproto"),
    "icmp_type": ("icmp.type", "icmpv6.type", "icmptype"),
    "icmp_code": ("icmp.code", "icmpv6.code", "icmpcode"),
    "bytes": ("frame.len", "ip.len", "len", "iplen"),
    "ttl": ("ip.ttl", "ipv6.hlim", "ipttl"),
    "tcp_flags": ("tcp.flags",),
    "tcp_window": ("tcp.window_size_value", "twindow"),
    "vlan": ("vlan.id", "vlan"),
    "ethertype": ("eth.type", "etype"),
    "dns_query": ("dns.qry.name",),
    "dns_opcode": ("dnsopcode",),
    "ntp_mode": ("ntpmode",),
    "label": ("label",),
}
TIMES = (*COLUMNS["time"], *COLUMNS["clock"])
NUMBERS = ("ttl", "tcp_window", "vlan", "ethertype", "dns_opcode", "ntp_mode")
TEXTS_WITH_COMMAS = ("clock", "label")
READ = tuple(name for choices in COLUMNS.values() for name in choices)
AS_READ = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in READ)])
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in COLUMNS)])
# such as Jan  5, 2026 03:12:09.120000000 CST; what is told beyond microseconds is cut
_CLOCK = (
    r"^(?P<time>[A-Z][a-z]{2} +[0-9]{1,2}, [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)[0-9]*"
    r" *(?P<zone>[A-Za-z ]*)$"
)
_PATTERNS = ("%b %d, %Y %H:%M:%S.%f", "%b %d, %Y %H:%M:%S")
# where a packet lies within another, tshark writes the values of both
_BETWEEN = ","
EXAMPLE = """\
frame.number,frame.time,ip.src,ip.dst,ip.proto,tcp.srcport,tcp.dstport,frame.len
1,"Jan  5, 2026 03:12:09.120000000 UTC",203.0.113.9,198.51.100.20,6,50930,22,74"""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, TEXTS), WALL_CLOCK))
def _wall_clock(text: Any, patterns: Any) -> Any:
    """The time in a text by the first pattern that it fits."""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows with the text of the columns that are known, one of those that mean the same."""
    rows = csv_batches(stream, source.delimiter, lambda names: _layout(names, source), AS_READ)
    return map(_merged, rows)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """What the columns say; the row identifies the packet."""
    found = rows.mutate(
        canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)), found=extracted(rows.clock, _CLOCK)
    )
    wall_clock = _wall_clock(found.found["time"], ibis.literal(list(_PATTERNS), TEXTS)).cast("string")
    facts = {name: rows[name].try_cast("int64") for name in NUMBERS}
    facts["tcp_flags"] = letters(rows.tcp_flags.try_cast("int64"))
    facts["dns_query"] = rows.dns_query
    return found.mutate(
        # a clock that is not of this kind stays what it is
        timestamp=ibis.coalesce(rows.time.nullif(""), wall_clock + offset_of(found.found["zone"], source), rows.clock),
        action=ibis.literal("packet"),
        details=details_of(facts),
    )


def recognise(head: Head) -> Recognition | None:
    """By the names of tshark's fields, or by those of the table that scapy made."""
    names = set(split_line(head.lines[0], ",")) if head.lines else set()
    if not names.isdisjoint(("frame.time", "frame.time_epoch")) and any(name.startswith("ip") for name in names):
        return Recognition(0.95, "a header line with the fields of tshark")
    if names.issuperset(("timestamp", "isrc", "idst")):
        return Recognition(0.95, "a header line with isrc and idst")
    return None


def _layout(names: list[str], source: Source) -> Layout:
    places = {name: names.index(name) for name in READ if name in names}
    fault = None if any(name in places for name in TIMES) else f"the header has no column {' or '.join(TIMES)}"
    return Layout(source.delimiter, len(names), places, fault)


def _merged(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with one column of those that mean the same, and of several packets in one what the outermost says."""
    columns = []
    for name, choices in COLUMNS.items():
        told = [rows[column] for column in choices if rows[column].null_count < len(rows)] or [rows[choices[0]]]
        text = told[0] if len(told) == 1 else pc.coalesce(*(pc.if_else(pc.equal(t, ""), None, t) for t in told))
        if name not in TEXTS_WITH_COMMAS and pc.any(pc.match_substring(text, _BETWEEN)).as_py():
            text = pc.list_element(pc.split_pattern(text, _BETWEEN), 0)
        columns.append(text)
    return pa.record_batch([*rows.columns[: len(RECORDS)], *columns], schema=SCHEMA)


FORMAT = Format(
    name="packet_csv",
    description="packets as CSV, with the fields of tshark or those of a table made with scapy, such as isrc",
    example=EXAMPLE,
    options=("delimiter",),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
