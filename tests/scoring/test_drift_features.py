"""Drift of whole feature tables: patterns in, rows of report.drift out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Settings
from pipeline.config_drift import Drift
from pipeline.features.nightly import catch_up
from pipeline.features.tables import CONNECTION_TABLE, EVENT_TABLE
from pipeline.ingest.run import ingest
from pipeline.models.columns import FeatureColumns
from pipeline.samples import generate, planted
from pipeline.scoring.drift_counts import bin_counts
from pipeline.scoring.drift_features import feature_drift
from pipeline.warehouse.engine import Warehouse

FIRST = date(2026, 1, 5)
USUAL = {
    "watch": 9, "is_weekend": False, "is_business_hours": True, "source_ip_is_private": True,
    "dest_ip_is_private": False, "is_web_port": True, "is_mail_port": False, "is_database_port": False,
    "port_missing": False, "bytes_missing": False, "large_transfer": False, "protocol": "tcp", "verdict": "allowed",
}  # fmt: skip
Put = Callable[[str, list[dict[str, Any]]], None]


def drawn_night(day: int, rows: int, shares: np.ndarray) -> list[dict[str, Any]]:
    """Patterns of a night of so many events, which fall on sizes and countries by their shares."""
    weights = np.random.default_rng([day, rows]).multinomial(rows, shares)
    return [
        USUAL
        | {
            "log_date": FIRST + timedelta(days=day), "pattern_id": number, "weight": int(weight), "revision": 1,
            "bytes_log": None if number % 11 == 0 else float(number % 9), "country": f"c{number % 13}",
        }
        for number, weight in enumerate(weights)
        if weight
    ]  # fmt: skip


def drifted(warehouse: Warehouse, night: date, table: Any = EVENT_TABLE, window: int = 7) -> list[dict[str, Any]]:
    counts = bin_counts(warehouse, table, night - timedelta(days=window), night)
    return list(feature_drift(counts, table.columns, night, Drift()))


def alarms(rows: list[dict[str, Any]]) -> set[str]:
    return {row["change"] for row in rows if row["level"] != "none"}


def test_thirty_nights_from_a_thousand_to_a_million_rows_give_at_most_one_alarm(warehouse: Warehouse, put: Put) -> None:
    shares = np.random.default_rng(5).dirichlet(np.full(60, 0.5))
    nights = [drawn_night(day, 10 ** (3 + day % 4), shares) for day in range(31)]
    put("features.event_patterns", [row for night in nights for row in night])
    few = replace(EVENT_TABLE, columns=FeatureColumns(numeric=("bytes_log",), categorical=("country",)))
    with warehouse.connect():
        found = [alarms(drifted(warehouse, FIRST + timedelta(days=day), few)) for day in range(1, 31)]
    assert sum(map(bool, found)) <= 1


@pytest.fixture
def shifted(put: Put) -> Put:
    """Three equal nights, and one in which larger transfers from a new country have a third of the rows."""

    def fill(table: str, extra: list[dict[str, Any]]) -> None:
        shares = np.full(30, 1 / 30)
        rows = [row for day in range(4) for row in drawn_night(day, 2_000, shares)]
        new = USUAL | {"log_date": FIRST + timedelta(days=3), "pattern_id": 99, "weight": 1_000, "revision": 1}
        put(table, [*rows, new | {"bytes_log": 14.0, "country": "elsewhere", "is_web_port": False}, *extra])

    return fill


def test_what_has_changed_is_named_with_both_shares(warehouse: Warehouse, shifted: Put) -> None:
    shifted("features.event_patterns", [])
    said = alarms(drifted(warehouse, FIRST + timedelta(days=3)))
    assert said == {
        "bytes_log is 14, above the baseline, in 33.3% of the rows, usually in 0.0%",
        "country is 'elsewhere' in 33.3% of the rows, usually in 0.0%",
        "is_web_port is false in 33.3% of the rows, usually in 0.0%",
    }
    assert alarms(drifted(warehouse, FIRST + timedelta(days=2))) == set()


def test_neither_splitting_patterns_nor_the_order_of_rows_changes_anything(
    warehouse: Warehouse, shifted: Put, put: Put
) -> None:
    shifted("features.event_patterns", [])
    night = FIRST + timedelta(days=3)
    whole = drifted(warehouse, night)
    with warehouse.transaction() as connection:
        rows = connection.execute("from features.event_patterns where weight > 1").to_arrow_table().to_pylist()
        connection.execute("delete from features.event_patterns where weight > 1")
    half = [row | {"weight": row["weight"] // 2, "pattern_id": row["pattern_id"] + 100} for row in rows]
    rest = [row | {"weight": row["weight"] - row["weight"] // 2} for row in rows]
    put("features.event_patterns", [*half[::-1], *rest[::-1]])
    assert drifted(warehouse, night) == whole


def test_a_night_without_a_value_of_a_feature_says_nothing_of_it(warehouse: Warehouse, put: Put) -> None:
    nights = [[row | {"bytes_log": None} for row in drawn_night(0, 500, np.full(30, 1 / 30))]]
    nights += [drawn_night(day, 500, np.full(30, 1 / 30)) for day in (1, 2)]
    put("features.event_patterns", [row for night in nights for row in night])
    second, third = (
        {row["name"]: row["nights"] for row in drifted(warehouse, FIRST + timedelta(days=day))} for day in (1, 2)
    )
    assert "bytes_log" not in second
    assert second["country"] == 1
    assert third["bytes_log"] == 1
    assert third["country"] == 2


@pytest.mark.parametrize("day", [0, 5])
def test_a_night_without_baseline_or_without_rows_has_no_drift(warehouse: Warehouse, put: Put, day: int) -> None:
    put("features.event_patterns", drawn_night(0, 500, np.full(30, 1 / 30)))
    assert drifted(warehouse, FIRST + timedelta(days=day)) == []


def test_bins_hold_a_twentieth_of_the_baseline_and_values_beyond_it_have_their_own(
    warehouse: Warehouse, put: Put
) -> None:
    day = {"log_date": FIRST, "revision": 1, "weight": 10, "country": "c"}
    rows = [USUAL | day | {"pattern_id": number, "bytes_log": float(number)} for number in range(100)]
    later = {"log_date": FIRST + timedelta(days=1), "weight": 1}
    beyond = (-1.0, 50.5, 200.0, None)
    rows += [row | later | {"bytes_log": value} for row, value in zip(rows, beyond, strict=False)]
    put("features.event_patterns", rows)
    counts = bin_counts(warehouse, EVENT_TABLE, FIRST, FIRST + timedelta(days=1))
    own = counts[counts["feature"] == "bytes_log"].set_index(["log_date", "bin"])["rows"]
    assert own.loc[pd.Timestamp(FIRST).date()].to_dict() == dict.fromkeys(range(20), 50)
    assert own.loc[FIRST + timedelta(days=1)].to_dict() == {-2: 1, -1: 1, 10: 1, 20: 1}


@pytest.fixture
def sample_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Monday to Thursday of the sample without its attacks; a new application begins on Tuesday."""
    benign = lambda night: [thing for thing in planted.planted_in(night) if thing.kind == planted.BENIGN]  # noqa: E731
    monkeypatch.setattr(generate, "planted_in", benign)
    landing = tmp_path / "zeek"
    generate.write_samples(
        tmp_path / "firewall", tmp_path / "truth.csv", nights=4, events_per_night=3_000, sensors={"zeek": landing}
    )
    source = {"name": "zeek", "format": "zeek", "path": f"{landing}/*.log"}
    settings = Settings(home=tmp_path / "home", folder=tmp_path, sources=[source], training={"window_days": 1})
    warehouse = Warehouse.of(settings)
    ingest(settings, warehouse)
    for day in range(1, 5):
        catch_up(warehouse, CONNECTION_TABLE, FIRST + timedelta(days=day), settings)
    return warehouse


def test_a_new_application_is_drift_on_its_first_night_and_none_once_the_window_knows_it(
    sample_week: Warehouse,
) -> None:
    tuesday, wednesday, thursday = (
        alarms(drifted(sample_week, FIRST + timedelta(days=day), CONNECTION_TABLE, window=1)) for day in (1, 2, 3)
    )
    assert any(change.startswith("target_sources_log2 is ") for change in tuesday)
    assert wednesday == thursday == set()
