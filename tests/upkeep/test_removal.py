"""What the retention removes, what it must not touch, and what removed nights are afterwards."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Settings
from pipeline.config_retention import Retention
from pipeline.report.states import night_states
from pipeline.upkeep.horizons import NightRemovedError, check_kept, recorded
from pipeline.upkeep.removal import remove_old
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import connect, publish

Put = Callable[[str, list[dict[str, Any]]], None]
NEWEST = date(2026, 3, 31)
AGES = (0, 10, 40, 70)
NIGHTS = [NEWEST - timedelta(days=age) for age in AGES]
KEPT = Retention(raw_days=60, features_days=30, scores_days=30, report_days=65)


@pytest.fixture
def kept(settings: Settings) -> Settings:
    return settings.model_copy(update={"retention": KEPT})


@pytest.fixture
def nights(put: Put, settings: Settings) -> None:
    """Nights that were run in order; the models of the second one score the newest, too."""
    put("raw.nights", [{"log_date": night, "events": 1, "revision": 1} for night in NIGHTS])
    put("raw.security_events", [{"event_id": str(night), "log_date": night} for night in NIGHTS])
    put("features.event_patterns", [{"log_date": night, "pattern_id": 1, "revision": 1} for night in NIGHTS])
    models, ids = [], [str(night) for night in NIGHTS]
    for night, previous in zip(NIGHTS, [*ids[1:], None], strict=True):
        model = {"model_id": str(night), "log_date": night, "feature_table": "events", "algorithm": "kmeans"}
        models.append(model | {"accepted": True, "previous_id": previous, "baseline": f"{night}:1"})
        (settings.reports_folder / str(night)).mkdir(parents=True)
    put("models.fits", models)
    scored_by = zip(NIGHTS, [ids[2], *ids[1:]], strict=True)
    put(
        "scores.event_patterns", [{"log_date": night, "algorithm": "kmeans", "model_id": it} for night, it in scored_by]
    )
    put("report.nights", [{"log_date": night, "revision": 1} for night in NIGHTS])


def rows(warehouse: Warehouse, table: str) -> list[int]:
    with warehouse.connect() as connection:
        found = connection.execute(f"select log_date from {table}").fetchall()
    return sorted((NEWEST - night).days for (night,) in found)


@pytest.mark.usefixtures("nights")
def test_each_layer_is_kept_for_its_nights(warehouse: Warehouse, kept: Settings) -> None:
    assert remove_old(warehouse, kept)["features.event_patterns"] == 2
    assert rows(warehouse, "raw.security_events") == [0, 10, 40]
    assert rows(warehouse, "features.event_patterns") == [0, 10]
    assert rows(warehouse, "scores.event_patterns") == [0, 10]
    assert rows(warehouse, "report.nights") == [0, 10, 40]
    assert rows(warehouse, "raw.nights") == list(AGES)
    # too old, but in service on the newest night
    assert rows(warehouse, "models.fits") == [0, 10, 40]
    assert sorted(path.name for path in kept.reports_folder.iterdir()) == sorted(map(str, NIGHTS[:3]))
    assert remove_old(warehouse, kept) == {}


@pytest.mark.usefixtures("nights")
def test_a_pinned_model_is_kept(warehouse: Warehouse, kept: Settings, put: Put) -> None:
    put("models.pins", [{"pin_id": "p", "model_id": str(NIGHTS[3])}])
    remove_old(warehouse, kept)
    assert rows(warehouse, "models.fits") == [0, 10, 40, 70]


@pytest.mark.usefixtures("nights")
def test_removed_nights_are_neither_stale_nor_missing(warehouse: Warehouse, kept: Settings) -> None:
    remove_old(warehouse, kept)
    states = {row["log_date"]: row["state"] for row in warehouse.fetch(night_states(7)).to_pylist()}
    assert states == dict.fromkeys(NIGHTS[:3], "done")
    with warehouse.transaction() as connection:
        connection.execute("update raw.nights set revision = 2 where log_date = $night", {"night": NIGHTS[2]})
    states = {row["log_date"]: row["state"] for row in warehouse.fetch(night_states(7)).to_pylist()}
    assert states[NIGHTS[2]] == "stale"


@pytest.mark.usefixtures("nights")
def test_the_published_copy_follows(warehouse: Warehouse, kept: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    publish(warehouse, folder, NIGHTS[3], {})
    remove_old(warehouse, kept)
    publish(warehouse, folder, NEWEST, {})
    with connect(folder) as published, warehouse.connect() as live:
        for table in ("raw.security_events", "features.event_patterns", "report.retention"):
            count = f"select count(*) from {table}"
            assert published.execute(count).fetchall() == live.execute(count).fetchall(), table
        for table in ("models.fits", "scores.event_patterns", "report.nights"):
            assert published.execute(f"select log_date from {table}").fetchall() == [(NEWEST,)]
    publish(warehouse, folder, NEWEST, {})
    assert not list(folder.rglob(f"{NIGHTS[3]}.*"))


@pytest.mark.usefixtures("nights")
def test_a_night_whose_baseline_was_removed_is_not_run_again(warehouse: Warehouse, kept: Settings) -> None:
    first = NEWEST - timedelta(days=59) + timedelta(days=14)
    with warehouse.connect() as connection:
        check_kept(connection, NIGHTS[3], 7)
    remove_old(warehouse, kept)
    with warehouse.connect() as connection:
        check_kept(connection, first, 7)
        with pytest.raises(NightRemovedError, match=f"nights from {first} on can be run"):
            check_kept(connection, first - timedelta(days=1), 7)


@pytest.mark.usefixtures("nights")
def test_what_was_removed_stays_removed_when_more_is_to_be_kept(warehouse: Warehouse, kept: Settings) -> None:
    remove_old(warehouse, kept)
    with warehouse.connect() as connection:
        before = recorded(connection)
    remove_old(warehouse, kept.model_copy(update={"retention": Retention(raw_days=0, features_days=300)}))
    with warehouse.connect() as connection:
        assert recorded(connection) == before


@pytest.mark.usefixtures("nights")
def test_nothing_is_removed_while_all_is_new_enough_or_kept_for_ever(warehouse: Warehouse, settings: Settings) -> None:
    for retention in (Retention(), Retention(raw_days=0, features_days=0, scores_days=0, report_days=0)):
        assert remove_old(warehouse, settings.model_copy(update={"retention": retention})) == {}
    with warehouse.connect() as connection:
        assert recorded(connection) == {}


@pytest.mark.parametrize("key", ["raw_days", "features_days", "scores_days"])
def test_too_few_nights_are_refused(settings: Settings, key: str) -> None:
    with pytest.raises(ValueError, match=rf"retention\.{key} = 9 is too few .* keep at least (15|22), or 0"):
        Settings(home=settings.home, retention={key: 9})
