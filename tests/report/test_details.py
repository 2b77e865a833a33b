"""What is shown of findings, fetched from a warehouse of a few rows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from finding_helpers import NIGHT, group

from pipeline.config import Site
from pipeline.features.tables import EVENT_TABLE, SOURCE_IP_TABLE, FeatureTable
from pipeline.report.details import details_of
from pipeline.report.findings import Ends, Finding, Group
from pipeline.report.merging import Cluster
from pipeline.report.scored import Scored
from pipeline.warehouse.engine import Warehouse

Put = Callable[[str, list[dict[str, Any]]], None]
SHARED, OWN, STRANGE, ADDRESS = 8, 9, 10, 50
ATTACKER, STRANGER = "198.51.100.9", "198.51.100.77"
NEAR, FAR, ODD = (Cluster("events", name, 1_000_000) for name in ("kmeans", "dbscan", "mean_shift"))
BUSY = Cluster("source_ips", "kmeans", 1_000_000)
DISTANCES = {  # by algorithm and pattern: score and distance
    ("kmeans", SHARED): (0.96, 2.0), ("kmeans", OWN): (0.97, 9.0), ("dbscan", SHARED): (0.99, 3.0),
    ("mean_shift", OWN): (0.5, 1.0), ("mean_shift", STRANGE): (0.5, 1.0),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _records(put: Put) -> None:
    """Two patterns of the attacker's records and of a stranger's, and one of the attacker's that is no candidate."""
    for pattern, sources in ((SHARED, [ATTACKER, ATTACKER, STRANGER]), (OWN, [ATTACKER] * 3), (1, [ATTACKER])):
        store(put, pattern, sources)
    put("features.source_ips", [{"entity_id": ATTACKER, "pattern_id": ADDRESS, "log_date": NIGHT}])


def store(put: Put, pattern: int, sources: list[str]) -> None:
    """Events of a pattern, named by it and counted."""
    moment = datetime(NIGHT.year, NIGHT.month, NIGHT.day, 12, tzinfo=UTC)
    put("raw.security_events", [
        {"event_id": f"{pattern}-{number}", "timestamp": moment, "source_ip": source, "dest_ip": "10.0.0.1",
         "dest_port": number, "log_date": NIGHT, "source_file": "edge.json", "line_number": number}
        for number, source in enumerate(sources)
    ])  # fmt: skip
    put("features.events", [
        {"entity_id": f"{pattern}-{number}", "pattern_id": pattern, "log_date": NIGHT}
        for number, _ in enumerate(sources)
    ])  # fmt: skip


def known_of(table: FeatureTable, distances: dict[tuple[str, int], tuple[float, float]]) -> Scored:
    told = [(*key, *distance) for key, distance in distances.items()]
    scores = pd.DataFrame(told, columns=["algorithm", "pattern_id", "score", "large_distance"])
    index = sorted({pattern for _, pattern in distances})
    patterns = pd.DataFrame([dict.fromkeys(table.columns.names, 0.0) | {"weight": 3}] * len(index), index=index)
    return Scored(table, scores, patterns, {}, {algorithm: {} for algorithm, _ in distances}, frozenset())


def shown(warehouse: Warehouse, *groups: Group) -> list[tuple[str, float]]:
    """The first records of a finding of these groups, with their scores."""
    scored = {
        "events": known_of(EVENT_TABLE, DISTANCES),
        "source_ips": known_of(SOURCE_IP_TABLE, {("kmeans", ADDRESS): (0.9, 4.0)}),
    }
    found = Finding(groups, None, ("far",), {"isolation": 50.0}, Ends())
    (detail,) = details_of(warehouse, [found], scored, NIGHT, Site(), 5)
    return [(row["event_id"], row["score"]) for row in detail.records]


def test_the_first_record_of_each_pattern_comes_first_the_farthest_pattern_before_the_others(
    warehouse: Warehouse,
) -> None:
    assert shown(warehouse, group(0, cluster=NEAR, patterns={SHARED: 3, OWN: 3})) == [
        ("9-0", 0.97), ("8-0", 0.96), ("9-1", 0.97), ("8-1", 0.96), ("9-2", 0.97),
    ]  # fmt: skip


def test_of_a_finding_that_counts_records_only_those_are_shown(warehouse: Warehouse) -> None:
    groups = group(0, cluster=FAR, patterns={SHARED: 3}), group(1, cluster=ODD, patterns={OWN: 3})
    assert [name for name, _ in shown(warehouse, *groups)] == ["8-0", "8-1", "8-2"]


def test_of_an_address_those_records_are_shown_that_others_bear_witness_of_and_nobody_elses(
    warehouse: Warehouse,
) -> None:
    address = group(0, cluster=BUSY, patterns={ADDRESS: 1})
    # two groups share a pattern: its records come once, with the higher of their scores
    others = group(1, cluster=NEAR, patterns={SHARED: 3}), group(2, cluster=FAR, patterns={SHARED: 3})
    assert shown(warehouse, address, *others) == [("8-0", 0.99), ("8-1", 0.99)]


def test_of_an_address_that_no_other_bears_witness_of_all_records_are_its_own(put: Put, warehouse: Warehouse) -> None:
    store(put, STRANGE, [STRANGER])
    address = group(0, cluster=BUSY, patterns={ADDRESS: 1})
    alone = shown(warehouse, address)
    assert [name for name, _ in alone] == ["1-0", "8-0", "8-1", "9-0", "9-1"]
    assert shown(warehouse, address, group(1, cluster=ODD, patterns={STRANGE: 1})) == alone
