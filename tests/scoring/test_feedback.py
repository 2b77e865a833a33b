"""Which entities people judged: by address, network, user, port and finding, within the nights that are meant."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from night_helpers import put_into

from pipeline.config import Settings
from pipeline.features.tables import FEATURE_TABLES
from pipeline.people.entries import checked
from pipeline.scoring.feedback import judged
from pipeline.warehouse.engine import Warehouse

FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)
Judged = Callable[..., set[tuple[str, int, str]]]


def said(kind: str, value: str, verdict: str = "benign", **more: Any) -> dict[str, Any]:
    entry = checked(kind, value, more.pop("side", None))
    nights = {"first_night": FIRST, "last_night": None, "expires_at": None}
    return vars(entry) | {"verdict": verdict} | nights | more


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Two events of either night, the users and addresses of the first, and findings about users."""
    warehouse = Warehouse.of(Settings(home=tmp_path_factory.mktemp("home")))
    with warehouse.connect():
        put = put_into(warehouse)
        ends = [("10.0.0.1", "192.0.2.9", 22), ("192.0.2.9", "10.0.0.1", 443)]
        columns = ("source_ip", "dest_ip", "dest_port")
        put("raw.security_events", [
            {"event_id": f"{name}{night.day}", "log_date": night} | dict(zip(columns, end, strict=True))
            for night in (FIRST, SECOND)
            for name, end in zip("ab", ends, strict=True)
        ])  # fmt: skip
        users = [("ada", FIRST, 1), ("bob", FIRST, 2), ("ada", SECOND, 1)]
        put("features.users", [{"entity_id": user, "log_date": day, "pattern_id": at} for user, day, at in users])
        for table in ("source_ips", "destination_ips"):
            put(f"features.{table}", [{"entity_id": "10.0.0.1", "log_date": FIRST, "pattern_id": 1}])
        cluster = {"algorithm": "kmeans", "log_date": FIRST}
        for number, table in enumerate(("suspicious_clusters", "suppressed_clusters"), start=1):
            clusters = {"feature_tables": ["events", "users", "users"], "algorithms": ["kmeans", "kmeans", "dbscan"]}
            own = {"finding_id": f"f{number}", "log_date": FIRST, "cluster_ids": [9, number, -1]}
            put(f"report.{table}", [own | clusters])
            scored = cluster | {"pattern_id": number, "cluster_id": number}
            put("scores.user_patterns", [scored, scored | {"algorithm": "dbscan", "cluster_id": -1}])
        known = {"finding_id": "f3", "feature_table": "users", "patterns": [1]}
        put("report.finding_history", [
            known | {"log_date": FIRST, "state": "gone"}, known | {"log_date": SECOND, "state": "back"}
        ])  # fmt: skip
        yield warehouse


@pytest.fixture
def ask(warehouse: Warehouse) -> Judged:
    def answer(table: str, *rows: dict[str, Any]) -> set[tuple[str, int, str]]:
        found = warehouse.fetch(judged(FEATURE_TABLES[table], rows, FIRST, SECOND)).to_pylist()
        assert len({(row["entity_id"], row["log_date"]) for row in found}) == len(found)
        return {(row["entity_id"], row["log_date"].day, row["verdict"]) for row in found}

    return answer


def test_events_are_covered_by_addresses_networks_and_ports(ask: Judged) -> None:
    assert ask("events", said("address", "10.0.0.1")) == {("a5", 5, "benign"), ("a6", 6, "benign")}
    assert ask("events", said("network", "10.0.0.0/8", side="target")) == {("b5", 5, "benign"), ("b6", 6, "benign")}
    assert ask("events", said("port", "443", last_night=FIRST)) == {("b5", 5, "benign")}


def test_what_is_malicious_counts_where_judgements_contradict_each_other(ask: Judged) -> None:
    benign, malicious = said("network", "10.0.0.0/8"), said("port", "22", "malicious", first_night=SECOND)
    assert ask("events", benign, malicious) == {("a5", 5, "benign"), ("a6", 6, "malicious")}


def test_users_and_addresses_are_covered_by_themselves(ask: Judged) -> None:
    assert ask("users", said("user", "ada"), said("address", "10.0.0.1")) == {
        ("ada", 5, "benign"),
        ("ada", 6, "benign"),
    }
    assert ask("source_ips", said("network", "10.0.0.0/8")) == {("10.0.0.1", 5, "benign")}
    assert ask("destination_ips", said("address", "10.0.0.1")) == set()
    assert ask("destination_ips", said("address", "10.0.0.1", side="either")) == {("10.0.0.1", 5, "benign")}


@pytest.mark.parametrize(
    ("expires", "nights"),
    [(datetime(2026, 1, 6, tzinfo=UTC), {5}), (datetime(2026, 1, 6, 1, tzinfo=UTC), {5, 6}), (None, {5, 6})],
)
def test_a_judgement_expires_with_the_first_night_that_begins_after_it(
    ask: Judged, expires: datetime | None, nights: set[int]
) -> None:
    assert {night for _, night, _ in ask("events", said("port", "22", expires_at=expires))} == nights


@pytest.mark.parametrize(("finding", "user", "night"), [("f1", "ada", 5), ("f2", "bob", 5), ("f3", "ada", 6)])
def test_a_judged_finding_covers_the_entities_of_its_clusters_in_its_nights_and_no_other_noise(
    ask: Judged, finding: str, user: str, night: int
) -> None:
    assert ask("users", said("pattern", finding, "malicious")) == {(user, night, "malicious")}
    assert ask("source_ips", said("pattern", finding, "malicious")) == set()


def test_without_judgements_nothing_is_judged(ask: Judged) -> None:
    assert ask("events") == ask("connections") == set()
