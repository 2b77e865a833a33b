"""Takes packets out of pcap and pcapng files: their times, lengths and bytes, as the files have them.

Here: both layouts, both byte orders, every resolution of time, several interfaces. Not here: what a packet says
(packets). The readers of dpkt are not used for this because they give up what is needed here: the length on the wire,
the interfaces after the first one, and that the last packet is cut off.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BILLION = 10**9
# longer than any tool captures: the length is damaged
MAX_PACKET = 1 << 20
MAX_BLOCK = 16 << 20

PCAP_MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1000, 0),
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 0),
    b"\xa1\xb2\x3c\x4d": (">", 1, 0),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 0),
    # a variant of old kernels, whose packets have eight bytes more
    b"\xa1\xb2\xcd\x34": (">", 1000, 8),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 8),
}
PCAPNG_MAGIC = b"\n\r\r\n"
MAGICS = (*PCAP_MAGICS, PCAPNG_MAGIC)
NO_CAPTURE = "neither a pcap nor a pcapng file"
LINK_TYPE = 0xFFFF

_SECTION, _INTERFACE = 0x0A0D0D0A, 1
_BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_RESOLUTION, _OFFSET = 9, 14


class Packet(NamedTuple):
    """A packet as it was captured.

    Attributes:
        nanoseconds: since 1970 by the capturing clock; None if the file does not say.
        link_type: number of the link layer's protocol, see https://www.tcpdump.org/linktypes.html.
        length: on the wire, in bytes.
        data: what was captured of it.
    """

    nanoseconds: int | None
    link_type: int
    length: int
    data: bytes


class CaptureDamagedError(ValueError):
    """A capture cannot be read any further.

    Attributes:
        rest: the beginning of what cannot be read.
    """

    def __init__(self, reason: str, rest: bytes) -> None:
        super().__init__(reason)
        self.rest = rest


class _Interface(NamedTuple):
    """Where packets were captured: link type, ticks of its clock per second, seconds to add to it."""

    link_type: int
    ticks: int
    offset: int


def packets(file: BinaryIO) -> Iterator[Packet]:
    """The packets of a file in their order; none of an empty one.

    Raises:
        CaptureDamagedError: after the packets before the damage.
    """
    magic = file.read(4)
    if magic in PCAP_MAGICS:
        yield from _pcap(file, magic)
    elif magic == PCAPNG_MAGIC:
        yield from _pcapng(file)
    elif magic:
        raise CaptureDamagedError(NO_CAPTURE, magic)


def _pcap(file: BinaryIO, magic: bytes) -> Iterator[Packet]:
    order, unit, further = PCAP_MAGICS[magic]
    (link,) = struct.Struct(f"{order}16xI").unpack(_exactly(file, 20))
    link_type = link & LINK_TYPE
    head = struct.Struct(f"{order}4I{further}x")
    while start := file.read(head.size):
        if len(start) < head.size:
            raise CaptureDamagedError(_cut(len(start), head.size), start)
        seconds, fraction, captured, length = head.unpack(start)
        if captured > MAX_PACKET:
            message = f"a packet of {captured} bytes cannot be; the rest of the file is not read"
            raise CaptureDamagedError(message, start)
        data = file.read(captured)
        if len(data) < captured:
            raise CaptureDamagedError(_cut(len(data), captured), start + data)
        yield Packet(seconds * BILLION + fraction * unit, link_type, length, data)


def _pcapng(file: BinaryIO) -> Iterator[Packet]:
    interfaces = list[_Interface]()
    for order, kind, body in _blocks(file):
        try:
            if kind == _SECTION:
                interfaces = []
            elif kind == _INTERFACE:
                interfaces.append(_interface(order, body))
            elif kind in _PACKETS:
                yield _PACKETS[kind](order, body, interfaces)
        except (struct.error, IndexError):
            message = "a block that makes no sense; the rest of the file is not read"
            raise CaptureDamagedError(message, body) from None


def _blocks(file: BinaryIO) -> Iterator[tuple[str, int, bytes]]:
    """The blocks behind the magic with which a file starts: byte order, type, content."""
    order, start = "", PCAPNG_MAGIC
    while start:
        start += _exactly(file, 8 - len(start))
        # the first block of a section tells the byte order, also that of its own length
        mark = _exactly(file, 4) if start.startswith(PCAPNG_MAGIC) else b""
        order = _BYTE_ORDERS.get(mark, order)
        if not order:
            raise CaptureDamagedError(NO_CAPTURE, start + mark)
        kind, length = struct.Struct(f"{order}2I").unpack(start)
        rest = length - len(start + mark)
        if not 4 <= rest <= MAX_BLOCK:
            message = f"a block of {length} bytes cannot be; the rest of the file is not read"
            raise CaptureDamagedError(message, start + mark)
        yield order, kind, _exactly(file, rest)[:-4]
        start = file.read(4)


def _interface(order: str, body: bytes) -> _Interface:
    (link_type,) = struct.Struct(f"{order}H").unpack_from(body)
    ticks, offset, at = 10**6, 0, 8
    while at < len(body):
        code, length = struct.Struct(f"{order}2H").unpack_from(body, at)
        value = body[at + 4 : at + 4 + length]
        if code == _RESOLUTION:
            ticks = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == _OFFSET:
            (offset,) = struct.Struct(f"{order}q").unpack(value)
        at += 4 + length + -length % 4
    return _Interface(link_type, ticks, offset)


def _enhanced(order: str, body: bytes, interfaces: list[_Interface]) -> Packet:
    number, high, low, captured, length = struct.Struct(f"{order}5I").unpack_from(body)
    return _timed(interfaces[number], (high << 32) + low, length, body[20 : 20 + captured])


def _obsolete(order: str, body: bytes, interfaces: list[_Interface]) -> Packet:
    number, _, high, low, captured, length = struct.Struct(f"{order}2H4I").unpack_from(body)
    return _timed(interfaces[number], (high << 32) + low, length, body[20 : 20 + captured])


def _simple(order: str, body: bytes, interfaces: list[_Interface]) -> Packet:
    (length,) = struct.Struct(f"{order}I").unpack_from(body)
    return Packet(None, interfaces[0].link_type, length, body[4 : 4 + length])


_PACKETS = {2: _obsolete, 3: _simple, 6: _enhanced}


def _timed(interface: _Interface, time: int, length: int, data: bytes) -> Packet:
    nanoseconds = time * BILLION // interface.ticks + interface.offset * BILLION
    return Packet(nanoseconds, interface.link_type, length, data)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise CaptureDamagedError(_cut(len(data), count), data)
    return data


def _cut(found: int, expected: int) -> str:
    return f"the file ends within a packet: {found} of {expected} bytes are there"
