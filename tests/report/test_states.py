from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.features.tables import EVENT_TABLE
from pipeline.report.finished import night_row
from pipeline.report.states import night_states
from pipeline.warehouse.engine import Warehouse

FIRST, SECOND, THIRD = (date(2026, 1, day) for day in (5, 6, 7))
Put = Callable[[str, list[dict[str, Any]]], None]
State = tuple[str, str | None]


@pytest.fixture
def states(warehouse: Warehouse) -> Callable[..., dict[date, State]]:
    def ask(window_days: int = 7) -> dict[date, State]:
        rows = warehouse.fetch(night_states(window_days)).to_pylist()
        return {row["log_date"]: (row["state"], row["why"]) for row in rows}

    return ask


def run(put: Put, night: date, baseline: str, previous: str | None, follows: str = "", revision: int = 1) -> None:
    """What a run of a night leaves behind, as far as its state depends on it."""
    model = {"feature_table": "events", "algorithm": "kmeans", "accepted": True}
    put(
        "models.fits",
        [model | {"model_id": f"m{night.day}", "log_date": night, "baseline": baseline, "previous_id": previous}],
    )
    put("report.nights", [{"log_date": night, "revision": revision, "fingerprint": night.day, "follows": follows}])


@pytest.fixture
def nights(put: Put) -> None:
    """Two nights that were run in order, and one that was not."""
    put("raw.nights", [{"log_date": day, "events": 9, "revision": 1} for day in (FIRST, SECOND, THIRD)])
    run(put, FIRST, "2026-01-05:1", None)
    run(put, SECOND, "2026-01-05:1", "m5", "2026-01-05:5")


@pytest.mark.usefixtures("nights")
def test_nights_run_in_order_are_done(states: Callable[..., dict[date, State]]) -> None:
    assert states() == {FIRST: ("done", None), SECOND: ("done", None), THIRD: ("not run", None)}


@pytest.mark.usefixtures("nights")
def test_a_night_follows_the_latest_accepted_models(
    warehouse: Warehouse, put: Put, states: Callable[..., dict[date, State]]
) -> None:
    with warehouse.transaction() as connection:
        connection.execute("update models.fits set accepted = false where log_date = $night", {"night": SECOND})
    run(put, THIRD, "2026-01-05:1 2026-01-06:1", "m5", "2026-01-05:5 2026-01-06:6")
    assert states()[THIRD] == ("done", None)
    with warehouse.transaction() as connection:
        connection.execute("update models.fits set accepted = true")
    assert states()[THIRD] == ("stale", "the models before it have changed")


@pytest.mark.usefixtures("nights")
def test_late_logs_make_their_night_and_those_after_it_stale(
    states: Callable[..., dict[date, State]], warehouse: Warehouse
) -> None:
    with warehouse.transaction() as connection:
        connection.execute("update raw.nights set revision = 2 where log_date = $night", {"night": FIRST})
    assert states()[FIRST] == ("stale", "its logs have changed")
    assert states()[SECOND] == ("stale", "its baseline has changed")


@pytest.mark.usefixtures("nights")
def test_logs_of_an_earlier_night_make_a_bootstrap_stale(put: Put, states: Callable[..., dict[date, State]]) -> None:
    put("raw.nights", [{"log_date": date(2026, 1, 4), "events": 9, "revision": 1}])
    assert states()[FIRST] == ("stale", "its baseline has changed")


@pytest.mark.usefixtures("nights")
def test_another_window_makes_nights_stale(states: Callable[..., dict[date, State]], put: Put) -> None:
    run(put, THIRD, "2026-01-05:1 2026-01-06:1", "m6", "2026-01-05:5 2026-01-06:6")
    assert states()[THIRD] == ("done", None)
    assert states(window_days=1)[THIRD] == ("stale", "its baseline has changed")


@pytest.mark.usefixtures("nights")
def test_a_night_follows_the_models_of_the_night_before(
    states: Callable[..., dict[date, State]], warehouse: Warehouse
) -> None:
    with warehouse.transaction() as connection:
        connection.execute("update models.fits set model_id = 'other' where log_date = $night", {"night": FIRST})
    assert states()[SECOND] == ("stale", "the models before it have changed")


@pytest.mark.usefixtures("nights")
def test_identities_follow_the_findings_of_the_nights_before(
    states: Callable[..., dict[date, State]], warehouse: Warehouse
) -> None:
    with warehouse.transaction() as connection:
        connection.execute("update report.nights set fingerprint = 99 where log_date = $night", {"night": FIRST})
    assert states()[FIRST] == ("done", None)
    assert states()[SECOND] == ("stale", "the findings before it have changed")


def test_a_night_without_logs_that_was_run_is_done(put: Put, states: Callable[..., dict[date, State]]) -> None:
    put("report.nights", [{"log_date": FIRST, "revision": 0, "fingerprint": 0, "follows": ""}])
    assert states() == {FIRST: ("done", None)}


@pytest.mark.parametrize("events", [0, 9])
def test_a_night_rests_on_the_revision_of_its_logs(put: Put, warehouse: Warehouse, events: int) -> None:
    put("raw.nights", [{"log_date": FIRST, "events": events, "logins": 5, "revision": 3}])
    if events:
        put("features.event_patterns", [{"log_date": FIRST, "pattern_id": 1, "weight": events, "revision": 2}])
    row = warehouse.fetch(night_row(EVENT_TABLE, FIRST, 7)).to_pylist()[0]
    # of a night with events, the revision that its features were built from
    assert row["revision"] == (2 if events else 3)
