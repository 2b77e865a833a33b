from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipeline.config import Settings, Site
from pipeline.features.nightly import feature_rows
from pipeline.features.patterns import add_up, collapse
from pipeline.features.tables import EVENT_TABLE
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.base import of_night

NIGHT = date(2026, 1, 5)  # a Monday
START = datetime(2026, 1, 5, tzinfo=UTC)
Put = Callable[[str, list[dict[str, Any]]], None]


def event(number: int, **values: Any) -> dict[str, Any]:
    row = {
        "event_id": f"e{number:04}",
        "timestamp": START + timedelta(hours=10, seconds=number),
        "source_ip": "10.0.0.1",
        "source_port": 40_000,
        "dest_ip": "203.0.113.7",
        "dest_port": 443,
        "action": "accept",
        "protocol": "tcp",
        "bytes": 500,
        "country": None,
        "log_date": NIGHT,
        "source_file": "f",
        "source": "edge",
        "verdict": "allowed",
        "file_id": "f",
        "line_number": number + 1,
    }
    return row | values


@pytest.fixture
def features(put: Put, warehouse: Warehouse) -> Callable[..., pd.DataFrame]:
    def build(*events: dict[str, Any], site: Site | None = None) -> pd.DataFrame:
        put("raw.security_events", list(events))
        rows = EVENT_TABLE.build(of_night(EVENT_TABLE.raw, NIGHT), site or Site())
        return warehouse.fetch(rows).to_pandas().set_index("entity_id").sort_index()

    return build


def test_every_event_has_one_row_that_fits_the_schema(
    features: Callable[..., pd.DataFrame], put: Put, warehouse: Warehouse
) -> None:
    bare = dict.fromkeys(("source_ip", "source_port", "dest_ip", "dest_port", "protocol", "bytes", "action"))
    built = features(event(0), event(1, **bare, verdict="other"), event(2, source_ip="2001:db8::1"))
    assert list(built.index) == ["e0000", "e0001", "e0002"]
    put("raw.nights", [{"log_date": NIGHT, "events": 3, "revision": 1}])
    with warehouse.transaction() as connection:
        rows = feature_rows(of_night(EVENT_TABLE.raw, NIGHT), EVENT_TABLE, Settings())
        assert replace_rows(connection, EVENT_TABLE.entities, rows, {"log_date": NIGHT}) == 3


def test_ports_and_addresses(features: Callable[..., pd.DataFrame]) -> None:
    built = features(
        event(0, dest_port=8443, source_ip="172.20.1.1"),
        event(1, dest_port=993, source_ip="172.40.1.1"),
        event(2, dest_port=5432, dest_ip="fe80::1"),
        event(3, dest_port=None, protocol="gre"),
    )
    assert built["is_web_port"].tolist() == [True, False, False, False]
    assert built["is_mail_port"].tolist() == [False, True, False, False]
    assert built["is_database_port"].tolist() == [False, False, True, False]
    assert built["port_missing"].tolist() == [False, False, False, True]
    assert built["source_ip_is_private"].tolist() == [True, False, True, True]
    assert built["dest_ip_is_private"].tolist()[2] is True


def test_a_missing_size_is_not_zero_bytes(features: Callable[..., pd.DataFrame]) -> None:
    built = features(event(0, bytes=None), event(1, bytes=0), event(2, bytes=1_000_001))
    assert pd.isna(built["bytes_log"].iloc[0])
    assert built["bytes_log"].tolist()[1:] == [0.0, 14.0]
    assert built["bytes_missing"].tolist() == [True, False, False]
    assert built["large_transfer"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("zone", "hour", "weekday", "business"),
    [("UTC", 17, 0, True), ("Europe/Berlin", 18, 0, False), ("Asia/Tokyo", 2, 1, False)],
)
def test_the_clock_is_the_sites(
    features: Callable[..., pd.DataFrame], zone: str, hour: int, weekday: int, business: bool
) -> None:
    row = features(event(0, timestamp=START + timedelta(hours=17, minutes=59)), site=Site(timezone=zone)).iloc[0]
    assert (row["hour_of_day"], row["day_of_week"], row["is_business_hours"]) == (hour, weekday, business)
    assert row["watch"] == hour // 3 * 3


def test_late_evening_and_early_morning_are_neighbours(features: Callable[..., pd.DataFrame]) -> None:
    built = features(
        event(0, timestamp=START + timedelta(hours=23)),
        event(1, timestamp=START + timedelta(hours=1)),
        event(2, timestamp=START + timedelta(hours=12)),
    )
    points = built[["hour_sin", "hour_cos"]].to_numpy()
    near, far = ((points[0] - points[other]) ** 2 for other in (1, 2))
    assert near.sum() < far.sum()


def test_a_packet_that_two_rules_log_counts_once(features: Callable[..., pd.DataFrame]) -> None:
    packets = [event(number, timestamp=START + timedelta(minutes=number)) for number in range(8)]
    noted = [packet | {"event_id": packet["event_id"] + "n", "verdict": "other"} for packet in packets]
    built = features(*packets, *noted)
    assert built["source_events_log2"].unique().tolist() == [2.0]


def test_what_the_source_and_the_target_do_in_that_hour(features: Callable[..., pd.DataFrame]) -> None:
    scan = [event(number, dest_port=1000 + number, timestamp=START + timedelta(seconds=number)) for number in range(64)]
    flood = [
        event(100 + number, source_ip=f"198.51.100.{number}", dest_port=80, timestamp=START + timedelta(hours=5))
        for number in range(17)
    ]
    built = features(*scan, *flood)
    scanning, flooded = built.loc["e0000"], built.loc["e0100"]
    assert (scanning["source_events_log2"], scanning["source_ports_log2"], scanning["source_targets_log2"]) == (6, 6, 0)
    assert (flooded["target_sources_log2"], flooded["target_events_log2"], flooded["source_events_log2"]) == (4, 4, 0)


def test_patterns_keep_the_weight_and_add_up_over_nights(
    features: Callable[..., pd.DataFrame], put: Put, warehouse: Warehouse
) -> None:
    alike = [event(number, timestamp=START + timedelta(hours=9, minutes=number)) for number in range(3)]
    built = features(*alike, event(9, dest_port=22))
    assert built["pattern_id"].nunique() == 2
    tomorrow = [
        row
        | {
            "event_id": row["event_id"] + "t",
            "log_date": date(2026, 1, 6),
            "timestamp": row["timestamp"] + timedelta(days=1),
        }
        for row in alike
    ]
    put("raw.security_events", tomorrow)
    put("raw.nights", [{"log_date": day, "events": 3, "revision": 2} for day in (NIGHT, date(2026, 1, 6))])
    with warehouse.transaction() as connection:
        rows = feature_rows(EVENT_TABLE.raw.unbound(), EVENT_TABLE, Settings())
        replace_rows(connection, EVENT_TABLE.entities, rows, {})
        replace_rows(connection, EVENT_TABLE.patterns, collapse(EVENT_TABLE.entities.unbound(), EVENT_TABLE), {})
    nights = warehouse.fetch(EVENT_TABLE.patterns.unbound()).to_pandas()
    assert sorted(nights["weight"]) == [1, 3, 3]
    assert sorted(warehouse.fetch(add_up(EVENT_TABLE.patterns.unbound(), EVENT_TABLE))["weight"].to_pylist()) == [1, 6]
