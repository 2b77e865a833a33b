"""Which records an entry is about, as expressions that the engine runs.

A record is a row with any of the columns source_ip, dest_ip, dest_port and user, as the raw tables spell them. A
pattern names a group and no record, so it covers none here. What does not belong here: what follows from it.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from ipaddress import IPv4Network, IPv6Network

import ibis

from pipeline.features.address_forms import GROUPS, LARGEST_GROUP, OCTETS, group_numbers, is_ipv6, octets
from pipeline.people.entries import Entry, Network, network_of

ENDS = {"source": ("source_ip",), "target": ("dest_ip",), "either": ("source_ip", "dest_ip")}
GROUP_BITS = 16


def covers(entry: Entry, rows: ibis.Table) -> ibis.Value:
    """Whether each row is one that the entry names; false where it lacks what the entry is about."""
    ends = [rows[column] for column in ENDS.get(entry.side or "", ()) if column in rows.columns]
    match entry.kind:
        case "address":
            tests = [end == entry.value for end in ends]
        case "network":
            tests = [within(end, network_of(entry)) for end in ends]
        case "user" if "user" in rows.columns:
            tests = [rows["user"] == entry.value]
        case "port" if "dest_port" in rows.columns:
            tests = [rows["dest_port"] == int(entry.value)]
        case _:
            tests = []
    return any_of(test.fill_null(False) for test in tests)


def any_of(tests: Iterable[ibis.Value]) -> ibis.Value:
    """Whether any of the tests holds; a balanced tree, since engines bound the depth of an expression."""
    left: Sequence[ibis.Value] = [*tests] or [ibis.literal(False)]
    while len(left) > 1:
        left = [reduce(lambda one, other: one | other, left[place : place + 2]) for place in range(0, len(left), 2)]
    return left[0]


def within(address: ibis.Value, network: Network) -> ibis.Value:
    """Whether an address in its canonical spelling lies in a network."""
    return _within_ipv4(address, network) if isinstance(network, IPv4Network) else _within_ipv6(address, network)


def _within_ipv4(address: ibis.Value, network: IPv4Network) -> ibis.Value:
    parts = octets(address)
    number = reduce(lambda above, name: above * 256 + parts[name], OCTETS[1:], parts[OCTETS[0]])
    return number.between(float(int(network.network_address)), float(int(network.broadcast_address)))


def _within_ipv6(address: ibis.Value, network: IPv6Network) -> ibis.Value:
    numbers = group_numbers(address)
    first, last = _groups(int(network.network_address)), _groups(int(network.broadcast_address))
    bounds = (
        numbers[name].between(low, high)
        for name, low, high in zip(GROUPS, first, last, strict=True)
        if (low, high) != (0, LARGEST_GROUP)
    )
    return reduce(lambda one, other: one & other, bounds, is_ipv6(address))


def _groups(number: int) -> list[int]:
    """The eight groups of an IPv6 address, from the left."""
    return [number >> GROUP_BITS * place & LARGEST_GROUP for place in reversed(range(len(GROUPS)))]
