from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.config import Settings
from pipeline.features.nightly import catch_up, outdated
from pipeline.features.tables import EVENT_TABLE
from pipeline.warehouse.engine import Warehouse

NIGHT = date(2026, 1, 12)
Put = Callable[[str, list[dict[str, Any]]], None]


def logged(put: Put, day: date, revision: int = 1, events: int = 2) -> None:
    """Events of a day, as ingestion leaves them."""
    put("raw.nights", [{"log_date": day, "events": events, "revision": revision}])
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    put(
        "raw.security_events",
        [
            {"event_id": f"{day}-{n}", "timestamp": noon + timedelta(seconds=n), "log_date": day, "verdict": "allowed"}
            for n in range(events)
        ],
    )


def weights(warehouse: Warehouse) -> dict[date, int]:
    rows = warehouse.fetch(EVENT_TABLE.patterns.unbound()).to_pylist()
    return {day: sum(row["weight"] for row in rows if row["log_date"] == day) for day in {r["log_date"] for r in rows}}


def test_nights_of_the_window_that_were_never_run_are_built(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    days = [NIGHT - timedelta(days=back) for back in (8, 7, 1, 0)]
    for day in days:
        logged(put, day)
    assert catch_up(warehouse, EVENT_TABLE, NIGHT, settings) == days[1:3]
    assert weights(warehouse) == dict.fromkeys(days[1:3], 2)


def test_a_night_is_built_again_only_when_its_logs_have_changed(
    put: Put, warehouse: Warehouse, settings: Settings
) -> None:
    before = NIGHT - timedelta(days=1)
    logged(put, before)
    assert catch_up(warehouse, EVENT_TABLE, NIGHT, settings) == [before]
    assert catch_up(warehouse, EVENT_TABLE, NIGHT, settings) == []
    with warehouse.transaction() as connection:
        connection.execute("update raw.nights set revision = 2")
    assert outdated(warehouse, EVENT_TABLE, NIGHT, settings) == [before]


def test_a_night_that_lost_all_its_events_loses_its_patterns(
    put: Put, warehouse: Warehouse, settings: Settings
) -> None:
    logged(put, NIGHT - timedelta(days=1))
    catch_up(warehouse, EVENT_TABLE, NIGHT, settings)
    with warehouse.transaction() as connection:
        connection.execute("delete from raw.security_events")
        connection.execute("update raw.nights set revision = 2, events = 0")
    catch_up(warehouse, EVENT_TABLE, NIGHT, settings)
    assert weights(warehouse) == {}
    assert outdated(warehouse, EVENT_TABLE, NIGHT, settings) == []
