"""The format `argus`: flows as Argus' client `ra` writes them with commas or tabs, such as the files called binetflow.

An arrow to the left (`<-`) says that the second address began the flow, so the ends are swapped; all other signs, the
doubtful `<?` too, leave them as they are. The sign is kept in `details`.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.delimited import Layout, rows_below
from pipeline.ingest.details import details_of
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.texts import where

# by our names for them; ra lets people choose columns and their order
COLUMNS = {
    "starttime": "started",
    "dur": "lasted",
    "proto": "protocol",
    "srcaddr": "first_ip",
    "sport": "first_port",
    "dir": "direction",
    "dstaddr": "second_ip",
    "dport": "second_port",
    "state": "state",
    "totpkts": "packets",
    "totbytes": "size",
    "srcbytes": "first_bytes",
    "dstbytes": "second_bytes",
    "srcpkts": "first_packets",
    "dstpkts": "second_packets",
    "label": "label",
}
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in COLUMNS.values())])
NEEDED = ("started", "first_ip", "second_ip")
NO_HEADER = "no header: there is no line above that names SrcAddr and DstAddr"
EXAMPLE = """\
StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label
2026/01/05 03:12:09.120000,1.2,tcp,203.0.113.9,50930,   ->,198.51.100.20,22,FSPA_FSPA,0,0,12,1844,902,6,"""
BACKWARDS = "<-"
ICMP = ("icmp", "ipv6-icmp", "icmp6", "icmpv6")
# of these the lower byte is the type and the higher one the code
_TYPE_AND_CODE = r"^0x[0-9A-Fa-f]{3,4}$"


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows below a header; headers are no records."""
    del source
    yield from rows_below(_Header(), stream, SCHEMA)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of a flow, seen from the side that began it."""
    del source
    protocol, sign = records.protocol.strip(), records.direction.strip()
    is_icmp = protocol.lower().isin(ICMP).fill_null(False)
    flow = records.mutate(is_icmp=is_icmp, is_back=(sign == BACKWARDS).fill_null(False))
    icmp_type, icmp_code = _icmp(flow)
    first_bytes, second_bytes = _shares(flow, "bytes", flow["size"])
    first_packets, second_packets = _shares(flow, "packets", flow.packets)
    source_ip, dest_ip = _turned(flow, flow.first_ip, flow.second_ip)
    source_port, dest_port = _turned(flow, _port(flow, flow.first_port), _port(flow, flow.second_port))
    bytes_out, bytes_in = _turned(flow, first_bytes, second_bytes)
    packets_out, packets_in = _turned(flow, first_packets, second_packets)
    return flow.mutate(
        canonical=where(flow.fault.isnull(), flow.record),
        timestamp=flow.started,
        duration=flow.lasted,
        protocol=protocol,
        source_ip=source_ip,
        source_port=source_port,
        dest_ip=dest_ip,
        dest_port=dest_port,
        icmp_type=icmp_type,
        icmp_code=icmp_code,
        bytes_out=bytes_out,
        bytes_in=bytes_in,
        packets_out=packets_out,
        packets_in=packets_in,
        details=details_of({"direction": sign}),
    )


def recognise(head: Head) -> Recognition | None:
    """By a first line with Argus' names of columns."""
    names = {name.strip().lower() for name in head.lines[0].replace("\t", ",").split(",")} if head.lines else set()
    if not {"starttime", "srcaddr", "dstaddr"} <= names:
        return None
    return Recognition(0.98, "a header line with StartTime, SrcAddr and DstAddr")


class _Header:
    """What a line with names says: the columns, and what stands between them."""

    def __init__(self) -> None:
        self.layout = Layout(",", 1, {}, NO_HEADER)

    def are_headers(self, lines: pa.StringArray) -> pa.BooleanArray:
        """Those that name both ends."""
        names_source = pc.match_substring(lines, "SrcAddr", ignore_case=True)
        return pc.and_(names_source, pc.match_substring(lines, "DstAddr", ignore_case=True))

    def read(self, line: str) -> str | None:
        """Take the header in; columns that are missing are a fault of the rows."""
        delimiter = "\t" if "\t" in line else ","
        names = [COLUMNS.get(name.strip().lower()) for name in line.split(delimiter)]
        places = {name: names.index(name) for name in COLUMNS.values() if name in names}
        missing = [ours for ours in NEEDED if ours not in places]
        fault = f"the header lacks a column for: {', '.join(missing)}" if missing else None
        self.layout = Layout(delimiter, len(names), places, fault)
        return None


def _icmp(flow: ibis.Table) -> tuple[ir.StringValue, ir.StringValue]:
    """Type and code: two bytes in place of the source's port (0x0303), or one each in place of both (0x03, 0x03)."""
    are_both = flow.first_port.re_search(_TYPE_AND_CODE)
    first, second = flow.first_port.try_cast("int64"), flow.second_port.try_cast("int64")
    code = are_both.ifelse(first // 256, second)
    return (
        where(flow.is_icmp, are_both.ifelse(first % 256, first).cast("string")),
        # elsewhere the second is the number of an echo
        where(flow.is_icmp & (code < 256), code.cast("string")),
    )


def _port(flow: ibis.Table, text: ir.StringValue) -> ir.StringValue:
    """A port; other protocols have hexadecimal numbers in its place."""
    return where(~(flow.is_icmp | text.startswith("0x")), text)


def _shares(flow: ibis.Table, unit: str, total: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    """What either end sent; what the second one did is the rest where it is not said."""
    first, second = flow[f"first_{unit}"], flow[f"second_{unit}"]
    rest = total.try_cast("int64") - first.try_cast("int64")
    return first, ibis.coalesce(second, rest.cast("string"))


def _turned(flow: ibis.Table, first: ir.StringValue, second: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    return flow.is_back.ifelse(second, first), flow.is_back.ifelse(first, second)


FORMAT = Format(
    name="argus",
    description="flows of Argus as ra writes them with commas or tabs and a header line (binetflow)",
    example=EXAMPLE,
    options=(),
    tables=("raw.connections",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
