"""How connections to a service look: what it is called, who sends most, how long it takes.

What belongs here: one profile for each port of the site's traffic, and for planted things that look otherwise. What
does not: sizes, which the traffic brings with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.samples.draws import Ints, Weighted, lognormal_sizes, sizes_between
from pipeline.samples.records import ICMP, NO_PORT, TCP, UDP, Records


@dataclass(frozen=True)
class Profile:
    """Connections of one kind.

    Attributes:
        service: application protocol in Zeek's words, or nothing.
        outward: percent of the bytes that the caller sends.
        milliseconds: how long they last.
    """

    service: str
    outward: int
    milliseconds: Weighted


SECONDS, MOMENTS, MINUTES = lognormal_sizes(1_800, 1.4), lognormal_sizes(28, 0.7), lognormal_sizes(290_000, 1.0)
ANYTHING = Profile("", 40, SECONDS)
BY_PORT = {
    (TCP, 22): Profile("ssh", 45, MINUTES),
    (TCP, 25): Profile("smtp", 92, SECONDS),
    (TCP, 80): Profile("http", 8, SECONDS),
    (TCP, 443): Profile("ssl", 8, SECONDS),
    (TCP, 445): Profile("smb", 40, SECONDS),
    (TCP, 587): Profile("smtp", 92, SECONDS),
    (TCP, 993): Profile("ssl", 10, MINUTES),
    (TCP, 3306): Profile("mysql", 30, SECONDS),
    (TCP, 5432): Profile("postgresql", 30, SECONDS),
    (TCP, 8080): Profile("http", 8, SECONDS),
    (TCP, 9103): Profile("", 99, lognormal_sizes(400_000, 0.4)),
    (TCP, 9443): Profile("ssl", 20, SECONDS),
    (UDP, 53): Profile("dns", 35, MOMENTS),
    (UDP, 123): Profile("ntp", 50, MOMENTS),
    (UDP, 443): Profile("quic", 8, SECONDS),
    (UDP, 1194): Profile("", 50, MINUTES),
    (ICMP, NO_PORT): Profile("", 50, MOMENTS),
}
PLANTED = {
    "ssh_brute_force": Profile("ssh", 45, sizes_between(1_500, 6_000)),
    "exfiltration": Profile("ssl", 98, sizes_between(60_000, 240_000)),
    "low_and_slow_beacon": Profile("ssl", 55, sizes_between(200, 1_500)),
}
PROFILES = (ANYTHING, *BY_PORT.values(), *PLANTED.values())


def profile_numbers(records: Records, names: Sequence[str], of: Ints) -> Ints:
    """Index into `PROFILES` for each record: what is planted looks in its own way, all else as its port says.

    Args:
        records: who called whom.
        names: of planted things.
        of: for each record its place in `names`.
    """
    numbers = np.zeros(len(records), np.int64)
    for number, (transport, port) in enumerate(BY_PORT, start=1):
        numbers[(records.transport == transport) & (records.dest_port == port)] = number
    own = dict(zip(PLANTED, range(1 + len(BY_PORT), len(PROFILES)), strict=True))
    for place, name in enumerate(names):
        if name in own:
            numbers[of == place] = own[name]
    return numbers
