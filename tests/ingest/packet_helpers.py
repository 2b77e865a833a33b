"""Packets and capture files made byte by byte, so that tests do not rest on the library that reads them."""

import struct
from ipaddress import ip_address

# link types
LOOPBACK, ETHERNET, RAW, COOKED, COOKED_2 = 0, 1, 101, 113, 276
MACS = bytes.fromhex("020000000001020000000002")
SECONDS = 1_767_571_200  # 2026-01-05 00:00:00 UTC
NANO, MICRO, MODIFIED = 0xA1B23C4D, 0xA1B2C3D4, 0xA1B2CD34
SECTION, INTERFACE, OLD_PACKET, SIMPLE, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 5, 6


def tcp(source: int = 50_000, dest: int = 22, flags: int = 0x02, payload: bytes = b"") -> bytes:
    return struct.pack(">HHIIBBHHH", source, dest, 1, 0, 0x50, flags, 512, 0, 0) + payload


def udp(source: int = 50_000, dest: int = 53, payload: bytes = b"") -> bytes:
    return struct.pack(">HHHH", source, dest, 8 + len(payload), 0) + payload


def ipv4(protocol: int, payload: bytes, source: str = "198.51.100.7", dest: str = "10.0.0.1", offset: int = 0) -> bytes:
    addresses = ip_address(source).packed + ip_address(dest).packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, offset, 64, protocol, 0) + addresses + payload


def ipv6(protocol: int, payload: bytes, source: str = "2001:db8::7", dest: str = "2001:db8::1") -> bytes:
    addresses = ip_address(source).packed + ip_address(dest).packed
    return struct.pack(">IHBB", 0x60000000, len(payload), protocol, 60) + addresses + payload


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    return MACS + struct.pack(">H", kind) + payload


SYN = ethernet(ipv4(6, tcp()))


def pcap(
    *packets: bytes, link: int = ETHERNET, magic: int = MICRO, order: str = "<", start: int = SECONDS, cut: int = 0
) -> bytes:
    """A file whose packets are a second and 120,000 microseconds apart; `cut` bytes of each were not captured."""
    content = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65_535, link)
    for number, packet in enumerate(packets, 1):
        fraction = 120_000 * number * (1000 if magic == NANO else 1)
        kept = packet[: len(packet) - cut]
        content += struct.pack(f"{order}IIII", start + number, fraction, len(kept), len(packet))
        content += (bytes(8) if magic == MODIFIED else b"") + kept
    return content


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(f"{order}II", kind, length) + body + struct.pack(f"{order}I", length)


def section(order: str = "<") -> bytes:
    return block(SECTION, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = ETHERNET, order: str = "<", **options: int) -> bytes:
    """`resolution`: the byte that tells the unit of time; `offset`: seconds to add to it."""
    body = struct.pack(f"{order}HHI", link, 0, 65_535)
    if "resolution" in options:
        body += struct.pack(f"{order}HHB3x", 9, 1, options["resolution"])
    if "offset" in options:
        body += struct.pack(f"{order}HHq", 14, 8, options["offset"])
    return block(INTERFACE, body + struct.pack(f"{order}HH", 0, 0), order)


def enhanced(packet: bytes, ticks: int, number: int = 0, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    return block(ENHANCED, head + packet, order)


def pcapng(*packets: bytes, order: str = "<") -> bytes:
    """The same packets and times as `pcap` gives them."""
    times = ((SECONDS + number) * 1_000_000 + 120_000 * number for number in range(1, len(packets) + 1))
    blocks = [enhanced(packet, time, order=order) for packet, time in zip(packets, times, strict=True)]
    return section(order) + interface(order=order) + b"".join(blocks)
