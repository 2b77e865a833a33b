"""The warehouse file: open while it is used, and in a run for a while from one use to the next."""

import time
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from pipeline.warehouse import engine
from pipeline.warehouse.engine import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb")


def used(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    with warehouse.connect() as connection:
        return connection


def is_open(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("select 1")
    except duckdb.ConnectionException:
        return False
    return True


def test_a_file_is_closed_after_its_outermost_use(warehouse: Warehouse) -> None:
    with warehouse.connect() as outer:
        assert used(warehouse) is outer
        assert is_open(outer)
    assert not is_open(outer)


def test_uses_of_a_run_share_a_connection_that_is_closed_at_its_end(warehouse: Warehouse) -> None:
    with warehouse.shared():
        first = used(warehouse)
        assert used(warehouse) is first
        assert is_open(first)
    assert not is_open(first)


def test_a_run_lets_others_have_the_file_now_and_then(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SHARED_SECONDS", -1.0)
    with warehouse.shared():
        assert not is_open(used(warehouse))


def test_a_run_that_does_without_the_file_lets_others_have_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SHARED_SECONDS", 0.05)
    with warehouse.shared():
        connection = used(warehouse)
        for _ in range(200):
            if not is_open(connection):
                break
            time.sleep(0.05)
        assert not is_open(connection)


def test_what_a_failure_left_behind_is_not_used_again(warehouse: Warehouse) -> None:
    with warehouse.shared():
        with pytest.raises(duckdb.CatalogException), warehouse.connect() as failed:
            failed.execute("create temp table leftover as select 1; from nowhere")
        assert used(warehouse).execute("select count(*) from duckdb_tables() where temporary").fetchall() == [(0,)]


def test_two_threads_have_connections_of_their_own(warehouse: Warehouse) -> None:
    others = []
    with warehouse.shared():
        used(warehouse)
        with warehouse.connect() as ours:
            other = Thread(target=lambda: others.append(used(warehouse)))
            other.start()
            other.join()
            assert others[0] is not ours
            assert is_open(ours)


def test_a_file_that_lies_idle_can_be_written_anew(warehouse: Warehouse) -> None:
    with warehouse.shared():
        with warehouse.connect() as connection:
            connection.execute("create table filler as select random() as n from range(300_000)")
            connection.execute("checkpoint")
            connection.execute("drop table filler")
        assert warehouse.compact(least_share=0.1, least_bytes=1) > 0
        assert used(warehouse).execute("select 1").fetchall() == [(1,)]
