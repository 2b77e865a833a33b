"""The format `pcap`: packets as tcpdump, Wireshark and sensors capture them, each one a security event.

Here: packets in batches, and their columns. Not here: the layout of the files (capture_files), headers (packets).
"""

from collections.abc import Iterator

import ibis
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.capture_files import MAGICS, CaptureDamagedError, Packet, packets
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import since_1970
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.packets import Facts, facts

BATCH = 5_000
# the headers, and in them the checksums of all that follows
SHOWN_BYTES = 256
LATEST = 253_402_300_799_999_999
IN_DETAILS = ("ttl", "tcp_flags", "tcp_window", "fragment", "vlan", "network", "sender", "target")
NUMBERS = ("source_port", "dest_port", "protocol", "icmp_type", "icmp_code", "ttl", "tcp_window", "fragment", "vlan")
SCHEMA = pa.schema(
    [
        *RECORDS,
        pa.field("microseconds", pa.int64()),
        pa.field("bytes", pa.int64()),
        *(pa.field(name, pa.int32() if name in NUMBERS else pa.string()) for name in Facts._fields),
    ]
)
EXAMPLE = "2018-03-09 20:49:16.520001 10.0.2.106.49171 > 198.51.100.20.443: tcp 66 (binary; as tcpdump shows it)"

_Row = tuple[int | str | None, ...]


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The packets with what their headers say, numbered; where a file is damaged, its remainder is one more record.

    A record is the time in nanoseconds, the length on the wire, that of the capture, and its beginning.
    """
    del source
    rows: list[_Row] = []
    first, rest = 1, None
    with stream.binary() as file:
        try:
            for packet in packets(file):
                rows.append(_row(packet))
                if len(rows) == BATCH:
                    yield _batch(rows, first)
                    first, rows = first + BATCH, []
        except CaptureDamagedError as damage:
            rest = damage.rest
            stream.damage = stream.damage or str(damage)
    if rows:
        yield _batch(rows, first)
    if stream.damage:
        yield _remainder(first + len(rows), rest, stream.damage)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """The columns are there already, some as numbers; the record identifies the packet."""
    del source
    clock = since_1970(rows.microseconds)
    return rows.mutate(
        canonical=rows.fault.isnull().ifelse(rows.record, ibis.null(str)),
        timestamp=clock.cast("string") + "Z",
        action=ibis.literal("packet"),
        details=details_of({name: rows[name] for name in IN_DETAILS}),
        **{name: rows[name].cast("string") for name in ("bytes", *NUMBERS)},
    ).drop("microseconds", *IN_DETAILS)


def recognise(head: Head) -> Recognition | None:
    """By the number with which every capture starts."""
    return Recognition(1.0, "the first bytes of a packet capture") if head.data.startswith(MAGICS) else None


def _row(packet: Packet) -> _Row:
    nanoseconds, link_type, length, data = packet
    moment = None if nanoseconds is None else min(max(nanoseconds // 1000, 0), LATEST)
    record = f"{nanoseconds} {length} {len(data)} {data[:SHOWN_BYTES].hex()}"
    return record, moment, length, *facts(link_type, data)


def _batch(rows: list[_Row], first: int) -> pa.RecordBatch:
    records, *columns = zip(*rows, strict=True)
    values = [range(first, first + len(rows)), records, [None] * len(rows), *columns]
    return pa.record_batch([pa.array(v, f.type) for v, f in zip(values, SCHEMA, strict=True)], schema=SCHEMA)


def _remainder(number: int, rest: bytes | None, fault: str) -> pa.RecordBatch:
    """What follows the last whole packet; its beginning in hexadecimal."""
    told = {"line_number": number, "record": rest[:SHOWN_BYTES].hex() if rest else None, "fault": fault}
    return pa.RecordBatch.from_pylist([told], schema=SCHEMA)


FORMAT = Format(
    name="pcap",
    description="packets captured by tcpdump, Wireshark or a sensor, as pcap or pcapng",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events",),
    reader=Reader(SCHEMA, records, fields),
    recognise=recognise,
)
