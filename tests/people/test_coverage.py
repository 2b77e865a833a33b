"""Which records entries cover: beside Python's own idea of addresses and networks."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest.addresses import canonical_spelling
from pipeline.people.coverage import any_of, covers, within
from pipeline.people.entries import Entry, checked
from pipeline.warehouse.queries import compile_sql

RECORDS = ibis.table(
    {"source_ip": "string", "dest_ip": "string", "dest_port": "int32", "user": "string"}, name="given_records"
)
Query = Callable[[ibis.Value, list[dict[str, Any]]], list[bool]]


@pytest.fixture(scope="module")
def ask() -> Query:
    connection = duckdb.connect()

    def answers(test: ibis.Value, records: list[dict[str, Any]]) -> list[bool]:
        connection.register("given_records", pa.Table.from_pylist(records, schema=RECORDS.schema().to_pyarrow()))
        return [row[0] for row in connection.sql(compile_sql(RECORDS.select(held=test))).fetchall()]

    return answers


def record(source: str | None = None, target: str | None = None, port: int | None = None, user: str | None = None):
    return {"source_ip": source, "dest_ip": target, "dest_port": port, "user": user}


@st.composite
def networks_with_addresses(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A network, and addresses in it, right beside it and anywhere."""
    kind, bits = draw(st.sampled_from([(IPv4Address, 32), (IPv6Address, 128)]))
    anywhere = st.integers(0, 2**bits - 1)
    length = draw(st.integers(0, bits))
    network = ip_network((draw(anywhere), length), strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    near = st.sampled_from([first, last, max(first - 1, 0), min(last + 1, 2**bits - 1)])
    numbers = draw(st.lists(near | st.integers(first, last) | anywhere, min_size=1, max_size=8))
    return str(network), [str(canonical_spelling(str(kind(number)))) for number in numbers]


@settings(max_examples=30)
@given(networks_with_addresses())
def test_an_address_is_within_a_network_as_python_says(ask: Query, drawn: tuple[str, list[str]]) -> None:
    network, addresses = ip_network(drawn[0]), drawn[1]
    expected = [ip_address(address) in network for address in addresses]
    test = within(RECORDS.source_ip, network).fill_null(False)
    assert ask(test, [record(address) for address in addresses]) == expected


@pytest.mark.parametrize(
    ("entry", "held"),
    [
        (checked("address", "10.0.0.1"), [True, False, False, False]),
        (checked("address", "10.0.0.1", "target"), [False, True, False, False]),
        (checked("address", "10.0.0.1", "either"), [True, True, False, False]),
        (checked("network", "10.0.0.0/8"), [True, False, True, False]),
        (checked("network", "10.0.0.0/8", "either"), [True, True, True, False]),
        (checked("port", "22"), [True, False, False, False]),
        (checked("user", "Ann"), [False, False, True, False]),
        (checked("pattern", "Ann"), [False] * 4),
    ],
)
def test_each_kind_covers_what_it_names(ask: Query, entry: Entry, held: list[bool]) -> None:
    records = [
        record("10.0.0.1", "192.0.2.9", 22),
        record("192.0.2.9", "10.0.0.1", 23),
        record("10.0.0.2", None, None, "Ann"),
        record(),
    ]
    assert ask(covers(entry, RECORDS), records) == held


def test_what_rows_do_not_have_covers_none() -> None:
    rows = ibis.table({"user": "string"}, name="users")
    assert covers(checked("address", "10.0.0.1", "either"), rows).equals(ibis.literal(False))


def test_hundreds_of_entries_are_one_question(ask: Query) -> None:
    entries = [checked("address", f"10.0.0.{number}") for number in range(200)]
    anybody = any_of(covers(entry, RECORDS) for entry in entries)
    assert ask(anybody, [record("10.0.0.199"), record("10.0.0.200")]) == [True, False]
    assert ask(any_of([]), [record("10.0.0.1")]) == [False]
