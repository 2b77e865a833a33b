"""How many threads the engine has: those that are of use, or those that were asked for."""

from pathlib import Path

import pytest

from pipeline.config import Engine
from pipeline.warehouse import threads
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.threads import LARGE_BYTES, as_many_as_there_are

FULL = 3


def given(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        return int(connection.execute("select current_setting('threads')").fetchall()[0][0])


def test_a_small_warehouse_has_one_thread_and_a_larger_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    assert given(warehouse) == 1
    with warehouse.connect() as connection:
        connection.execute("create table large as from range(400)")
        available = connection.execute("reset threads; select current_setting('threads')").fetchall()[0][0]
    monkeypatch.setattr(threads, "ROW_GROUP", 300)
    assert given(warehouse) == min(2, available)


def test_large_files_have_all_threads_while_they_are_read(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    with warehouse.connect() as connection:
        available = connection.execute("reset threads; select current_setting('threads')").fetchall()[0][0]
    with warehouse.connect() as connection:
        with as_many_as_there_are(connection, warehouse.engine, LARGE_BYTES - 1):
            assert given(warehouse) == 1
        with as_many_as_there_are(connection, warehouse.engine, LARGE_BYTES):
            assert given(warehouse) == available
        assert given(warehouse) == 1


def test_what_the_configuration_says_stays(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", Engine(threads=FULL))
    with warehouse.connect() as connection, as_many_as_there_are(connection, warehouse.engine, LARGE_BYTES):
        assert given(warehouse) == FULL
    assert given(warehouse) == FULL
