from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pytest
from feature_helpers import DAY_BEFORE, HUGE, connection, event, login
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.features.address_forms import GROUPS, OCTETS, groups, kind, octets
from pipeline.warehouse.queries import compile_sql

Features = Callable[..., pd.DataFrame]
KINDS = {
    "0.0.0.0": "unspecified",  # noqa: S104 - an address as data
    "::": "unspecified",
    "127.0.0.1": "loopback",
    "::1": "loopback",
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "172.32.0.1": "public",
    "192.168.1.1": "private",
    "fd00::1": "private",
    "100.64.0.1": "shared",
    "100.128.0.1": "public",
    "169.254.3.4": "link_local",
    "fe80::1": "link_local",
    "203.0.113.9": "documentation",
    "2001:db8::9": "documentation",
    "198.18.0.1": "benchmark",
    "224.0.0.251": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "broadcast",
    "240.0.0.1": "reserved",
    "8.8.8.8": "public",
    "2a00:1450:4001:81b::200e": "public",
}


@pytest.fixture(scope="module")
def parsed() -> Callable[[list[str]], pd.DataFrame]:
    rows = ibis.table({"address": "string"}, name="given_addresses")
    columns = {"kind": kind(rows.address)} | octets(rows.address) | groups(rows.address)
    query = compile_sql(rows.select("address", **columns))

    connection = duckdb.connect()

    def parse(texts: list[str]) -> pd.DataFrame:
        connection.register("given_addresses", pa.table({"address": texts}))
        return connection.sql(query).df().set_index("address")

    return parse


def test_kinds_of_addresses(parsed: Callable[[list[str]], pd.DataFrame]) -> None:
    assert parsed(list(KINDS))["kind"].to_dict() == KINDS


def test_octets_of_ipv4_and_groups_of_ipv6(parsed: Callable[[list[str]], pd.DataFrame]) -> None:
    found = parsed(["192.168.0.255", "2001:db8::ff"])
    assert found.loc["192.168.0.255", list(OCTETS)].tolist() == [192, 168, 0, 255]
    assert found.loc["192.168.0.255", list(GROUPS)].isna().all()
    assert found.loc["2001:db8::ff", list(OCTETS)].isna().all()
    shares = [group / 0xFFFF for group in (0x2001, 0xDB8, 0, 0, 0, 0, 0, 0xFF)]
    assert found.loc["2001:db8::ff", list(GROUPS)].tolist() == shares


SOME_ZERO = st.lists(st.one_of(st.just(0), st.integers(0, 0xFFFF)), min_size=8, max_size=8)


@settings(max_examples=15, deadline=None)
@given(st.lists(SOME_ZERO, min_size=1, max_size=50))
def test_groups_are_those_of_the_address(parsed: Callable[[list[str]], pd.DataFrame], every: list[list[int]]) -> None:
    texts = [str(IPv6Address(b"".join(group.to_bytes(2, "big") for group in one))) for one in every]
    found = parsed(texts)[list(GROUPS)].to_numpy() * 0xFFFF
    assert found.round().astype(int).tolist() == every


def test_what_a_source_does(features: Features) -> None:
    scan = [
        event(number, hour=3, dest_ip=f"192.0.2.{number % 4}", dest_port=number, verdict="blocked", bytes=40)
        for number in range(1, 17)
    ]
    found = features("source_ips", [*scan, connection(0, dest_port=22, state="S0", source_port=1, bytes_in=0)])
    row = found.loc["10.0.0.1"]
    assert (row["events"], row["peers"], row["ports"], row["hours_active"]) == (17, 5, 17, 2)
    assert (row["events_log2"], row["peers_log2"], row["ports_log2"], row["hours_active_log2"]) == (4, 2, 4, 1)
    assert (row["blocked_share"], row["failed_share"], row["sent_share"], row["off_hours_share"]) == (1, 1, 1, 1)
    assert (row["bytes"], row["bytes_log2"], row["kind"]) == (1640, 8, "private")
    assert (row["logins"], row["users"], row["logins_log2"]) == (0, 0, 0)


def test_the_destination_is_seen_from_its_own_side(features: Features) -> None:
    flood = [event(number, source_ip=f"198.51.100.{number}", dest_port=80) for number in range(1, 18)]
    found = features("destination_ips", [*flood, event(99, dest_ip="192.0.2.8")])
    row = found.loc["192.0.2.7"]
    assert (row["peers"], row["ports"], row["events"], row["peers_log2"]) == (17, 1, 17, 4)
    assert row["prevalence"] == 17 / 18
    assert found.loc["192.0.2.8", "prevalence"] == 1 / 18


def test_logins_make_a_source_and_say_whom_it_tried(features: Features) -> None:
    spray = [login(number, source_ip="203.0.113.5", user=f"u{number}", success=number == 0) for number in range(15)]
    row = features("source_ips", spray).loc["203.0.113.5"]
    assert (row["events"], row["logins"], row["users"], row["users_log2"], row["logins_log2"]) == (15, 15, 15, 4, 4)
    assert (row["login_failure_share"], row["peers"]) == (1, 0)
    assert row[["bytes", "blocked_share", "failed_share", "sent_share"]].isna().all()


def test_what_two_devices_see_counts_once_and_so_does_what_two_rules_log(features: Features) -> None:
    packets = [event(number, hour=10 + number / 100) for number in range(3)]
    noted = [row | {"event_id": f"n{row['event_id']}", "verdict": "other"} for row in packets]
    flows = [connection(number, bytes_out=400, bytes_in=0, source="zeek") for number in range(2)]
    row = features("source_ips", [*packets, *noted, *flows]).loc["10.0.0.1"]
    assert (row["events"], row["bytes"], row["blocked_share"]) == (3, 1500, 0)


def test_since_when_an_address_is_known(features: Features) -> None:
    before = [event(0, day=DAY_BEFORE, source_ip="10.0.0.3"), login(0, day=DAY_BEFORE, source_ip="10.0.0.4")]
    tonight = [event(number, source_ip=f"10.0.0.{number}") for number in (3, 4, 5)]
    found = features("source_ips", [*before, *tonight])
    assert found["is_first_seen"].tolist() == [False, False, True]
    assert found["days_since_first_seen"].tolist() == [1, 1, 0]
    assert features("source_ips", tonight)["is_first_seen"].isna().all()


def test_patterns_tell_addresses_apart_only_for_the_published_recipe(features: Features) -> None:
    alike = [event(number, source_ip=f"10.0.0.{number}") for number in range(1, 4)]
    assert features("source_ips", alike)["octet_4"].tolist() == [1, 2, 3]
    assert features("source_ips", alike, patterns=True)["weight"].tolist() == [3]
    apart = features("source_ips", alike, patterns=True, seed_compatible=True)
    assert sorted(apart["octet_4"]) == [1, 2, 3]


def test_odd_rows_have_addresses_all_the_same(features: Features) -> None:
    bare: dict[str, Any] = dict.fromkeys(("source_port", "dest_ip", "dest_port", "protocol", "bytes", "action"))
    rows = [
        event(0, source_ip=None, dest_ip=None),
        event(1, **bare, source_ip="2001:db8::1", verdict="other"),
        connection(0, source_ip="2001:db8::1", bytes_out=HUGE, bytes_in=HUGE, state="\0"),
        connection(1, source_ip="2001:db8::1", bytes_out=HUGE, bytes_in=None, state=None, duration=None),
        event(2, source_ip="2001:db8::1", bytes=HUGE),
    ]
    sources, targets = features("source_ips", rows), features("destination_ips", rows)
    assert list(sources.index) == ["2001:db8::1"]
    assert list(targets.index) == ["192.0.2.7"]
    assert sources["is_ipv6"].tolist() == [True]
    assert sources["bytes"].iloc[0] >= 2**50
