"""What a suppression or a judgement is about: a checked value of one of five kinds, and for how long it holds.

What does not belong here: which rows that covers (coverage), how entries are stored (editing).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from pipeline.config_errors import UsageError
from pipeline.ingest.addresses import canonical_spelling
from schemas.report.people import KINDS, SIDES

ID_LENGTH = 8
HIGHEST_PORT = 65_535
WITH_SIDES = ("address", "network")
SOURCE = "source"
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Entry:
    """Whom an entry is about.

    Attributes:
        kind: address, network, user, port or pattern.
        value: in its one spelling.
        side: the end of a record at which an address or network is looked for: source, target or either.
    """

    kind: str
    value: str
    side: str | None = None


def checked(kind: str, value: str, side: str | None = None) -> Entry:
    """The entry with its value in the spelling that the tables have; addresses are sources unless `side` says more.

    Raises:
        UsageError: the value is none of its kind, or the kind has no sides.
    """
    if kind not in KINDS:
        message = f"{kind!r} is no kind; choose one of {', '.join(KINDS)}"
        raise UsageError(message)
    if kind not in WITH_SIDES and side:
        message = f"only {' and '.join(WITH_SIDES)} have a side, {kind} has none; leave it out"
        raise UsageError(message)
    if side and side not in SIDES:
        message = f"{side!r} is no side; choose one of {', '.join(SIDES)}"
        raise UsageError(message)
    spelling = SPELLINGS.get(kind, _text)
    return Entry(kind, spelling(value), side or (SOURCE if kind in WITH_SIDES else None))


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry of a stored row, which was checked when it was written."""
    return Entry(row["kind"], row["value"], row["side"])


def entry_id(*parts: object) -> str:
    """A short id for what tells an entry from others: writing it again replaces it."""
    return sha256("|".join(map(str, parts)).encode()).hexdigest()[:ID_LENGTH]


def holds(row: Mapping[str, Any], night: date) -> bool:
    """Whether a stored entry has not expired by the beginning of a night.

    The night decides and not the clock, so that a night which is run again is judged as it was.
    """
    return row["expires_at"] is None or row["expires_at"] > datetime.combine(night, time(), UTC)


def network_of(entry: Entry) -> Network:
    """The network of an entry of that kind."""
    return ip_network(entry.value)


def _address(value: str) -> str:
    found = canonical_spelling(value)
    if found is None:
        message = f"{value!r} is no address; write one such as 192.0.2.7 or 2001:db8::7 (192.0.2.0/24 is a network)"
        raise UsageError(message)
    return found


def _network(value: str) -> str:
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        message = f"{value!r} is no network; write one such as 192.0.2.0/24 or 2001:db8::/32"
        raise UsageError(message) from None
    written, _, length = value.partition("/")
    if not length:
        message = f"{value!r} is an address; use the kind address, or write a network such as {written}/24"
        raise UsageError(message)
    if canonical_spelling(written) != str(network.network_address):
        message = f"{value!r} is an address within the network {network}; write the network, or the address alone"
        raise UsageError(message)
    return str(network)


def _port(value: str) -> str:
    if not (value.isascii() and value.isdigit() and int(value) <= HIGHEST_PORT):
        message = f"{value!r} is no port; write a number from 0 to {HIGHEST_PORT}"
        raise UsageError(message)
    return str(int(value))


def _text(value: str) -> str:
    if not value.strip():
        message = "the value is empty; write a user as the logs name them, or the id of a finding"
        raise UsageError(message)
    return value


SPELLINGS = {"address": _address, "network": _network, "port": _port}
