"""IP addresses: their one canonical spelling, and which of them belong to nobody on the public internet.

The ranges are those of IANA's special-purpose address registries (RFC 6890 and its updates), and multicast.
"""

from contextlib import AbstractContextManager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

import ibis.expr.types as ir
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipeline.ingest.engine_functions import canonical_address, taught

NO_ADDRESS = ""
_NAME = "canonical_address"

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"^({_OCTET}\.){{3}}{_OCTET}$"

_PRIVATE_IPV4 = (
    "0|10|127",  # this network, RFC 1918, loopback
    r"100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])",  # RFC 6598, shared by carriers
    r"169\.254",  # link-local
    r"172\.(1[6-9]|2[0-9]|3[01])|192\.168",  # RFC 1918
    r"192\.0\.[02]|198\.51\.100|203\.0\.113",  # protocol assignments, documentation
    r"198\.1[89]",  # benchmarks
    "22[4-9]|23[0-9]",  # multicast
    "24[0-9]|25[0-5]",  # reserved, broadcast
)
_PRIVATE_IPV6 = (
    "::1?$",  # unspecified, loopback
    "f[cd][0-9a-f]{2}:",  # unique local
    "fe[89a-f][0-9a-f]:",  # link-local, site-local
    "ff[0-9a-f]{2}:",  # multicast
    "2001:(:|[0-9a-f]{1,2}:|1[0-9a-f]{2}:)",  # 2001::/23, protocol assignments
    "2001:db8:|3fff:(:|[0-9a-f]{1,3}:)",  # documentation
    "64:ff9b:1:",  # translation within a site
    "100::([0-9a-f]+(:[0-9a-f]+){0,3})?$",  # discard
    "5f00:",  # segment routing
)
_PRIVATE = rf"^(({'|'.join(_PRIVATE_IPV4)})\.|{'|'.join(_PRIVATE_IPV6)})"


def is_private(address: ir.StringValue) -> ir.BooleanValue:
    """Whether a canonical address is in a private or special range; null where there is none."""
    return address.re_search(_PRIVATE)


def canonical(address: ir.StringValue) -> ir.StringValue:
    """The address in its one spelling; null if it is none. The engine must know `canonical_address` (`known_to`)."""
    # a null stays one without a call from the engine
    is_canonical = address.re_search(_IPV4).fill_null(True)
    return is_canonical.ifelse(address, canonical_address(address).nullif(NO_ADDRESS))


def known_to(connection: DuckDBPyConnection) -> AbstractContextManager[None]:
    """Make `canonical_address` known to the engine for a while; only addresses that are not plain IPv4 come to it."""
    return taught(connection, _NAME, _spellings)


def _spellings(addresses: pa.Array) -> pa.Array:
    # the engine keeps nulls to itself and takes none back
    return pa.array([canonical_spelling(address) or NO_ADDRESS for address in addresses.to_pylist()], pa.string())


@lru_cache(maxsize=1 << 16)
def canonical_spelling(text: str) -> str | None:
    """Lower case and short, IPv4 within IPv6 as IPv4, a link-local one without its zone; None if it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
