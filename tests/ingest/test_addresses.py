"""Private and special ranges, held against the standard library's view of them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import duckdb
import ibis
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.addresses import canonical_spelling, is_private
from pipeline.warehouse.queries import compile_sql

RANGES = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
TABLE = ibis.table({"address": "string"}, name="addresses")


def judged(addresses: list[str | None]) -> list[bool | None]:
    with duckdb.connect() as connection:
        connection.register("addresses", pa.table({"address": pa.array(addresses, pa.string())}))
        query = compile_sql(TABLE.select(is_private=is_private(TABLE.address)))
        return [found for (found,) in connection.execute(query).fetchall()]


def samples() -> list[IPv4Address | IPv6Address]:
    """Both sides of every border, draws from within and from around, and from everywhere, in canonical form."""
    draw = np.random.default_rng(20260105)
    found: list[IPv4Address | IPv6Address] = []
    for network in RANGES:
        bits, first, last = network.max_prefixlen, int(network.network_address), int(network.broadcast_address)
        values = [first - 1, first, first + 1, last - 1, last, last + 1]
        for _ in range(40):
            inside = first + int.from_bytes(draw.bytes(16)) % (last - first + 1)
            sparse = first + ((last - first) & (int(draw.integers(1 << 16)) << int(draw.integers(bits))))
            values += [inside, sparse, inside ^ (1 << int(draw.integers(bits)))]
        found += [type(network.network_address)(value) for value in values if 0 <= value < 1 << bits]
    found += [IPv4Address(draw.bytes(4)) for _ in range(2_000)]
    found += [IPv6Address(draw.bytes(16)) for _ in range(2_000)]
    return [ip_address(canonical_spelling(str(address)) or "") for address in found]


def is_special(address: IPv4Address | IPv6Address) -> bool:
    names = ("is_private", "is_multicast", "is_link_local", "is_loopback", "is_unspecified")
    return any(getattr(address, name) for name in names)


def test_private_is_what_the_registries_say() -> None:
    addresses = samples()
    expected = [any(address in network for network in RANGES) for address in addresses]
    found = judged([str(address) for address in addresses])
    assert [str(a) for a, one, other in zip(addresses, expected, found, strict=True) if one is not other] == []
    assert 500 < sum(expected) < len(expected) - 500


def test_nothing_that_the_standard_library_calls_special_is_public() -> None:
    special = [address for address in samples() if is_special(address)]
    found = judged([str(address) for address in special])
    assert [str(address) for address, private in zip(special, found, strict=True) if not private] == []


def test_ranges_that_are_often_forgotten() -> None:
    forgotten = ["172.19.2.66", "100.64.0.1", "127.0.0.1", "224.0.0.10", "255.255.255.255", "fd00::1", "fe80::1", "::1"]
    assert judged([*forgotten]) == [True] * len(forgotten)


def test_no_address_is_neither() -> None:
    assert judged([None, "8.8.8.8", "2606:4700::1111", "172.32.0.1", "100.128.0.1", "11.0.0.1"]) == [None, *[False] * 5]


@given(st.ip_addresses(v=6))
def test_spelling_is_canonical(address: IPv6Address) -> None:
    expected = str(address.ipv4_mapped or address)
    for text in (str(address), address.exploded, address.exploded.upper(), f"{address}%eth0"):
        assert canonical_spelling(text) == expected
