"""The findings of nights in a warehouse of a few rows: which tables take part, and that groups keep their names."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline.config import Settings
from pipeline.features.tables import FEATURE_TABLES
from pipeline.report.finished import night_row
from pipeline.report.history import course_of
from pipeline.report.night import FILLED, findings_of
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.registry import TABLES
from schemas.report import NIGHTS

FIRST = date(2026, 1, 5)
SECOND, THIRD, FOURTH = (FIRST + timedelta(days=days) for days in (1, 2, 3))
Put = Callable[[str, list[dict[str, Any]]], None]
Rows = dict[str, list[dict[str, Any]]]
NOVEL = 1_000_000
SCANNER, SERVER = "198.51.100.9", "10.0.0.1"


@pytest.fixture(autouse=True)
def _open_warehouse(warehouse: Warehouse) -> Iterator[None]:
    """Opening a file costs more than what is asked of it here."""
    with warehouse.connect():
        yield


def usual_traffic(night: date) -> list[dict[str, Any]]:
    return [event(night, f"{night}-u{number}", f"10.0.1.{number}", "10.0.0.9", 443, "allowed") for number in range(40)]


def event(night: date, name: str, source: str, target: str, port: int, verdict: str) -> dict[str, Any]:
    moment = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
    return {
        "event_id": name, "timestamp": moment, "source_ip": source, "dest_ip": target, "dest_port": port,
        "protocol": "tcp", "action": verdict, "verdict": verdict, "bytes": 60, "log_date": night, "source": "edge",
        "source_file": "edge.json", "file_id": "f", "line_number": port + 1,
    }  # fmt: skip


def scan(night: date, ports: int) -> list[dict[str, Any]]:
    return [event(night, f"{night}-s{port}", SCANNER, SERVER, port, "blocked") for port in range(ports)]


def store(put: Put, night: date, ports: int) -> None:
    """A night of usual traffic and a scan of so many ports, as models would have scored it."""
    usual, scanned = usual_traffic(night), scan(night, ports)
    put("raw.security_events", usual + scanned)
    put("raw.nights", [{"log_date": night, "events": len(usual + scanned), "revision": 1}])
    model(put, "events", night)
    entities(put, "event", "events", night, {7: [row["event_id"] for row in usual]}, cluster=0)
    model(put, "source_ips", night)
    entities(put, "source_ip", "source_ips", night, {17: [row["source_ip"] for row in usual]}, cluster=0)
    if ports:
        entities(put, "event", "events", night, {8: [row["event_id"] for row in scanned]}, source_ports_log2=8.0)
        entities(put, "source_ip", "source_ips", night, {18: [SCANNER]}, ports_log2=8.0, blocked_share=1.0)


def model(put: Put, table: str, night: date) -> None:
    name = f"{table}-{night}"
    usual = json.dumps({"source_ports_log2": [0.0, 1.0], "ports_log2": [0.0, 1.0]})
    shared = {"model_id": name, "log_date": night, "feature_table": table, "algorithm": "kmeans"}
    put("models.fits", [shared | {
        "trained_from": FIRST, "trained_to": night - timedelta(days=1) if night > FIRST else FIRST, "accepted": True,
        "usual": usual, "score_levels": [level / 1000 for level in range(1001)], "baseline": "b",
    }])  # fmt: skip
    put("models.components", [shared | {"stable_id": 0, "point": 0, "is_large": True, "kind": "cluster"}])


def entities(
    put: Put, entity: str, table: str, night: date, found: dict[int, list[str]], cluster: int = NOVEL, **features: Any
) -> None:
    is_new = cluster == NOVEL
    feature = "source_ports_log2" if table == "events" else "ports_log2"
    for pattern, names in found.items():
        shared = {"log_date": night, "pattern_id": pattern}
        counted = {} if table == "events" else {"events": 300}
        put(f"features.{table}", [shared | counted | {"entity_id": name} for name in names])
        put(f"features.{entity}_patterns", [shared | {"weight": len(names), "revision": 1} | features])
        put(f"scores.{entity}_patterns", [shared | {
            "weight": len(names), "algorithm": "kmeans", "model_id": f"{table}-{night}", "cluster_id": cluster,
            "is_new": is_new, "distance": 3.0 * is_new, "large_distance": 3.0 * is_new, "score": float(is_new),
            "threshold": 0.95, "status": "anomaly" if is_new else "normal", "top_features": [feature] * is_new,
            "contributions": [2.5] * is_new, "top_values": ["x"] * is_new, "usual_values": ["y"] * is_new,
            "explanation": "",
        }])  # fmt: skip


@pytest.fixture
def run(warehouse: Warehouse, settings: Settings) -> Callable[[date], Rows]:
    """Make and store what is found in a night, and say it."""

    def night_of(night: date) -> Rows:
        found = findings_of(warehouse, night, settings)
        with warehouse.transaction() as connection:
            for name, rows in found.items():
                replace_rows(connection, TABLES[name], rows, {"log_date": night})
            row = night_row(FEATURE_TABLES["events"], night, settings.training.window_days)
            replace_rows(connection, TABLES["report.nights"], row, {"log_date": night})
        return {name.split(".")[1]: rows.to_pylist() for name, rows in found.items()}

    return night_of


def test_an_attack_in_two_feature_tables_is_one_finding_with_its_evidence(
    put: Put, run: Callable[[date], Rows], settings: Settings
) -> None:
    store(put, FIRST, ports=300)
    rows = run(FIRST)
    (row,) = rows["suspicious_clusters"]
    assert (row["attack_pattern"], row["technique_id"], row["rank"], row["records"]) == (
        "vertical_scan",
        "T1046",
        1,
        300,
    )
    assert (row["feature_table"], set(row["feature_tables"])) == ("events", {"events", "source_ips"})
    assert row["reasons"][:2] == ["one source tries 300 ports of one target", (
        "256 or more distinct ports per source and hour, usually 1 to 7"
    )]  # fmt: skip
    facts = json.loads(row["evidence"])
    assert facts["top_sources"] == [[SCANNER, 300]]
    assert facts["unusual"][0]["contribution"] == 2.5
    assert [len(facts[name]) for name in ("exemplars", "boundary", "examples")] == [3, 3, 5]
    assert {(each["source_file"], each["raw_table"]) for each in facts["examples"]} == {
        ("edge.json", "security_events")
    }
    events = rows["suspicious_events"]
    assert len({each["event_id"] for each in events}) == len(events) == settings.thresholds.max_alerts_per_night
    assert {each["raw_table"] for each in events} == {"security_events"}
    assert json.loads(row["severity_parts"]).keys() == {"isolation", "novelty", "size", "agreement", "rules"}


def test_a_group_keeps_its_name_grows_goes_and_comes_back(
    put: Put, run: Callable[[date], Rows], warehouse: Warehouse
) -> None:
    for night, ports in ((FIRST, 200), (SECOND, 300), (THIRD, 0), (FOURTH, 290)):
        store(put, night, ports)
    history = [run(night)["finding_history"] for night in (FIRST, SECOND, THIRD, FOURTH)]
    assert [[(row["state"], row["rank"], row["nights"]) for row in rows] for rows in history] == [
        [("new", 1, 1)], [("growing", 1, 2)], [("gone", None, 0)], [("back", 1, 3)],
    ]  # fmt: skip
    assert len({row["finding_id"] for rows in history for row in rows}) == 1
    assert {row["first_night"] for rows in history for row in rows} == {FIRST}
    course = course_of(warehouse, FOURTH, 7)
    assert [(row["log_date"], row["state"]) for row in course] == [
        (FIRST, "new"), (SECOND, "growing"), (THIRD, "gone"), (FOURTH, "back"),
    ]  # fmt: skip
    assert [bool(row["explanation"]) for row in course] == [True, True, False, True]
    assert [row["log_date"] for row in course_of(warehouse, THIRD, 1)] == [SECOND, THIRD]
    assert course_of(warehouse, FIRST - timedelta(days=1), 7) == []


def test_a_night_that_is_run_again_takes_the_names_of_those_before_it(
    put: Put, run: Callable[[date], Rows], warehouse: Warehouse
) -> None:
    for night, ports in ((FIRST, 200), (SECOND, 300)):
        store(put, night, ports)
    (early,), (first,), (again,) = (run(night)["finding_history"] for night in (SECOND, FIRST, SECOND))
    assert (early["state"], again["state"]) == ("new", "growing")
    assert early["finding_id"] != first["finding_id"] == again["finding_id"]
    follows = {row["log_date"]: row["follows"] for row in warehouse.fetch(NIGHTS.unbound()).to_pylist()}
    assert follows[FIRST] == ""
    assert follows[SECOND].startswith(f"{FIRST}:")


def test_a_model_of_an_earlier_night_may_score_it(put: Put, run: Callable[[date], Rows], warehouse: Warehouse) -> None:
    store(put, FIRST, ports=300)
    found = run(FIRST)["suspicious_clusters"]
    with warehouse.connect() as connection:
        for table in ("fits", "components"):
            connection.execute(f"update models.{table} set log_date = log_date - 1")
    assert run(FIRST)["suspicious_clusters"] == found != []


def test_a_night_without_scores_has_nothing_to_say(run: Callable[[date], Rows]) -> None:
    assert run(FIRST) == {spec.table: [] for spec in FILLED}


@pytest.mark.parametrize(
    ("kind", "value", "side"), [("address", SCANNER, "source"), ("network", "10.0.0.0/24", "target")]
)
def test_what_people_suppress_is_kept_beside_the_report_with_its_name(
    put: Put, run: Callable[[date], Rows], kind: str, value: str, side: str
) -> None:
    store(put, FIRST, ports=0)
    store(put, SECOND, ports=40)
    (shown,) = run(SECOND)["suspicious_clusters"]
    entry = {"suppression_id": "s1", "kind": kind, "value": value, "side": side, "owner": "o", "reason": "r"}
    put("report.suppressions", [entry])
    found = run(SECOND)
    assert found["suspicious_clusters"] == found["suspicious_events"] == []
    (hidden,) = found["suppressed_clusters"]
    assert hidden.pop("suppression_ids") == ["s1"]
    assert hidden == shown
    assert [row["finding_id"] for row in found["finding_history"]] == [shown["finding_id"]]


def test_what_is_covered_is_hidden_though_another_group_is_about_the_same(
    put: Put, run: Callable[[date], Rows]
) -> None:
    store(put, FIRST, ports=0)
    store(put, SECOND, ports=40)
    elsewhere = [event(SECOND, f"more{port}", SCANNER, "10.0.0.2", port, "blocked") for port in range(5)]
    put("raw.security_events", elsewhere)
    entities(put, "event", "events", SECOND, {9: [row["event_id"] for row in elsewhere]}, cluster=0)
    (shown,) = run(SECOND)["suspicious_clusters"]
    assert set(shown["feature_tables"]) == {"events", "source_ips"}
    entry = {"kind": "address", "value": SERVER, "side": "target", "owner": "o", "reason": "r"}
    put("report.suppressions", [entry | {"suppression_id": "s1"}])
    found = run(SECOND)
    assert [row["feature_tables"] for row in found["suppressed_clusters"]] == [["events"]]
    # the scanner was elsewhere, too
    assert [row["feature_tables"] for row in found["suspicious_clusters"]] == [["source_ips"]]
