"""Addresses as numbers, and the kinds that they come in. All addresses are in their canonical spelling."""

import ibis

from pipeline.features.engine_functions import hex_number

OCTETS = tuple(f"octet_{place}" for place in range(1, 5))
GROUPS = tuple(f"group_{place}" for place in range(1, 9))
LARGEST_GROUP = 0xFFFF
# IANA's special-purpose address registries (RFC 6890 and its updates) and multicast; tried in this order
KINDS = (
    ("unspecified", r"^(0\.|::$)"),
    ("loopback", r"^(127\.|::1$)"),
    ("private", r"^(10\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|f[cd][0-9a-f]{2}:)"),
    ("shared", r"^100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."),
    ("link_local", r"^(169\.254\.|fe[89a-f][0-9a-f]:)"),
    ("documentation", r"^(192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:|3fff:(:|[0-9a-f]{1,3}:))"),
    ("benchmark", r"^(198\.1[89]\.|2001:2:)"),
    ("multicast", r"^(22[4-9]\.|23[0-9]\.|ff[0-9a-f]{2}:)"),
    ("broadcast", r"^255\.255\.255\.255$"),
    ("reserved", r"^(24[0-9]\.|25[0-5]\.|192\.0\.0\.|100::|64:ff9b:1:|5f00:)"),
)


def kind(address: ibis.Value) -> ibis.Value:
    """What kind of address it is: `public` if it is none of the special ones."""
    return ibis.cases(*((address.re_search(pattern), name) for name, pattern in KINDS), else_="public")


def is_ipv6(address: ibis.Value) -> ibis.Value:
    """Whether it is an IPv6 address; IPv4 within IPv6 is spelt as IPv4."""
    return address.contains(":")


def octets(address: ibis.Value) -> dict[str, ibis.Value]:
    """The four octets of an IPv4 address, 0 to 255; null for IPv6."""
    pattern = r"^([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$"
    texts = (address.re_extract(pattern, place) for place in range(1, 5))
    return {name: text.nullif("").cast("float64") for name, text in zip(OCTETS, texts, strict=True)}


def groups(address: ibis.Value) -> dict[str, ibis.Value]:
    """The eight groups of an IPv6 address as shares of the largest one, 0 to 1; null for IPv4."""
    return {name: number / LARGEST_GROUP for name, number in group_numbers(address).items()}


def group_numbers(address: ibis.Value) -> dict[str, ibis.Value]:
    """The eight groups of an IPv6 address, 0 to 65,535; null for IPv4.

    Groups before a `::` are counted from the left, those after it from the right, and what it stands for is 0.
    """
    found = {}
    for place, name in enumerate(GROUPS):
        left = address.re_extract(rf"^([0-9a-f]+:){{{place}}}([0-9a-f]+)", 2).nullif("")
        right = address.re_extract(rf"::([0-9a-f]+:)*([0-9a-f]+)(:[0-9a-f]+){{{7 - place}}}$", 2).nullif("")
        found[name] = is_ipv6(address).ifelse(hex_number(ibis.coalesce(left, right, "0")), None)
    return found
