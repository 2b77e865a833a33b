"""Which findings suppressions keep out of the report: those of which they cover every record, and no others."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.people.entries import checked
from pipeline.report.suppressions import Cover, active, cover_of, covers_by, suppress

NIGHT = date(2026, 1, 5)
KEYS = ["algorithm", "cluster_id"]
RECORDS = ibis.table(
    {"algorithm": "string", "cluster_id": "int64", "source_ip": "string", "dest_ip": "string", "dest_port": "int32"},
    name="given_records",
)


def suppression(number: int, kind: str, value: str, side: str | None = None, **more: Any) -> dict[str, Any]:
    return vars(checked(kind, value, side)) | {"suppression_id": f"s{number}", "expires_at": None} | more


def covers_of(records: list[tuple[int, str, str, int]], *suppressions: dict[str, Any]) -> dict[int, Cover]:
    """What suppressions cover of each cluster's records: cluster, source, target and port."""
    columns = zip(*[("kmeans", *record) for record in records], strict=True)
    given_records = pa.table(dict(zip(RECORDS.columns, map(list, columns), strict=True)))
    connection = duckdb.connect()
    connection.register("given_records", given_records)
    query = ibis.to_sql(covers_by(RECORDS, KEYS, suppressions), dialect="duckdb")
    rows = connection.sql(str(query)).to_arrow_table().to_pylist()
    return {cluster: cover for (_, cluster), cover in cover_of(rows, KEYS, suppressions).items()}


def test_records_that_no_suppression_covers_are_counted_per_group() -> None:
    records = [(1, "10.0.0.1", "192.0.2.9", 22), (1, "10.0.0.2", "192.0.2.9", 22), (2, "10.0.0.1", "192.0.2.9", 80)]
    found = covers_of(records, suppression(0, "address", "10.0.0.1"), suppression(1, "port", "80"))
    assert found == {1: Cover(1, ("s0",)), 2: Cover(0, ("s0", "s1"))}


def test_suppressions_cover_a_group_together() -> None:
    records = [(1, "10.0.0.1", "192.0.2.9", 22), (1, "10.9.0.2", "192.0.2.9", 80)]
    both = covers_of(records, suppression(0, "address", "10.0.0.1"), suppression(1, "network", "10.9.0.0/16"))
    assert both == {1: Cover(0, ("s0", "s1"))}


def test_a_suppressed_source_hides_no_attack_on_it() -> None:
    records = [(1, "203.0.113.5", "10.0.0.1", 22)]
    assert covers_of(records, suppression(0, "address", "10.0.0.1"))[1].exposed == 1
    assert covers_of(records, suppression(0, "address", "10.0.0.1", "target"))[1].exposed == 0


def test_it_is_suppressed_when_nothing_is_exposed_or_when_it_is_named() -> None:
    covers = {"a": Cover(0, ("s0",)), "b": Cover(1, ("s0",)), "c": Cover(9, ()), "d": None}
    kept, suppressed = suppress(
        "abcd", lambda name: (name, covers[name]), [suppression(0, "port", "1"), suppression(1, "pattern", "c")]
    )
    assert kept == ["b", "d"]
    assert suppressed == [("a", ("s0",)), ("c", ("s1",))]


@given(st.lists(st.tuples(st.text("ab", min_size=1, max_size=2), st.integers(0, 2)), max_size=6))
def test_none_is_lost_and_none_is_shown_twice(findings: list[tuple[str, int]]) -> None:
    kept, suppressed = suppress(
        findings, lambda it: (it[0], Cover(it[1], ("s0",) if it[1] < 2 else ())), [suppression(1, "pattern", "a")]
    )
    assert sorted([*kept, *(finding for finding, _ in suppressed)]) == sorted(findings)
    assert all(ids for _, ids in suppressed)
    assert all(name != "a" and exposed for name, exposed in kept)


@pytest.mark.parametrize(("hour", "acts"), [(0, False), (1, True)])
def test_a_suppression_acts_on_nights_that_begin_before_it_expires(hour: int, acts: bool) -> None:
    row = suppression(0, "port", "22", expires_at=datetime(2026, 1, 5, hour, tzinfo=UTC))
    assert active([row], NIGHT) == ([row] if acts else [])


def test_without_suppressions_nothing_is_suppressed() -> None:
    assert suppress(["a"], lambda name: (name, None), []) == (["a"], [])
