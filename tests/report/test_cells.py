"""What is counted of the records behind groups, on a handful of records in a real engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipeline.report import cells as counting
from pipeline.report.overlaps import Overlap, overlaps
from pipeline.report.profiles import Counted, counted_of
from pipeline.warehouse.engine import Warehouse

START = datetime(2026, 1, 12, 3, tzinfo=UTC)
KINDS: dict[str, pa.DataType] = {
    **dict.fromkeys(counting.KEYS, pa.string()),
    **dict.fromkeys(("bytes", "bytes_out", "bytes_in", "group"), pa.int64()),
    "timestamp": pa.timestamp("us", "UTC"),
    "dest_port": pa.int32(),
    "hour_of_day": pa.int16(),
}
EVENT = {"source": "fw", "raw_table": "security_events", "action": "drop", "verdict": "blocked", "hour_of_day": 3}
FLOW = {"source": "zeek", "raw_table": "connections", "action": "SF", "verdict": None, "hour_of_day": 3}
LOGIN = {"source": "auth", "raw_table": "logins", "action": "login failed", "verdict": "blocked", "hour_of_day": 3}


@pytest.fixture(autouse=True)
def _open_warehouse(warehouse: Warehouse) -> Iterator[None]:
    """Opening a file costs more than what is asked of it here."""
    with warehouse.connect():
        yield


def record(group: int, source: str | None, target: str | None, kind: dict[str, Any] = EVENT, **facts: Any) -> Any:
    own = {"group": group, "source_ip": source, "dest_ip": target, "timestamp": START}
    return dict.fromkeys(KINDS) | kind | own | facts


@contextmanager
def cells(warehouse: Warehouse, records: list[Any]) -> Iterator[ibis.Table]:
    rows = pa.Table.from_pylist(records, schema=pa.schema(list(KINDS.items())))
    with (
        warehouse.materialised(rows, "members") as members,
        warehouse.materialised([counting.cells_of(members)], "cells") as counted,
    ):
        yield counted


def counted(warehouse: Warehouse, records: list[Any], countries: tuple[str, ...] = ()) -> Counted:
    with cells(warehouse, records) as of:
        questions = (
            counting.counts(of, counting.GROUP, countries), counting.counts(of, counting.VIEW, countries),
            counting.histograms(of), counting.busiest_pairs(of), counting.tops(of),
        )  # fmt: skip
        return counted_of(*map(warehouse.fetch, questions))


def overlap(warehouse: Warehouse, records: list[Any]) -> dict[tuple[int, int], Overlap]:
    with cells(warehouse, records) as of:
        return overlaps(warehouse, of)


def test_each_device_has_a_view_of_its_own_and_the_largest_comes_first(warehouse: Warehouse) -> None:
    rows = [record(1, "a", "b", dest_port=port) for port in range(30)]
    rows += [record(1, "a", "b", FLOW, dest_port=443, bytes=5, bytes_out=2, bytes_in=3) for _ in range(3)]
    found = counted(warehouse, rows)
    assert [(view["source"], view["records"], view["judged"], view["refused"]) for view in found.views[1]] == [
        ("fw", 30, 30, 30),
        ("zeek", 3, 3, 0),
    ]
    assert (found.groups[1]["records"], found.groups[1]["distinct_ports"], found.groups[1]["bytes"]) == (33, 31, 15)


def test_what_half_of_the_records_have_is_typical(warehouse: Warehouse) -> None:
    scan = [record(1, "a", "b", dest_port=port) for port in range(30)]
    rest = [record(1, f"c{number}", "b", dest_port=443) for number in range(30)]
    assert counted(warehouse, scan + rest).views[1][0]["typical"]["ports_per_pair"] == 30
    more = [*rest, record(1, "d", "b", dest_port=443)]
    typical = counted(warehouse, scan + more).views[1][0]["typical"]
    assert (typical["ports_per_pair"], typical["sources_per_target"], typical["records_per_service"]) == (1, 31, 31)


def test_failures_count_by_place_and_account_and_a_host_itself_is_no_place(warehouse: Warehouse) -> None:
    spraying = [record(1, None, "host", LOGIN, user=f"user{number}") for number in range(6)]
    spraying += [record(1, "127.0.0.1", "host", LOGIN, user="user7")]
    fine = [record(1, "10.0.0.1", "host", LOGIN | {"verdict": "allowed"}, user="eve") for _ in range(99)]
    typical = counted(warehouse, spraying + fine).views[1][0]["typical"]
    assert (typical["users_per_place"], typical["failures_per_user"], typical["failures_per_account"]) == (7, 1, 1)


def test_directions_ports_hours_and_countries_are_counted(warehouse: Warehouse) -> None:
    rows = [
        record(1, "10.0.0.1", "93.184.216.34", dest_port=22, country="Atlantis"),
        record(1, "93.184.216.34", "10.0.0.1", dest_port=22, country="Utopia"),
        record(1, "10.0.0.1", "10.0.0.2", dest_port=3389, hour_of_day=5),
        record(1, None, None, verdict="other"),
    ]
    found = counted(warehouse, rows, ("Atlantis",)).groups[1]
    names = ("outward", "from_outside", "internal", "remote_ports", "at_night", "from_countries", "judged", "refused")
    assert [found[name] for name in names] == [1, 1, 1, 3, 3, 1, 3, 3]


def test_the_busiest_pair_is_the_one_that_most_bytes_left_by(warehouse: Warehouse) -> None:
    rows = [
        record(1, "10.0.0.1", "93.184.216.34", FLOW, bytes=900, bytes_out=800, bytes_in=100),
        record(1, "10.0.0.1", "93.184.216.35", FLOW, bytes=900, bytes_out=700, bytes_in=200),
        record(1, "10.0.0.1", "10.0.0.2", FLOW, bytes=9_000, bytes_out=9_000, bytes_in=0),
    ]
    sent = counted(warehouse, rows).views[1][0]["sent"]
    assert (sent["source_ip"], sent["dest_ip"], sent["sent"], sent["received"]) == (
        "10.0.0.1", "93.184.216.34", 800, 100,
    )  # fmt: skip
    without_direction = [record(1, "10.0.0.1", "93.184.216.34", bytes=50)]
    assert counted(warehouse, without_direction).views[1][0]["sent"]["sent"] == 50


def test_top_values_come_by_records_and_then_by_name(warehouse: Warehouse) -> None:
    rows = [record(1, source, "t", hour_of_day=hour) for source, hour in (("b", 1), ("a", 2), ("c", 3), ("c", 3))]
    tops = counted(warehouse, rows).tops[1]
    assert tops["top_sources"] == [("c", 2), ("a", 1), ("b", 1)]
    assert tops["hours"] == [("3", 2), ("1", 1), ("2", 1)]
    assert "users" not in tops


def test_traffic_of_the_same_ends_overlaps_whichever_device_tells_of_it(warehouse: Warehouse) -> None:
    scan = [record(1, "a", "b", dest_port=port) for port in range(8)] + [record(2, "a", "b", FLOW) for _ in range(3)]
    busy = [record(3, source, "b", FLOW) for source in "cdefa"]
    found = overlap(warehouse, scan + busy)
    assert found[1, 2] == Overlap(1.0, 1.0)
    assert found[1, 3] == Overlap(1.0, 1.0)  # the scan is all about b, and b has met a
    assert found[2, 3] == Overlap(1.0, 1.0)
    other = overlap(warehouse, scan + [record(3, source, "b", FLOW) for source in "cdef"])
    assert other[1, 3] == Overlap(1.0, 0.0)


def test_logins_are_compared_with_traffic_by_their_sources(warehouse: Warehouse) -> None:
    traffic = [record(1, source, "203.0.113.22", FLOW) for source in "abc"]
    logins = [record(2, source, "gate", LOGIN, user="root") for source in "abc"]
    elsewhere = [record(3, "z", "gate", LOGIN, user="root")]
    found = overlap(warehouse, traffic + logins + elsewhere)
    assert found[1, 2] == Overlap(1.0, 1.0)
    assert found[2, 3] == Overlap(1.0, 0.0)  # the same host and user, from somewhere else
    assert (1, 3) not in found
