"""What people may write of whom: values in one spelling, or a sentence that says what is wrong."""

from datetime import UTC, date, datetime
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config_errors import UsageError
from pipeline.people.entries import Entry, checked, entry_id, entry_of, holds


@pytest.mark.parametrize(
    ("kind", "value", "entry"),
    [
        ("address", "192.0.2.7", Entry("address", "192.0.2.7", "source")),
        ("address", "2001:DB8:0:0::7", Entry("address", "2001:db8::7", "source")),
        ("address", "::ffff:192.0.2.7", Entry("address", "192.0.2.7", "source")),
        ("network", "2001:DB8::/32", Entry("network", "2001:db8::/32", "source")),
        ("network", "0.0.0.0/0", Entry("network", "0.0.0.0/0", "source")),
        ("port", "0022", Entry("port", "22")),
        ("user", "Jörg 😀 <x>", Entry("user", "Jörg 😀 <x>")),
        ("pattern", "20260105-0a1b2c3d", Entry("pattern", "20260105-0a1b2c3d")),
    ],
)
def test_a_value_has_one_spelling(kind: str, value: str, entry: Entry) -> None:
    assert checked(kind, value) == entry
    assert checked(kind, entry.value) == entry


@pytest.mark.parametrize(
    ("kind", "value", "side", "words"),
    [
        ("address", "192.0.2.256", None, ["'192.0.2.256' is no address", "192.0.2.7"]),
        ("address", "192.0.2.0/24", None, ["no address", "is a network"]),
        ("address", "", None, ["no address"]),
        ("network", "192.0.2.7/24", None, ["within the network 192.0.2.0/24"]),
        ("network", "192.0.2.7", None, ["use the kind address"]),
        ("network", "x/24", None, ["no network"]),
        ("port", "-1", None, ["no port", "65535"]),
        ("port", "65536", None, ["no port"]),
        ("port", "٢٢", None, ["no port"]),
        ("port", "22", "source", ["port has none"]),
        ("user", "  ", None, ["empty"]),
        ("address", "192.0.2.7", "left", ["'left' is no side", "source, target, either"]),
        ("host", "x", None, ["'host' is no kind", "address, network"]),
    ],
)
def test_what_makes_no_sense_is_a_sentence(kind: str, value: str, side: str | None, words: list[str]) -> None:
    with pytest.raises(UsageError) as fault:
        checked(kind, value, side)
    assert all(word in str(fault.value) for word in words)


@given(st.integers(0, 2**128 - 1), st.integers(0, 128))
def test_every_network_is_taken_as_it_is_written(number: int, length: int) -> None:
    network = str(ip_network((number, length), strict=False))
    if not network.startswith("::ffff:"):  # those are IPv4 to the logs
        assert checked("network", network).value == network


def test_the_same_entry_has_the_same_id() -> None:
    assert entry_id("address", "192.0.2.7", "source") == entry_id("address", "192.0.2.7", "source")
    assert entry_id("address", "192.0.2.7", "source") != entry_id("address", "192.0.2.7", "target")


def test_a_night_counts_by_its_beginning() -> None:
    row = {"kind": "port", "value": "22", "side": None, "expires_at": datetime(2026, 1, 6, tzinfo=UTC)}
    assert [holds(row, date(2026, 1, day)) for day in (5, 6, 7)] == [True, False, False]
    assert holds(row | {"expires_at": None}, date(2999, 12, 31))
    assert entry_of(row) == Entry("port", "22")
