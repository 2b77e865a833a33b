"""The invented site and the internet around it: addresses, servers, clients, countries.

What belongs here: who exists. What does not: what they do. The site's public ranges are documentation ranges
(RFC 5737). Internet addresses lie in blocks that belong to the named country as a whole; who really holds them
has nothing to do with the part they play here. Ordinary and attacking addresses come from different blocks, so
that an attacker never turns up in ordinary traffic.
"""

import math
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Self

import numpy as np
from numpy.random import Generator

from pipeline.samples.draws import Flags, Ints, Weighted, stream

# country as GeoIP names it, ordinary block, attackers' block, weight among scanners, weight among visitors
COUNTRIES = (
    ("United States", "66.247", "207.132", 22, 14),
    ("China", "113.195", "223.116", 14, 1),
    ("Netherlands", "213.93", "92.68", 9, 8),
    ("Germany", "84.154", "91.41", 6, 36),
    ("Russia", "46.181", "188.18", 7, 1),
    ("United Kingdom", "90.242", "81.187", 6, 8),
    ("France", "86.220", "90.23", 3, 10),
    ("Brazil", "187.110", "179.212", 5, 1),
    ("India", "122.167", "223.226", 5, 2),
    ("Vietnam", "14.248", "116.109", 4, 1),
    ("South Korea", "175.237", "183.112", 3, 1),
    ("Indonesia", "120.168", "36.92", 3, 1),
    ("Türkiye", "78.191", "95.13", 2, 1),
    ("Ukraine", "46.119", "37.57", 2, 1),
    ("Canada", "70.25", "99.228", 2, 3),
    ("Japan", "219.99", "220.54", 1, 2),
    ("Poland", "83.30", "89.78", 1, 6),
    ("Bulgaria", "87.126", "78.90", 2, 1),
    ("Singapore", "119.74", "165.21", 2, 1),
    ("Italy", "151.70", "93.34", 1, 4),
)
COUNTRY_NAMES = tuple(row[0] for row in COUNTRIES)
NO_COUNTRY = -1
PLACES_PER_UNKNOWN = 160  # one address in so many is in no GeoIP database
HOSTS_PER_BLOCK = 256 * 254  # no host ends in .0 or .255
ATTACKERS_PER_RANK = 2048
RANK_STEP = 803_741  # shares no factor with the number of attackers' addresses, so no address comes twice


def address(text: str) -> int:
    """An IPv4 address as a number."""
    return int(IPv4Address(text))


def _prefix(block: str) -> int:
    return address(f"{block}.0.0") >> 16


def _country_by_prefix() -> Ints:
    table = np.full(65536, NO_COUNTRY, np.int8)
    for number, (_, ordinary, attacking, _, _) in enumerate(COUNTRIES):
        table[[_prefix(ordinary), _prefix(attacking)]] = number
    return table


_COUNTRY_BY_PREFIX = _country_by_prefix()
_ORDINARY = np.array([_prefix(row[1]) for row in COUNTRIES])
_ATTACKING = np.array([_prefix(row[2]) for row in COUNTRIES])
RADIATING = Weighted.of(_ORDINARY, [row[3] for row in COUNTRIES])
VISITING = Weighted.of(_ORDINARY, [row[4] for row in COUNTRIES])

PUBLIC_RANGES = ("203.0.113", "198.51.100")
ROUTED_NETWORK = address("198.51.100.0") >> 8  # behind VLAN 28; the other range is the edge itself
PUBLIC_ADDRESSES = np.array([address(f"{network}.{host}") for network in PUBLIC_RANGES for host in range(1, 255)])
# the uplink filters part of what is sent to the routed range
RADIATED = Weighted.of(PUBLIC_ADDRESSES, np.where(PUBLIC_ADDRESSES >> 8 == ROUTED_NETWORK, 1, 4))
PUBLIC_WEB, PUBLIC_SHOP, PUBLIC_MAIL, PUBLIC_SSH, PUBLIC_VPN = (
    address(text) for text in ("203.0.113.80", "198.51.100.81", "203.0.113.25", "203.0.113.22", "203.0.113.10")
)
DNS, NTP, MAIL, INTRANET, APPLICATION, FILES, BACKUP, MONITORING, NEW_APPLICATION = (
    address(f"10.10.{text}") for text in ("0.53", "0.123", "0.25", "0.80", "1.20", "2.45", "3.9", "0.161", "4.17")
)
POSTGRES, MYSQL, SQL_SERVER = (address(f"10.10.1.{host}") for host in (32, 33, 34))
INTERNAL_SERVERS = np.array([DNS, MAIL, INTRANET, APPLICATION, FILES, POSTGRES, MYSQL, SQL_SERVER])
USUAL_EVENTS = 16_000
USUAL_CLIENTS = 60


def country_numbers(addresses: Ints) -> Ints:
    """Index into `COUNTRY_NAMES`, or `NO_COUNTRY` for private addresses and those unknown to GeoIP."""
    scattered = addresses.astype(np.int64) * 40_503 >> 8  # neighbours must not share the fate of being unknown
    known = scattered % PLACES_PER_UNKNOWN != 0
    return np.where(known, _COUNTRY_BY_PREFIX[addresses >> 16], NO_COUNTRY)


def is_private(addresses: Ints) -> Flags:
    """Whether each address is one of the site's private ones (10.0.0.0/8)."""
    return addresses >> 24 == 10


def is_of_site(address_text: str) -> bool:
    """Whether an address in dotted form is one of the site's, private or public."""
    return address_text.startswith(("10.", *(f"{network}." for network in PUBLIC_RANGES)))


def internet_addresses(rng: Generator, prefixes: Weighted, count: int) -> Ints:
    """`count` ordinary internet addresses from weighted blocks; one may come twice."""
    return _hosts(prefixes.draw(rng, count), rng.integers(0, HOSTS_PER_BLOCK, size=count, dtype=np.int64))


def attacker_addresses(seed: int, rank: int, count: int) -> Ints:
    """`count` attackers' addresses over all countries; other ranks have others (up to 635 ranks).

    Args:
        seed: moves all of them.
        rank: number of the attack.
        count: at most `ATTACKERS_PER_RANK`; more are cut off.
    """
    numbers = rank * ATTACKERS_PER_RANK + np.arange(min(count, ATTACKERS_PER_RANK), dtype=np.int64)
    places = (numbers + seed % 1_000_003) * RANK_STEP % (len(COUNTRIES) * HOSTS_PER_BLOCK)
    return _hosts(_ATTACKING[places // HOSTS_PER_BLOCK], places % HOSTS_PER_BLOCK)


def _hosts(prefixes: Ints, places: Ints) -> Ints:
    return (prefixes << 16) + (places // 254 << 8) + 1 + places % 254


def dotted(number: int) -> str:
    """An address in its usual form."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@dataclass(frozen=True)
class Site:
    """Who is there every day.

    Attributes:
        clients: private addresses of people's machines; more of them at a busier site.
        internet_servers: hosts that clients visit, the most popular first.
        partners: internet addresses of people who work from elsewhere.
    """

    clients: Ints
    internet_servers: Ints
    partners: Ints

    @classmethod
    def of(cls, seed: int, events_per_night: int) -> Self:
        """The site for a seed; the number of clients grows with the square root of the events."""
        rng = stream(seed, 0, "site")
        count = max(USUAL_CLIENTS, USUAL_CLIENTS * math.isqrt(events_per_night) // math.isqrt(USUAL_EVENTS))
        offices = np.arange(count)
        clients = address("10.20.0.0") + (1 + offices % 4 + offices // 800 * 4 << 8) + 11 + offices // 4 % 200
        servers = np.unique(internet_addresses(rng, VISITING, 500))
        return cls(
            clients,
            servers[np.argsort(rng.random(len(servers)), kind="stable")],
            internet_addresses(rng, VISITING, 6),
        )
