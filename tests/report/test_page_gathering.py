"""What a page asks the warehouse, and what it makes of the answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from page_helpers import a_table

from pipeline.config import Settings, Thresholds, Training
from pipeline.features.tables import FEATURE_TABLES, USER_TABLE
from pipeline.models.base import Occasion
from pipeline.models.rows import to_rows
from pipeline.models.training import fit
from pipeline.report.page import questions
from pipeline.report.page.densities import density
from pipeline.report.page.gathering import all_nights, gather, trend
from pipeline.report.page.health import health
from pipeline.report.page.profiles import cluster_means
from pipeline.report.page.questions import ask
from pipeline.report.page.sample import represented
from pipeline.report.page.table_night import finding_ranks
from pipeline.report.page.topics import MOST_ROWS, topic, topics
from pipeline.scoring.night import score_patterns
from pipeline.warehouse.engine import Warehouse
from schemas.registry import TABLES

Put = Callable[[str, list[dict[str, Any]]], None]
NIGHT = date(2026, 1, 12)
EVENTS, CONNECTIONS, SOURCE_IPS = (FEATURE_TABLES[name] for name in ("events", "connections", "source_ips"))


@pytest.fixture(scope="module")
def own_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("page") / "warehouse.duckdb")


@pytest.fixture
def warehouse(own_warehouse: Warehouse) -> Iterator[Warehouse]:
    """One for all tests here, since making its tables costs more than they do; open while a test runs."""
    with own_warehouse.connect():
        yield own_warehouse


@pytest.fixture
def put(warehouse: Warehouse) -> Iterator[Put]:
    """Insert rows that are gone after the test; columns that a row does not name are null."""
    filled = []

    def insert(table: str, rows: list[dict[str, Any]]) -> None:
        incoming = pa.Table.from_pylist(rows, schema=TABLES[table].arrow_schema())
        filled.append(table)
        with warehouse.connect() as connection:
            connection.register("incoming", incoming)
            connection.execute(f"insert into {table} by name from incoming")

    yield insert
    with warehouse.connect() as connection:
        for table in filled:
            connection.execute(f"delete from {table}")


def user(number: int, attempts: float, minutes: float | None) -> dict[str, Any]:
    return {
        "entity_id": f"user{number:02}", "log_date": NIGHT, "pattern_id": 1_000 * number, "weight": 1, "revision": 1,
        "attempts_per_hour": attempts, "attempts_per_hour_log2": float(np.log2(attempts)), "session_minutes": minutes,
        "session_minutes_log2": None if minutes is None else float(np.log2(1 + minutes)), "failure_share": 0.0,
        "failures_before_success_log2": 0.0, "hosts_log2": float(number % 2), "sources_log2": 0.0,
        "first_seen_sources_log2": None, "off_hours_share": 0.0, "interval_dispersion": None, "is_first_seen": None,
    }  # fmt: skip


@pytest.fixture
def scored_users(put: Put) -> list[dict[str, Any]]:
    """Twenty users of habit and one who tries passwords, scored by k-means of the night itself."""
    rows = [user(number, 1.0 + number % 3, 30.0 + 10 * (number % 4)) for number in range(20)] + [user(20, 256.0, None)]
    put("features.users", [{name: row[name] for name in USER_TABLE.entities.schema() if name in row} for row in rows])
    patterns = [{name: row[name] for name in USER_TABLE.patterns.schema()} for row in rows]
    put("features.user_patterns", patterns)
    occasion = Occasion("users", NIGHT, NIGHT, NIGHT, bootstrap=True, baseline="")
    frame = pd.DataFrame(patterns)
    model = fit("kmeans", frame.head(20), USER_TABLE.columns, occasion, Training())
    scores = score_patterns(model, frame, NIGHT, Thresholds(), USER_TABLE.pattern_scores.arrow_schema())
    for name, table in [*to_rows(model).items(), (USER_TABLE.pattern_scores.name, scores)]:
        put(name, table.to_pylist())
    put("report.nights", [{"log_date": NIGHT, "revision": 1, "events": 0, "patterns": 0, "findings": 1, "alerts": 0}])
    return scores.to_pylist()


def finding(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of the finding that the last user's cluster became."""
    cluster = rows[-1]["cluster_id"]  # noise
    return {
        "finding_id": "f", "log_date": NIGHT, "rank": 1, "severity_level": "high", "feature_table": "users",
        "feature_tables": ["users"], "algorithms": ["kmeans"], "cluster_ids": [cluster],
        "explanation": "who tries passwords",
    }  # fmt: skip


def test_a_page_gathers_what_the_tables_say_of_a_night(
    warehouse: Warehouse, settings: Settings, put: Put, scored_users: list[dict[str, Any]]
) -> None:
    put("report.suspicious_clusters", [finding(scored_users)])
    lasting = {"log_date": NIGHT, "finding_id": "f", "state": "new", "rank": 1, "patterns": [20_000]}
    put("report.finding_history", [lasting])
    page = gather(warehouse, settings, NIGHT, all_nights(warehouse))
    (table,) = page.tables
    flagged = sum(row["status"] == "anomaly" for row in scored_users)
    assert [(row["state"], row["explanation"]) for row in page.history] == [("new", "who tries passwords")]
    assert (table.name, table.counts) == ("users", {"entities": 21, "patterns": 21, "anomalies": flagged})
    assert list(table.marks.entities) == [f"user{number:02}" for number in range(21)]
    assert table.marks.places["attempts"][20] == 256
    assert np.isnan(table.marks.places["minutes"][20])
    found = {row["cluster_id"]: row["finding"] for row in table.clusters["kmeans"]}
    # the last user is noise, of which only a part belongs to a finding
    assert found == dict.fromkeys([-1, 0, 1, 2])
    assert list(table.marks.finding) == [*[None] * 20, 1]
    assert list(table.findings) == [1]
    assert len(table.centers["kmeans"]) == len({row["cluster_id"] for row in scored_users}) - 1
    assert sum(table.densities["kmeans"].night) == pytest.approx(1)
    assert table.densities["kmeans"].beyond == pytest.approx(flagged / 21)
    assert (page.summary["bootstrap"], page.summary["findings"], page.summary["budget"]) == (True, 1, 200)


def test_a_model_of_the_first_night_that_serves_a_later_one_is_a_baseline(
    warehouse: Warehouse, settings: Settings, put: Put, scored_users: list[dict[str, Any]]
) -> None:
    later = NIGHT + timedelta(days=1)
    put(USER_TABLE.pattern_scores.name, [row | {"log_date": later} for row in scored_users])
    found = {night: gather(warehouse, settings, night, all_nights(warehouse)).summary for night in (NIGHT, later)}
    assert [found[night]["bootstrap"] for night in (NIGHT, later)] == [True, False]
    assert found[later]["baseline_to"] == NIGHT


def test_a_night_without_scores_has_no_tables(warehouse: Warehouse, settings: Settings) -> None:
    page = gather(warehouse, settings, NIGHT, all_nights(warehouse))
    assert (page.tables, page.topics, page.history, len(page.findings), len(page.trend)) == ([], [], [], 0, 0)
    assert page.summary["baseline_from"] is None


def score(table: str, pattern: int, cluster: int = 0, **values: Any) -> dict[str, Any]:
    return {
        "log_date": NIGHT, "algorithm": "kmeans", "pattern_id": pattern, "cluster_id": cluster, "weight": 10,
        "status": "normal", "score": 0.1, "is_new": False,
    } | values  # fmt: skip


def test_the_patterns_that_stand_for_all_are_few_and_chosen_by_score_weight_and_id(
    warehouse: Warehouse, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_SUSPICIOUS", 2)
    monkeypatch.setattr(questions, "HEAVIEST", 1)
    monkeypatch.setattr(questions, "DRAWN", 3)
    monkeypatch.setattr(questions, "MARKS", (1, 1, 1))
    special = {7: {"status": "anomaly", "score": 0.2}, 8: {"score": 0.9}, 9: {"weight": 500}}
    put("scores.event_patterns", [score("event", number, **special.get(number, {})) for number in range(1, 11)])
    put("features.event_patterns", [{"log_date": NIGHT, "pattern_id": n, "watch": n} for n in range(1, 11)])
    rows = questions.night_patterns(warehouse, EVENTS, NIGHT).to_pylist()
    assert [row["pattern_id"] for row in rows] == [1, 2, 3, 7, 8, 9]
    assert [row["pattern_id"] for row in rows if row["kept"]] == [7, 8, 9]
    assert [row["pattern_id"] for row in rows if row["drawn"]] == [1, 7, 9]
    assert {(row["entities"], row["patterns"], row["anomalies"]) for row in rows} == {(590, 10, 10)}


def test_the_heaviest_pattern_of_each_finding_stands_for_itself_and_is_drawn(
    warehouse: Warehouse, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MOST_SUSPICIOUS", "HEAVIEST", "DRAWN"):
        monkeypatch.setattr(questions, limit, 0)
    monkeypatch.setattr(questions, "MARKS", (0, 0, 0))
    put("scores.event_patterns", [score("event", number, weight=number) for number in range(1, 11)])
    put("features.event_patterns", [{"log_date": NIGHT, "pattern_id": n, "watch": n} for n in range(1, 11)])
    found = [("a", 1, "events", [2, 4]), ("b", 2, "events", [4, 9]), ("c", 3, "users", [7]), ("d", None, "", [8])]
    keys = [{"log_date": NIGHT, "finding_id": name} for name, *_ in found]
    put("report.finding_history", [key | {"patterns": one[3]} for key, one in zip(keys, found, strict=True)])
    shown = [key | {"rank": one[1], "feature_table": one[2]} for key, one in zip(keys, found, strict=True) if one[1]]
    put("report.suspicious_clusters", shown)
    rows = questions.night_patterns(warehouse, EVENTS, NIGHT).to_pylist()
    # a pattern of two findings is told of the first; another table has other patterns, and one finding is not shown
    assert [(row["pattern_id"], row["finding"], row["kept"], row["drawn"]) for row in rows] == [
        (4, 1, True, True),
        (9, 2, True, True),
    ]


def test_drawn_patterns_stand_for_those_that_were_left_out() -> None:
    weight, kept = np.array([5.0, 1.0, 3.0]), np.array([True, False, False])
    np.testing.assert_allclose(represented(weight, kept, 25.0), [5.0, 5.0, 15.0])
    np.testing.assert_allclose(represented(weight, np.array([True] * 3), 9.0), weight)


def test_hours_are_counted_by_cluster(warehouse: Warehouse, put: Put) -> None:
    put("scores.connection_patterns", [score("connection", 1, 4), score("connection", 2, -1)])
    hours = [(1, 3), (1, 3), (1, 5), (2, 3)]
    put("features.connections", [{"log_date": NIGHT, "pattern_id": one, "hour_of_day": hour} for one, hour in hours])
    found = ask(warehouse, CONNECTIONS, questions.HOURS, night=NIGHT).to_pylist()
    assert [(row["cluster_id"], row["hour"], row["entities"]) for row in found] == [(-1, 3, 1), (4, 3, 2), (4, 5, 1)]


def test_octets_are_counted_with_their_anomalies(warehouse: Warehouse, put: Put) -> None:
    put("scores.source_ip_patterns", [score("source_ip", 1, status="anomaly"), score("source_ip", 2)])
    octets = [(1, (10, 0, 0, 9)), (2, (10, 0, 0, 7)), (2, (None,) * 4)]
    rows = [dict(zip(("octet_1", "octet_2", "octet_3", "octet_4"), values, strict=True)) for _, values in octets]
    put("features.source_ips", [row | {"log_date": NIGHT, "pattern_id": octets[n][0]} for n, row in enumerate(rows)])
    found = ask(warehouse, SOURCE_IPS, questions.OCTETS, night=NIGHT).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        (1, 10, 2, 1),
        (2, 0, 2, 1),
        (3, 0, 2, 1),
        (4, 7, 1, 0),
        (4, 9, 1, 1),
    ]


def test_finding_ranks_are_those_of_a_feature_table_and_of_the_first_finding() -> None:
    findings = pd.DataFrame(
        {
            "rank": [1, 2, 3],
            "feature_tables": [["events", "users", "events"], ["events"], ["users"]],
            "algorithms": [["dbscan", "kmeans", "kmeans"], ["kmeans"], ["kmeans"]],
            "cluster_ids": [[1_000_000, -1, 3], [3], [7]],
        }
    )
    assert finding_ranks(findings, "events") == {("dbscan", 1_000_000): 1, ("kmeans", 3): 1}
    assert finding_ranks(findings, "users") == {("kmeans", 7): 3}
    assert finding_ranks(findings.head(0), "users") == {}


def test_means_are_of_what_is_known() -> None:
    values = np.array([[1.0, 2.0], [3.0, 9.0], [5.0, 9.0]])
    known = np.array([[True, True], [True, False], [True, False]])
    means = cluster_means(values, known, np.array([1.0, 3.0, 1.0]), np.array([0, 0, 1]), [0, 1])
    np.testing.assert_allclose(means, [[2.5, 2.0], [5.0, np.nan]])


def test_a_density_ends_where_the_last_bin_takes_the_rest() -> None:
    (judged, *_) = a_table(number=50).scored.values()
    far = replace(judged, distance=np.linspace(0, 1_000, 50))
    found = density(far, np.ones(50), np.linspace(0, 10, 1_001))
    assert found.edges[-1] == pytest.approx(19.8)
    assert found.night[-1] > 0.9
    assert found.limit == pytest.approx(9.5)


def test_nights_know_their_findings_by_level_and_the_first_of_them(warehouse: Warehouse, put: Put) -> None:
    days = [NIGHT - timedelta(days=back) for back in range(20)]
    put("report.nights", [{"log_date": day, "findings": 2, "events": 9} for day in days])
    put(
        "report.suspicious_clusters",
        [
            {"log_date": NIGHT, "rank": 1, "severity_level": "high", "explanation": "a scan"},
            {"log_date": NIGHT, "rank": 2, "severity_level": "high", "explanation": "a flood"},
            {"log_date": NIGHT, "rank": 3, "severity_level": "low", "explanation": "a guess"},
        ],
    )
    nights = all_nights(warehouse)
    assert nights["log_date"].tolist() == days
    assert nights.loc[0, ["explanation", "low", "high", "critical"]].tolist() == ["a scan", 1, 2, 0]
    assert trend(nights, days[2])["log_date"].tolist() == days[2:16][::-1]


def test_health_tells_what_does_not_hold_first(warehouse: Warehouse, put: Put) -> None:
    moment = datetime(2026, 1, 12, 3, tzinfo=UTC)
    files = [("good", 90, 10, None), ("bad", 0, 5, None), ("cut", 50, 0, "ends within a record")]
    put(
        "raw.files",
        [
            {"file_id": name, "path": f"/logs/{name}", "lines": known + rejected, "accepted": known, "duplicates": 0,
             "rejected": rejected, "reason": reason, "ingested_at": moment}
            for name, known, rejected, reason in files
        ],
    )  # fmt: skip
    put("raw.security_events", [{"log_date": NIGHT, "file_id": name} for name in ("good", "cut")])
    nights = pd.DataFrame({"log_date": [NIGHT, NIGHT - timedelta(days=1)], "events": [50, 40]})
    found = health(warehouse, NIGHT, {"events": 50}, [a_table("events")], nights, 7)
    assert [verdict.holds for verdict in found] == [False, False, True, True, True]
    assert "10 of 150 lines rejected (6.7%)" in [verdict.sentence for verdict in found]
    assert found[1].sentence == (
        "2 files were not read to their end: /logs/bad: every line was rejected; /logs/cut: ends within a record"
    )
    assert "50 events, usually 40" in [verdict.sentence for verdict in found]


def drift(name: str, level: str, amount: float) -> dict[str, Any]:
    return {
        "log_date": NIGHT, "feature_table": "users", "kind": "feature", "name": name, "measure": "psi",
        "value": amount + 0.1, "usual": 0.1, "drift": amount, "level": level, "rows": 9, "nights": 3, "change": "more",
    }  # fmt: skip


def test_evaluation_and_drift_are_shown_where_they_have_rows(warehouse: Warehouse, put: Put) -> None:
    assert topics(warehouse, NIGHT) == []
    put("report.drift", [drift("hours", "none", 0.3), drift("bytes", "warning", 0.2), drift("ports", "error", 0.1)])
    put(
        "report.evaluation",
        [{"log_date": NIGHT, "feature_table": "users", "algorithm": "kmeans", "is_reference": False, "agreement": 0.5}],
    )
    evaluation, drifted = topics(warehouse, NIGHT)
    assert (evaluation.key, evaluation.title) == ("evaluation-1", "Evaluation: Without labels")
    assert evaluation.rows[0][:2] == ("users", "kmeans")
    assert (drifted.key, drifted.more) == ("drift", 0)
    assert [row[1] for row in drifted.rows] == ["ports", "bytes", "hours"]


def test_long_tables_are_cut_and_say_so() -> None:
    cut = topic("drift", "Drift", "", ["n"], [(n,) for n in range(100)])
    assert (len(cut.rows), cut.more) == (MOST_ROWS, 40)
