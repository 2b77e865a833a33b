"""What network sensors measure of the traffic that the firewall logs: length, both directions, how it ended.

What belongs here: one measurement of each packet or connection, the same for all sensors. What does not: which
traffic a sensor sees, and what its log looks like.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator

from pipeline.samples.draws import Ints, Weighted, between
from pipeline.samples.planted import Planted
from pipeline.samples.profiles import PROFILES, profile_numbers
from pipeline.samples.records import (
    ACCEPTED,
    ADD_BLOCKER,
    DAY_MS,
    ICMP,
    ICMP_BY_NUMBER,
    TCP,
    TRANSPORTS,
    Records,
    joined,
)
from pipeline.samples.site import dotted

BACKGROUND = -1
UNANSWERED, REFUSED, COMPLETE, RESET_BY_CALLER, RESET_BY_SERVER = range(5)
ENDINGS = Weighted.of((COMPLETE, RESET_BY_CALLER, RESET_BY_SERVER), (92, 5, 3))
REFUSED_PERCENT = 8  # of dropped TCP packets: the edge answers them with a reset
PAYLOAD_PER_PACKET = 1_380
HEADERS = 52  # bytes of a packet beside its payload


class Connection(NamedTuple):
    """One connection that was let through, or one packet that was dropped.

    Attributes:
        start: milliseconds since midnight UTC.
        end: milliseconds since midnight UTC, before the next one; the start where nobody answered.
        source: address of the caller.
        source_port: port, or `NO_PORT`.
        dest: address that was called.
        dest_port: port, or `NO_PORT`.
        transport: tcp, udp or icmp.
        service: application protocol in Zeek's words, or nothing.
        ending: how it ended, such as `COMPLETE`.
        size: bytes that the firewall counts.
        bytes_out: payload sent by the caller.
        bytes_in: payload sent back.
        planted: place of the planted thing that it belongs to, or `BACKGROUND`.
    """

    start: int
    end: int
    source: str
    source_port: int
    dest: str
    dest_port: int
    transport: str
    service: str
    ending: int
    size: int
    bytes_out: int
    bytes_in: int
    planted: int

    @property
    def is_answered(self) -> bool:
        """Whether data went both ways."""
        return self.ending >= COMPLETE

    @property
    def packets_out(self) -> int:
        """Packets sent by the caller, with those that open and close a connection."""
        return 3 + self.bytes_out // PAYLOAD_PER_PACKET if self.is_answered else 1

    @property
    def packets_in(self) -> int:
        """Packets sent back."""
        return 3 + self.bytes_in // PAYLOAD_PER_PACKET if self.is_answered else int(self.ending == REFUSED)

    @property
    def wire_out(self) -> int:
        """Bytes sent by the caller with their headers."""
        return self.bytes_out + HEADERS * self.packets_out if self.is_answered else self.size

    @property
    def wire_in(self) -> int:
        """Bytes sent back with their headers."""
        return self.bytes_in + HEADERS * self.packets_in


@dataclass(frozen=True)
class Connections:
    """Columns of equal length, one entry per connection; what they hold is said at `Connection`."""

    records: Records
    planted: Ints
    profile: Ints
    ending: Ints
    duration: Ints
    bytes_out: Ints
    bytes_in: Ints

    def __len__(self) -> int:
        return len(self.records)

    def take(self, rows: Ints) -> Self:
        """Some of the connections, in the order given."""
        others = (self.planted, self.profile, self.ending, self.duration, self.bytes_out, self.bytes_in)
        return type(self)(self.records.take(rows), *(column[rows] for column in others))

    def thinned(self, one_in: int, most: int) -> Self:
        """One in so many of the background, and of each planted thing at most so many, evenly chosen."""
        keep = [np.flatnonzero(self.planted == BACKGROUND)[::one_in]]
        for place in range(self.planted.max(initial=BACKGROUND) + 1):
            rows = np.flatnonzero(self.planted == place)
            keep.append(rows[:: max(1, -(-len(rows) // most))])
        return self.take(np.sort(np.concatenate(keep)))

    def each(self) -> Iterator[Connection]:
        """One by one."""
        records = self.records
        columns = (
            records.time, records.time + self.duration, records.source, records.source_port, records.dest,
            records.dest_port, records.transport, self.profile, self.ending, records.size, self.bytes_out,
            self.bytes_in, self.planted,
        )  # fmt: skip
        for start, end, source, source_port, dest, dest_port, transport, profile, *rest in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            ends = (dotted(source), source_port, dotted(dest), dest_port)
            yield Connection(start, end, *ends, TRANSPORTS[transport], PROFILES[profile].service, *rest)


def measured(rng: Generator, background: Records, planted: Sequence[Planted]) -> Connections:
    """All that happens in a night, each packet once although two rules of the firewall log it.

    Tunnels (GRE, IPv6 in IPv4) are left out: a sensor looks into them.
    """
    parts = [_packets(background), *(_packets(thing.records) for thing in planted)]
    places = np.repeat(np.arange(BACKGROUND, len(planted)), [len(part) for part in parts])
    records = joined(parts)
    profiles = profile_numbers(records, [""] + [thing.name for thing in planted], places + 1)
    ending = _endings(rng, records)
    duration, outward = np.zeros(len(records), np.int64), np.zeros(len(records), np.int64)
    for number, profile in enumerate(PROFILES):
        rows = np.flatnonzero((profiles == number) & (ending >= COMPLETE))
        duration[rows] = np.minimum(profile.milliseconds.draw(rng, len(rows)), DAY_MS - 1 - records.time[rows])
        less = min(profile.outward, 100 - profile.outward) * between(rng, 85, 115, len(rows)) // 100
        outward[rows] = less if profile.outward <= 50 else 100 - less
    sent = records.size * outward // 100
    received = np.where(ending >= COMPLETE, records.size - sent, 0)
    return Connections(records, places, profiles, ending, duration, sent, received)


def _packets(records: Records) -> Records:
    rows = np.flatnonzero((records.action != ADD_BLOCKER) & (records.transport <= ICMP_BY_NUMBER))
    kept = records.take(rows)
    return replace(kept, transport=np.minimum(kept.transport, ICMP))


def _endings(rng: Generator, records: Records) -> Ints:
    count, is_tcp = len(records), records.transport == TCP
    refused = is_tcp & (between(rng, 1, 100, count) <= REFUSED_PERCENT)
    let_through = np.where(is_tcp, ENDINGS.draw(rng, count), COMPLETE)
    return np.where(records.action == ACCEPTED, let_through, np.where(refused, REFUSED, UNANSWERED))
