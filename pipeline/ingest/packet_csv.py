"""The format `packet_csv`: packets as tshark writes their fields, or as a table made with scapy names them.

Here: which column says what, and the clock that tshark shows. Not here: how rows are found (csv_batches).
"""

from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.csv_quoted import split_line
from pipeline.ingest.delimited import Layout
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import TEXTS, WALL_CLOCK
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.tcp_flags import letters
from pipeline.ingest.zones import offset_of

# the first column that says anything counts: first those of tshark, then those of scapy
COLUMNS = {
    "timestamp": ("frame.time_epoch", "timestamp"),
    "source_ip": ("ip.src", "ipv6.src", "isrc"),
    "dest_ip": ("ip.dst", "ipv6.dst", "idst"),
    "source_port": ("tcp.srcport", "udp.srcport", "sctp.srcport", "tsport", "utsport"),
    "dest_port": ("tcp.dstport", "udp.dstport", "sctp.dstport", "tdport", "utdport"),
    "protocol": ("ip.proto", "ipv6.nxt", "iproto"),
    "icmp_type": ("icmp.type", "icmpv6.type", "icmptype"),
    "icmp_code": ("icmp.code", "icmpv6.code", "icmpcode"),
    "bytes": ("frame.len", "ip.len", "len", "iplen"),
}
NUMBERS = {
    "ttl": ("ip.ttl", "ipv6.hlim", "ipttl"),
    "tcp_window": ("tcp.window_size_value", "twindow"),
    "vlan": ("vlan.id", "vlan"),
    "ethertype": ("eth.type", "etype"),
    "dns_opcode": ("dnsopcode",),
    "ntp_mode": ("ntpmode",),
}
CLOCK, FLAGS, QUERY, LABEL = "frame.time", "tcp.flags", "dns.qry.name", "label"
TIMES = (*COLUMNS["timestamp"], CLOCK)
READ = (*sum((*COLUMNS.values(), *NUMBERS.values()), ()), CLOCK, FLAGS, QUERY, LABEL)
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in READ)])
# such as Jan  5, 2026 03:12:09.120000000 CST: whole seconds, and what is told beyond microseconds is cut
_CLOCK = r"^([A-Z][a-z]{2} +[0-9]{1,2}, [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)[0-9]* *([A-Za-z ]*)$"
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
    """The rows with the text of the columns that are known."""
    return csv_batches(stream, source.delimiter, lambda names: _layout(names, source), SCHEMA)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """What the columns say; the row identifies the packet."""
    told = {name: _first(rows, *choices) for name, choices in COLUMNS.items()}
    told["timestamp"] = told["timestamp"].fill_null(_timestamp(rows[CLOCK], source))
    facts = {name: _first(rows, *choices).try_cast("int64") for name, choices in NUMBERS.items()}
    facts["tcp_flags"] = letters(_first(rows, FLAGS).try_cast("int64"))
    facts["dns_query"] = _first(rows, QUERY)
    return rows.mutate(
        **told,
        canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)),
        action=ibis.literal("packet"),
        details=details_of(facts),
    )


def recognise(head: Head) -> Recognition | None:
    """By the names of tshark's fields, or by those of the table that scapy made."""
    names = set(split_line(head.lines[0], ",")) if head.lines else set()
    if not names.isdisjoint({CLOCK, "frame.time_epoch"}) and any(name.startswith("ip") for name in names):
        return Recognition(0.95, "a header line with the fields of tshark")
    if names.issuperset(("timestamp", "isrc", "idst")):
        return Recognition(0.95, "a header line with isrc and idst")
    return None


def _layout(names: list[str], source: Source) -> Layout:
    places = {name: names.index(name) for name in READ if name in names}
    fault = None if any(name in places for name in TIMES) else f"the header has no column {' or '.join(TIMES)}"
    return Layout(source.delimiter, len(names), places, fault)


def _first(rows: ibis.Table, *columns: str) -> ir.StringValue:
    """What the first of the columns that says anything says of the outermost packet."""
    return ibis.coalesce(*(rows[column].split(_BETWEEN)[0].nullif("") for column in columns))


def _timestamp(clock: ir.StringValue, source: Source) -> ir.StringValue:
    """The time of a local clock with its zone; text that is no such clock stays what it is."""
    wall_clock = _wall_clock(clock.re_extract(_CLOCK, 1), ibis.literal(list(_PATTERNS), TEXTS))
    offset = offset_of(clock.re_extract(_CLOCK, 2).strip(), source)
    return ibis.coalesce(wall_clock.cast("string") + offset, clock)


FORMAT = Format(
    name="packet_csv",
    description="packets as CSV, with the fields of tshark or those of a table made with scapy, such as isrc",
    example=EXAMPLE,
    options=("delimiter",),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
