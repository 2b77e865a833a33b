"""Features of source and destination addresses, and their patterns: the same but for what only a source does."""

from typing import Any

from schemas.base import Date, Flag, Float, Int64, Table, TableSpec, Text, column
from schemas.features.common import (
    DAYS_SINCE_FIRST_SEEN,
    ENTITY_PATTERN,
    IS_FIRST_SEEN,
    LABEL,
    LOG_DATE,
    PATTERN_ID,
    REVISION,
)


def _octet(place: int) -> Any:
    return column(f"octet {place} of an IPv4 address; null for IPv6", nullable=True, ge=0, le=255)


def _group(place: int) -> Any:
    return column(f"group {place} of an IPv6 address as a share of ffff; null for IPv4", nullable=True, ge=0, le=1)


class AddressFeatures(Table):
    """What the models know of an address; in patterns, octets and groups stand only in the seed-compatible mode."""

    octet_1: Float = _octet(1)
    octet_2: Float = _octet(2)
    octet_3: Float = _octet(3)
    octet_4: Float = _octet(4)
    group_1: Float = _group(1)
    group_2: Float = _group(2)
    group_3: Float = _group(3)
    group_4: Float = _group(4)
    group_5: Float = _group(5)
    group_6: Float = _group(6)
    group_7: Float = _group(7)
    group_8: Float = _group(8)
    is_ipv6: Flag = column("an IPv6 address")
    kind: Text = column("public, private, loopback, link_local, multicast, broadcast, documentation, ...")
    events_log2: Float = column("log2 of events, connections and logins, rounded down to powers of four", ge=0)
    peers_log2: Float = column("log2 of the distinct addresses at the other end, rounded down to powers of four", ge=0)
    ports_log2: Float = column(
        "log2 of the distinct destination ports with their protocols, rounded down to powers of four", ge=0
    )
    blocked_share: Float = column(
        "blocked of the events that were blocked or allowed, in quarters; null if there were none",
        nullable=True,
        ge=0,
        le=1,
    )
    failed_share: Float = column(
        "connections that nobody answered or that were refused, in quarters; null if no device says how they went",
        nullable=True,
        ge=0,
        le=1,
    )
    bytes_log2: Float = column(
        "log2 of the bytes of events and connections, rounded down to multiples of four; null if none names a size",
        nullable=True,
        ge=0,
    )
    sent_share: Float = column(
        "bytes of connections that their source sent, in quarters; null if there were none", nullable=True, ge=0, le=1
    )
    hours_active_log2: Float = column("log2 of the hours with events, rounded down", ge=0)
    off_hours_share: Float = column("events outside business hours, in quarters", ge=0, le=1)
    is_first_seen: Flag = IS_FIRST_SEEN


class SourceFeatures(AddressFeatures):
    """What the models know of a source address besides."""

    logins_log2: Float = column("log2 of 1 + the attempts to log in from it, rounded down to powers of four", ge=0)
    users_log2: Float = column("log2 of 1 + the distinct users that it tried to log in as, rounded down", ge=0)
    login_failure_share: Float = column(
        "failed of the attempts to log in of which the log says how they went, in quarters; null if there were none",
        nullable=True,
        ge=0,
        le=1,
    )


class Addresses(Table):
    """What a row of an address holds besides what the models know; the same for both ends."""

    entity_id: Text = column("the address, in its canonical spelling")
    log_date: Date = LOG_DATE
    pattern_id: Int64 = ENTITY_PATTERN
    events: Int64 = column(
        "events, connections and logins; of several devices that see the same traffic the one that saw most counts",
        ge=1,
    )
    peers: Int64 = column("distinct addresses at the other end", ge=0)
    ports: Int64 = column("distinct destination ports with their protocols", ge=0)
    hours_active: Int64 = column("hours with events", ge=1, le=24)
    bytes: Int64 = column("bytes of events and connections; null if none names a size", nullable=True, ge=0)
    prevalence: Float = column(
        "share of the addresses at the other end of the night's traffic that met it; null if none is known",
        nullable=True,
        ge=0,
        le=1,
    )
    days_since_first_seen: Int64 = DAYS_SINCE_FIRST_SEEN
    revision: Int64 = REVISION
    label: Text = LABEL


class AddressPatterns(Table):
    """What a row of a pattern of addresses holds besides."""

    log_date: Date = LOG_DATE
    pattern_id: Int64 = PATTERN_ID
    weight: Int64 = column("addresses of the night that share it", ge=1)
    revision: Int64 = REVISION


class SourceIps(Addresses, SourceFeatures):
    """One row per source address and night, from events, connections and logins."""

    logins: Int64 = column("attempts to log in", ge=0)
    users: Int64 = column("distinct users that it tried to log in as", ge=0)


class DestinationIps(Addresses, AddressFeatures):
    """One row per destination address and night, from events and connections."""


class SourceIpPatterns(AddressPatterns, SourceFeatures):
    """One row per distinct feature row of the source addresses of a night."""


class DestinationIpPatterns(AddressPatterns, AddressFeatures):
    """One row per distinct feature row of the destination addresses of a night."""


KEY, PATTERN_KEY = ("log_date", "entity_id"), ("log_date", "pattern_id")
SOURCE_IPS = TableSpec("features.source_ips", SourceIps, KEY)
SOURCE_IP_PATTERNS = TableSpec("features.source_ip_patterns", SourceIpPatterns, PATTERN_KEY)
DESTINATION_IPS = TableSpec("features.destination_ips", DestinationIps, KEY)
DESTINATION_IP_PATTERNS = TableSpec("features.destination_ip_patterns", DestinationIpPatterns, PATTERN_KEY)
