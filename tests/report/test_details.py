"""What is shown of findings, fetched from a warehouse of a few rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from finding_helpers import NIGHT, group

from pipeline.config import Site
from pipeline.features.tables import EVENT_TABLE
from pipeline.report.details import details_of
from pipeline.report.findings import Ends, Finding
from pipeline.report.merging import Cluster
from pipeline.report.scored import Scored
from pipeline.warehouse.engine import Warehouse

Put = Callable[[str, list[dict[str, Any]]], None]
SHARED, OWN = 8, 9


def records(pattern: int, night: date, how_many: int) -> list[dict[str, Any]]:
    moment = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
    return [
        {"event_id": f"{pattern}-{number}", "timestamp": moment, "source_ip": "198.51.100.9", "dest_ip": "10.0.0.1",
         "dest_port": number, "log_date": night, "source_file": "edge.json", "line_number": number}
        for number in range(how_many)
    ]  # fmt: skip


def test_records_of_a_pattern_that_two_groups_share_come_once(put: Put, warehouse: Warehouse) -> None:
    for pattern in (SHARED, OWN):
        rows = records(pattern, NIGHT, 4)
        put("raw.security_events", rows)
        put("features.events", [
            {"entity_id": row["event_id"], "pattern_id": pattern, "log_date": NIGHT} for row in rows
        ])  # fmt: skip
    near, far = (Cluster("events", algorithm, 1_000_000) for algorithm in ("kmeans", "dbscan"))
    groups = (
        group(0, cluster=near, patterns={SHARED: 4, OWN: 4}),
        group(1, cluster=far, patterns={SHARED: 4}),
    )
    told = [("kmeans", SHARED, 0.96, 2.0), ("kmeans", OWN, 0.97, 9.0), ("dbscan", SHARED, 0.99, 3.0)]
    scores = pd.DataFrame(told, columns=["algorithm", "pattern_id", "score", "large_distance"])
    columns = dict.fromkeys(EVENT_TABLE.columns.names, 0.0)
    patterns = pd.DataFrame([columns | {"weight": 4}] * 2, index=[SHARED, OWN])
    known = {"events": Scored(EVENT_TABLE, scores, patterns, {}, {"kmeans": {}, "dbscan": {}}, frozenset())}
    found = Finding(groups, None, ("far",), {"isolation": 50.0}, Ends())
    (detail,) = details_of(warehouse, [found], known, NIGHT, Site(), 5)
    # first the first record of each pattern, the farthest pattern before the other
    assert [(row["event_id"], row["score"]) for row in detail.records] == [
        ("9-0", 0.97), ("8-0", 0.99), ("9-1", 0.97), ("8-1", 0.99), ("9-2", 0.97),
    ]  # fmt: skip
