"""Says what a captured packet is: addresses, ports, protocol and the like, taken out of its headers by dpkt.

Here: link layers, tunnels of the link layer, IPv4, IPv6, TCP, UDP, ICMP, ARP. Not here: the files in which packets
come (capture_files), the columns that they become (pcap).
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from dpkt import Packet, UnpackError
from dpkt.arp import ARP
from dpkt.ethernet import Ethernet
from dpkt.icmp import ICMP
from dpkt.icmp6 import ICMP6
from dpkt.ip import IP
from dpkt.ip6 import IP6, IP6FragmentHeader
from dpkt.sctp import SCTP
from dpkt.sll import SLL
from dpkt.sll2 import SLL2
from dpkt.tcp import TCP
from dpkt.udp import UDP

from pipeline.ingest.tcp_flags import FLAGS

ESP = 50
INTERNET = (IP, IP6, ARP)
WITH_PORTS = (TCP, UDP, SCTP)
ICMPS = (ICMP, ICMP6)
# whose headers begin with both ports: TCP, UDP, DCCP, SCTP, UDP-Lite
PORT_PROTOCOLS = (6, 17, 33, 132, 136)
PORTS = struct.Struct(">2H")
# what dpkt lets through besides its own error where lengths within a packet are wrong or layers nest without end
UNREADABLE = (UnpackError, struct.error, IndexError, AttributeError, RecursionError)
MALFORMED = "malformed"


class Facts(NamedTuple):
    """What the headers of a packet say; None where they say nothing of it.

    Attributes:
        network: protocol of the network layer if it is not IP, such as `arp`; `malformed` if nothing can be read.
        sender: who asks or answers by ARP.
        target: whose address it is that ARP asks for.
    """

    source_ip: str | None = None
    dest_ip: str | None = None
    source_port: int | None = None
    dest_port: int | None = None
    protocol: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    ttl: int | None = None
    tcp_flags: str | None = None
    tcp_window: int | None = None
    fragment: int | None = None
    vlan: int | None = None
    network: str | None = None
    sender: str | None = None
    target: str | None = None


def facts(link_type: int, data: bytes) -> Facts:
    """What a packet's headers say; the outermost IP header counts where packets are wrapped in packets.

    Args:
        link_type: number of the link layer's protocol.
        data: the packet, which may be cut off.
    """
    decode = _LINKS.get(link_type)
    if decode is None:
        return Facts(network=f"link type {link_type}")
    try:
        frame = decode(data)
        layer = _network_layer(frame)
        if isinstance(layer, IP):
            found = _of_ipv4(layer)
        elif isinstance(layer, IP6):
            found = _of_ipv6(layer)
        elif isinstance(layer, ARP):
            found = Facts(network="arp", sender=_address(layer.spa), target=_address(layer.tpa))
        else:
            found = Facts(network=_name(frame, layer))
    except UNREADABLE:
        return Facts(network=MALFORMED)
    tags = getattr(frame, "vlan_tags", None)
    return found._replace(vlan=tags[0].id) if tags else found


def _ip(data: bytes) -> Packet:
    """Packets without a link layer."""
    return IP6(data) if data[0] >> 4 == 6 else IP(data)


_LINKS: dict[int, Callable[[bytes], Packet]] = {
    0: lambda data: _ip(data[4:]),  # BSD loopback
    1: Ethernet,
    12: _ip,
    14: _ip,
    101: _ip,
    108: lambda data: _ip(data[4:]),  # OpenBSD loopback
    113: SLL,
    228: IP,
    229: IP6,
    276: SLL2,
}


def _network_layer(frame: Packet) -> Packet:
    """The first layer from outside that is IP or ARP, or else the innermost one that can be told."""
    layer = frame
    while not isinstance(layer, INTERNET) and isinstance(layer.data, Packet):
        layer = layer.data
    return layer


def _name(frame: Packet, layer: Packet) -> str:
    """The name of a network layer that is neither IP nor ARP."""
    if layer is not frame:
        return type(layer).__name__.lower()
    tags = getattr(frame, "vlan_tags", None)
    return f"ethertype {(tags[-1] if tags else frame).type:#06x}"


def _of_ipv4(ip: IP) -> Facts:
    offset = ip.offset
    return _of_ip(ip, ip.p, ip.ttl, 8 * offset if offset or ip.mf else None)


def _of_ipv6(ip: IP6) -> Facts:
    parts = [header for header in ip.all_extension_headers if isinstance(header, IP6FragmentHeader)]
    # dpkt takes what follows an ESP header for a part of it
    return _of_ip(ip, getattr(ip, "p", ESP), ip.hlim, 8 * parts[0].frag_off if parts else None)


def _of_ip(ip: IP | IP6, protocol: int, ttl: int, fragment: int | None) -> Facts:
    """Facts of an IP packet; only the first fragment has a transport header, and capture may cut that off."""
    inner = b"" if fragment else ip.data
    source_port = dest_port = icmp_type = icmp_code = flags = window = None
    if isinstance(inner, TCP):
        flags, window = FLAGS[inner.flags & 0xFF], inner.win
    if isinstance(inner, WITH_PORTS):
        source_port, dest_port = inner.sport, inner.dport
    elif isinstance(inner, ICMPS):
        icmp_type, icmp_code = inner.type, inner.code
    elif isinstance(inner, bytes) and protocol in PORT_PROTOCOLS and len(inner) >= PORTS.size:
        source_port, dest_port = PORTS.unpack_from(inner)
    source, dest = _address(ip.src), _address(ip.dst)
    return Facts(source, dest, source_port, dest_port, protocol, icmp_type, icmp_code, ttl, flags, window, fragment)


@lru_cache(maxsize=1 << 16)
def _address(packed: bytes) -> str:
    return str(ip_address(packed))
