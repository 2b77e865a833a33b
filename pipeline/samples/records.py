"""Log records as columns: what every kind of traffic is made of, and the two records of a dropped packet.

What belongs here: the columns, joining and ordering them. What does not: who sends what, and what a record
looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypedDict, Unpack

import numpy as np
from numpy.random import Generator

from pipeline.samples.draws import Ints, between
from pipeline.samples.site import ROUTED_NETWORK

NO_PORT = -1
TRANSPORTS = (
    "tcp",
    "udp",
    "icmp",
    "1",
    "gre",
    "47",
    "41",
)  # a device names some protocols and numbers others
TCP, UDP, ICMP, ICMP_BY_NUMBER, GRE, GRE_BY_NUMBER, IPV6_BY_NUMBER = range(len(TRANSPORTS))
ACTIONS = ("chs accepted forward", "chs dropped input", "chs dropped vlan28", "chs add blocker 3")
ACCEPTED, DROPPED_INPUT, DROPPED_VLAN28, ADD_BLOCKER = range(len(ACTIONS))
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Records:
    """Columns of equal length, one entry per log record.

    Attributes:
        time: milliseconds since midnight UTC.
        source: IPv4 address as a number.
        source_port: port, or `NO_PORT`.
        dest: IPv4 address as a number.
        dest_port: port, or `NO_PORT`.
        transport: index into `TRANSPORTS`.
        size: bytes of the packet (dropped) or of the connection (accepted).
        action: index into `ACTIONS`.
    """

    time: Ints
    source: Ints
    source_port: Ints
    dest: Ints
    dest_port: Ints
    transport: Ints
    size: Ints
    action: Ints

    def __len__(self) -> int:
        return len(self.time)

    def columns(self) -> tuple[Ints, ...]:
        """The columns in the order of the attributes."""
        return tuple(getattr(self, column.name) for column in fields(self))

    def take(self, rows: Ints | slice) -> Self:
        """Some of the records, in the order given."""
        return type(self)(*(column[rows] for column in self.columns()))

    def newest_first(self) -> Self:
        """In the order of a Security Onion export; records of one millisecond keep their order."""
        return self.take(np.argsort(-self.time, kind="stable"))


def joined(parts: Sequence[Records]) -> Records:
    """All records of all parts."""
    return Records(*(np.concatenate(columns) for columns in zip(*(part.columns() for part in parts), strict=True)))


class Columns(TypedDict):
    """What traffic is described by: for each packet, or one value for all of them; `time` always for each."""

    time: Ints
    source: Ints | int
    dest: Ints | int
    transport: Ints | int
    dest_port: Ints | int
    size: Ints


def accepted(rng: Generator, **columns: Unpack[Columns]) -> Records:
    """Connections that the firewall let through: one record each; source ports are drawn."""
    return _records(rng, columns, ACCEPTED)


def dropped(rng: Generator, **columns: Unpack[Columns]) -> Records:
    """Packets that the firewall dropped: two records each, since two rules log them, in either order."""
    rule = np.where(np.asarray(columns["dest"]) >> 8 == ROUTED_NETWORK, DROPPED_VLAN28, DROPPED_INPUT)
    packets = _records(rng, columns, rule)
    twice = packets.take(np.repeat(np.arange(len(packets)), 2))
    blocker_first = np.repeat(rng.integers(0, 2, size=len(packets), dtype=np.int64), 2)
    is_blocker = (np.arange(len(twice)) + blocker_first) % 2 == 1
    return replace(twice, action=np.where(is_blocker, ADD_BLOCKER, twice.action).astype(np.int8))


def _records(rng: Generator, columns: Columns, action: Ints | int) -> Records:
    count = len(columns["time"])
    transport = _column(columns["transport"], np.int8, count)
    has_ports = transport <= UDP
    return Records(
        time=columns["time"].astype(np.int32),
        source=_column(columns["source"], np.uint32, count),
        source_port=np.where(has_ports, between(rng, 32_768, 60_999, count), NO_PORT).astype(np.int32),
        dest=_column(columns["dest"], np.uint32, count),
        dest_port=np.where(has_ports, columns["dest_port"], NO_PORT).astype(np.int32),
        transport=transport,
        size=columns["size"].astype(np.int64),
        action=_column(action, np.int8, count),
    )


def _column(values: Ints | int, kind: type[np.integer[Any]], count: int) -> Ints:
    return np.broadcast_to(np.asarray(values, kind), count)
