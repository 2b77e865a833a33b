"""The internet's background radiation: many scanners, few packets each, all dropped at the edge.

What belongs here: the noise that every public address sees in every night. What does not: planted scans.
"""

import numpy as np
from numpy.random import Generator

from pipeline.samples import site
from pipeline.samples.draws import Ints, Weighted, around
from pipeline.samples.night import Night
from pipeline.samples.records import (
    DAY_MS,
    GRE_BY_NUMBER,
    HOUR_MS,
    ICMP,
    ICMP_BY_NUMBER,
    IPV6_BY_NUMBER,
    TCP,
    UDP,
    Records,
    dropped,
)

SHARE = 430  # records per 1,000 of a working day
PACKETS = Weighted.of((1, 2, 3, 4, 6, 8, 12), (50, 20, 10, 8, 6, 4, 2))
PACKETS_PER_SOURCE_PERCENT = 244  # the mean of the above
VISIT_MS = 8 * HOUR_MS
USUAL_PORT_PERCENT = 85
TCP_PORTS = Weighted.zipf(
    (23, 22, 443, 445, 80, 3389, 8080, 2323, 5555, 8443, 1433, 6379, 3306, 5900, 25, 8888, 81, 9200, 21, 5432,
     7547, 2375, 10250, 27017, 8081, 60023, 37215, 5985, 49152, 1723)
)  # fmt: skip
UDP_PORTS = Weighted.zipf((5060, 53, 123, 161, 1900, 389, 11211, 137, 3478, 500))
TRANSPORTS_SEEN = Weighted.of((TCP, UDP, ICMP, ICMP_BY_NUMBER, GRE_BY_NUMBER, IPV6_BY_NUMBER), (880, 80, 24, 8, 4, 4))
TCP_SIZES = Weighted.of((40, 44, 48, 52, 60), (40, 34, 4, 8, 14))
OTHER_SIZES = Weighted.of((28, 32, 60, 68, 84, 128, 220, 428), (10, 8, 20, 12, 20, 10, 10, 10))


def radiation(night: Night) -> Records:
    """A night's scanning noise: the same kind every night, from other sources."""
    rng = night.rng("radiation")
    scanners = around(rng, night.events * SHARE * 100 // (1_000 * 2 * PACKETS_PER_SOURCE_PERCENT), 6)
    packets = PACKETS.draw(rng, scanners)
    count = int(packets.sum())

    transport = np.repeat(TRANSPORTS_SEEN.draw(rng, scanners), packets)
    is_tcp = transport == TCP
    start = np.repeat(rng.integers(0, DAY_MS, size=scanners, dtype=np.int64), packets)
    return dropped(
        rng,
        time=(start + rng.integers(0, VISIT_MS, size=count, dtype=np.int64)) % DAY_MS,
        source=np.repeat(site.internet_addresses(rng, site.RADIATING, scanners), packets),
        dest=site.RADIATED.draw(rng, count),
        transport=transport,
        dest_port=np.where(is_tcp, _ports(rng, TCP_PORTS, packets), _ports(rng, UDP_PORTS, packets)),
        size=np.where(is_tcp, TCP_SIZES.draw(rng, count), OTHER_SIZES.draw(rng, count)),
    )


def _ports(rng: Generator, ports: Weighted, packets: Ints) -> Ints:
    """A port per packet: mostly the one that its scanner looks for."""
    favourite = np.repeat(ports.draw(rng, len(packets)), packets)
    is_usual = rng.integers(0, 100, size=len(favourite), dtype=np.int64) < USUAL_PORT_PERCENT
    return np.where(is_usual, favourite, ports.draw(rng, len(favourite)))
