from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline.config import Settings
from pipeline.features.nightly import catch_up, outdated
from pipeline.features.tables import EVENT_TABLE, SOURCE_IP_TABLE, USER_TABLE
from pipeline.warehouse.engine import Warehouse
from schemas.features import EMPTY_NIGHTS

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


def test_a_window_may_be_one_night(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    one = settings.model_copy(update={"training": settings.training.model_copy(update={"window_days": 1})})
    days = [NIGHT - timedelta(days=back) for back in (2, 1, 0)]
    for day in days:
        logged(put, day)
    assert catch_up(warehouse, EVENT_TABLE, NIGHT, one) == [days[1]]
    assert outdated(warehouse, EVENT_TABLE, NIGHT, settings) == [days[0]]


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


def logged_in(put: Put, day: date, user: str | None, revision: int = 1) -> None:
    """A login of a day, as ingestion leaves it."""
    put("raw.nights", [{"log_date": day, "events": 0, "connections": 0, "logins": 1, "revision": revision}])
    login(put, day, user)


def login(put: Put, day: date, user: str | None) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    put("raw.logins", [{"login_id": f"{day}{user}", "timestamp": noon, "log_date": day, "user": user}])


def test_what_looks_back_is_built_again_when_an_earlier_night_comes_late(
    put: Put, warehouse: Warehouse, settings: Settings
) -> None:
    early, late = NIGHT - timedelta(days=2), NIGHT - timedelta(days=1)
    logged_in(put, late, "ada")
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [late]
    assert is_first_seen(warehouse) == {late: None}
    logged_in(put, early, "ada")
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [early, late]
    assert is_first_seen(warehouse) == {early: None, late: False}
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == []


def test_the_window_bounds_how_far_it_looks_back(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    for back, user in ((9, "ada"), (2, "bob"), (1, "ada")):
        logged_in(put, NIGHT - timedelta(days=back), user)
    catch_up(warehouse, USER_TABLE, NIGHT, settings)
    assert is_first_seen(warehouse)[NIGHT - timedelta(days=1)] is True
    with warehouse.transaction() as connection:
        connection.execute("update raw.nights set revision = 2 where log_date = $day", {"day": date(2026, 1, 3)})
    assert outdated(warehouse, USER_TABLE, NIGHT, settings) == [NIGHT - timedelta(days=2)]


def is_first_seen(warehouse: Warehouse) -> dict[date, bool | None]:
    return {row["log_date"]: row["is_first_seen"] for row in warehouse.fetch(USER_TABLE.entities.unbound()).to_pylist()}


def test_patterns_of_the_other_mode_are_built_again(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    before = NIGHT - timedelta(days=1)
    logged(put, before)
    with warehouse.transaction() as connection:
        connection.execute("update raw.security_events set source_ip = '10.0.0.1'")
        connection.execute("update raw.nights set connections = 0, logins = 0")
    for mode in (settings, settings.compatible(), settings):
        assert catch_up(warehouse, SOURCE_IP_TABLE, NIGHT, mode) == [before]
        assert catch_up(warehouse, SOURCE_IP_TABLE, NIGHT, mode) == []


def revise(warehouse: Warehouse, day: date, revision: int) -> None:
    """Have the logs of a day changed."""
    with warehouse.transaction() as connection:
        connection.execute(
            "update raw.nights set revision = $revision where log_date = $day", {"revision": revision, "day": day}
        )


def noted(warehouse: Warehouse) -> list[tuple[str, date, int]]:
    """What is known to have come to no entities: feature table, night, revision."""
    rows = warehouse.fetch(EMPTY_NIGHTS.unbound()).to_pylist()
    return sorted((row["feature_table"], row["log_date"], row["revision"]) for row in rows)


def test_a_night_whose_logs_give_no_entities_is_built_once_and_noted(
    put: Put, warehouse: Warehouse, settings: Settings
) -> None:
    before = NIGHT - timedelta(days=1)
    logged_in(put, before, None, revision=3)
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [before]
    assert noted(warehouse) == [("users", before, 3)]
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == []


def test_a_night_without_entities_is_built_again_when_its_logs_have_changed(
    put: Put, warehouse: Warehouse, settings: Settings
) -> None:
    before = NIGHT - timedelta(days=1)
    logged_in(put, before, None)
    catch_up(warehouse, USER_TABLE, NIGHT, settings)
    revise(warehouse, before, 2)
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [before]
    assert noted(warehouse) == [("users", before, 2)]
    login(put, before, "ada")
    revise(warehouse, before, 3)
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [before]
    assert noted(warehouse) == []
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == []


def test_notes_tell_feature_tables_and_nights_apart(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    early, late = NIGHT - timedelta(days=2), NIGHT - timedelta(days=1)
    put("raw.nights", [{"log_date": day, "events": 1, "logins": 1, "revision": 1} for day in (early, late)])
    for table in (USER_TABLE, EVENT_TABLE):
        assert catch_up(warehouse, table, NIGHT, settings) == [early, late]
    login(put, late, "ada")
    revise(warehouse, late, 2)
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == [late]
    assert noted(warehouse) == [("events", early, 1), ("events", late, 1), ("users", early, 1)]


def test_a_night_without_logs_leaves_nothing_behind(put: Put, warehouse: Warehouse, settings: Settings) -> None:
    put("raw.nights", [{"log_date": NIGHT - timedelta(days=1), "logins": 0, "revision": 1}])
    assert catch_up(warehouse, USER_TABLE, NIGHT, settings) == []
    assert noted(warehouse) == []
