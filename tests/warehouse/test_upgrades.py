"""Older warehouses are migrated in place after a copy, newer ones are refused, and nothing half-done is left."""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

from pipeline.warehouse import upgrades
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.migrations import CURRENT, v2
from pipeline.warehouse.migrations.migration import Migration
from pipeline.warehouse.upgrades import NewerWarehouseError
from schemas.registry import TABLES

NIGHT = date(2026, 1, 5)
Put = Callable[[str, list[dict[str, Any]]], None]


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return set(connection.table(table).columns)


@pytest.fixture
def older(warehouse: Warehouse, put: Put) -> Warehouse:
    """As an earlier Shoal left it: no version, without some tables and columns, with rows and a view."""
    put("raw.nights", [{"log_date": NIGHT, "events": 9, "connections": 3, "logins": 2, "revision": 1}])
    put("report.nights", [{"log_date": NIGHT, "revision": 1, "events": 9, "alerts": 4}])
    put("models.fits", [{"model_id": "m", "log_date": NIGHT}])
    with warehouse.transaction() as connection:
        connection.execute("drop schema shoal cascade")
        connection.execute("drop table report.night_runs")
        for column in ("connections", "logins", "rejected_share", "models_kept"):
            connection.execute(f"alter table report.nights drop column {column}")
        connection.execute("alter table models.fits drop column score_levels")
        connection.execute("create view scores.events as select * from report.nights")
    return warehouse


def backup(warehouse: Warehouse) -> Any:
    return warehouse.file.with_name(f"{warehouse.file.name}.before-v{CURRENT}")


def test_an_older_warehouse_is_migrated_after_a_copy(older: Warehouse) -> None:
    with older.connect() as connection:
        for spec in TABLES.values():
            if not spec.is_view:
                assert columns(connection, spec.name) == set(spec.columns()), spec.name
        row = connection.sql("select connections, logins, alerts, rejected_share, models_kept from report.nights")
        assert row.fetchall() == [(3, 2, 4, None, 0)]
        assert connection.sql("select score_levels from models.fits").fetchall() == [([],)]
        assert connection.sql("select connections from scores.events").fetchall() == [(3,)]
        assert connection.sql("from shoal.versions").fetchall()[0][0] == CURRENT
    with duckdb.connect(backup(older), read_only=True) as copy:
        assert "logins" not in columns(copy, "report.nights")
        assert copy.sql("select alerts from report.nights").fetchall() == [(4,)]


def test_a_column_that_is_new_needs_no_version(warehouse: Warehouse, put: Put) -> None:
    put("report.nights", [{"log_date": NIGHT, "drift": "none"}])
    with warehouse.transaction() as connection:
        connection.execute("alter table report.nights drop column drift")
        connection.execute("update shoal.versions set shape = 'before'")
    with warehouse.connect() as connection:
        assert connection.sql("select log_date, drift from report.nights").fetchall() == [(NIGHT, None)]
    assert backup(warehouse).is_file()


def test_a_new_table_needs_no_copy(warehouse: Warehouse) -> None:
    with warehouse.transaction() as connection:
        connection.execute("drop table report.night_runs")
        connection.execute("update shoal.versions set shape = 'before'")
    with warehouse.connect() as connection:
        assert connection.sql("from report.night_runs").fetchall() == []
    assert not backup(warehouse).exists()


def test_what_is_up_to_date_is_left_alone(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with warehouse.connect():
        pass
    monkeypatch.setattr(upgrades, "create_tables", pytest.fail)
    with warehouse.connect():
        pass


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (f"update shoal.versions set version = {CURRENT + 1}", f"has version {CURRENT + 1}"),
        ("alter table report.nights add column mood varchar", r"report\.nights .*mood"),
        ("alter table report.nights alter column alerts type varchar", r"report\.nights .*alerts"),
    ],
)
def test_a_newer_warehouse_is_refused_and_left_as_it_is(warehouse: Warehouse, change: str, words: str) -> None:
    with warehouse.transaction() as connection:
        connection.execute(change)
        connection.execute("update shoal.versions set shape = 'of later'")
    before = warehouse.file.read_bytes()
    for _ in range(2):
        with pytest.raises(NewerWarehouseError, match=f"{words}.*update Shoal"), warehouse.connect():
            pass
    assert warehouse.file.read_bytes() == before


def test_an_upgrade_that_fails_leaves_the_warehouse_as_it_was(
    older: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("delete from report.nights")
        raise OSError(28, "no space")

    monkeypatch.setattr(upgrades, "MIGRATIONS", (*upgrades.MIGRATIONS, Migration(fill=fail)))
    with pytest.raises(OSError, match="no space"), older.connect():
        pass
    with duckdb.connect(older.file) as connection:
        assert "logins" not in columns(connection, "report.nights")
        assert connection.sql("select alerts from report.nights").fetchall() == [(4,)]
    monkeypatch.undo()
    with older.connect() as connection:
        assert connection.sql("select logins from report.nights").fetchall() == [(2,)]


def test_a_stored_consensus_follows_the_one_before_it_from_version_2_on(warehouse: Warehouse, put: Put) -> None:
    fits = [
        {"model_id": f"{name}{night}", "log_date": date(2026, 1, night), "feature_table": "events", "algorithm": name}
        for name in ("consensus", "kmeans")
        for night in (5, 6)
    ]
    put("models.fits", fits)
    with warehouse.connect() as connection:
        v2.fill(connection)
        found = connection.execute("select model_id, previous_id from models.fits order by 1").fetchall()
    assert found == [("consensus5", None), ("consensus6", "consensus5"), ("kmeans5", None), ("kmeans6", None)]
