"""A warehouse file that is written anew is smaller and holds the same, whatever happens meanwhile."""

import multiprocessing
import os
import random
import signal
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.stored_tables import identity

NIGHT = date(2026, 1, 5)
ROWS = 400_000
KILLS = 8
FILL = f"""
insert into features.event_patterns by name
select $night as log_date, i as pattern_id, hash(i) % 1000 as weight, 1 as revision from range({ROWS}) as r(i)
"""


@pytest.fixture
def bloated(warehouse: Warehouse) -> Warehouse:
    """Mostly gaps: the rows of all nights but one are gone."""
    for night in range(3):
        with warehouse.transaction() as connection:
            connection.execute(FILL, {"night": date(2026, 1, 5 + night)})
    with warehouse.transaction() as connection:
        connection.execute("create view features.a_view as select * from features.event_patterns")
        connection.execute(
            "delete from features.event_patterns where log_date > $night or pattern_id > 1000", {"night": NIGHT}
        )
    return warehouse


def content(warehouse: Warehouse) -> list[Any]:
    with warehouse.connect() as connection:
        rows = connection.sql("select count(*), sum(hash(pattern_id, weight)::hugeint) from features.a_view").fetchall()
        return [*rows, identity(connection)]


def test_gaps_are_given_back_and_the_content_stays(bloated: Warehouse) -> None:
    before, size = content(bloated), bloated.file.stat().st_size
    assert bloated.compact(0.99, 0) == 0
    gained = bloated.compact(0.2, 0)
    assert gained > size / 2
    assert bloated.file.stat().st_size <= size - gained
    assert content(bloated) == before
    assert bloated.compact(0.5, 1_000_000) == 0
    assert not [path.name for path in bloated.file.parent.iterdir() if "unfinished" in path.name]


def test_it_is_left_as_it_is_where_the_copy_would_not_fit(bloated: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    size = bloated.file.stat().st_size
    assert bloated.compact(0.2, 0) == 0
    assert bloated.file.stat().st_size == size


def compact(file: Path) -> None:
    Warehouse(file).compact(0.0, 0)


def test_killed_at_any_moment_it_leaves_a_whole_warehouse(bloated: Warehouse) -> None:
    before = content(bloated)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.warehouse.engine"])
    moments, took = random.Random(7), 0.0
    for kill in range(KILLS + 1):
        process = context.Process(target=compact, args=(bloated.file,))
        process.start()
        began = time.monotonic()
        process.join(moments.random() * took if kill else 60)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
        took = took or time.monotonic() - began
        assert content(bloated) == before


def test_who_waited_for_the_old_file_writes_to_the_new_one(bloated: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    real = duckdb.connect
    opened = []

    def replaced_meanwhile(file: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        connection = real(file, **options)
        if not opened:
            copy = bloated.file.with_suffix(".copy")
            copy.write_bytes(bloated.file.read_bytes())
            copy.replace(bloated.file)
        opened.append(file)
        return connection

    monkeypatch.setattr(duckdb, "connect", replaced_meanwhile)
    with bloated.transaction() as connection:
        connection.execute("update features.event_patterns set weight = 7 where pattern_id = 1")
    assert len(opened) == 2
    monkeypatch.undo()
    with bloated.connect() as connection:
        found = connection.sql("select weight from features.event_patterns where pattern_id = 1").fetchall()
    assert found == [(7,)]
