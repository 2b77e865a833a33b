import multiprocessing
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.config import Engine
from pipeline.warehouse.engine import Warehouse, WarehouseBusyError
from pipeline.warehouse.storage import replace_rows
from schemas.features import EVENT_PATTERNS, EVENTS
from schemas.models import SELECTION
from schemas.validation import SchemaBreachError

NIGHT, OTHER = date(2026, 1, 5), date(2026, 1, 6)


def candidates(*values: float, night: date = NIGHT, algorithm: str = "kmeans") -> pa.Table:
    rows = [
        {
            "model_id": f"{algorithm}-{night}",
            "log_date": night,
            "feature_table": "events",
            "algorithm": algorithm,
            "parameter": "n_clusters",
            "candidate": value,
            "chosen": False,
        }
        for value in values
    ]
    return pa.Table.from_pylist(rows, schema=SELECTION.arrow_schema())


def store(warehouse: Warehouse, rows: pa.Table, **scope: object) -> int:
    with warehouse.transaction() as connection:
        return replace_rows(connection, SELECTION, rows, scope)


def stored(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with warehouse.connect() as connection:
        return connection.execute("select log_date, algorithm, candidate from models.selection order by all").fetchall()


def test_a_night_is_replaced_and_others_stay(warehouse: Warehouse) -> None:
    store(warehouse, candidates(2, 3), log_date=NIGHT)
    store(warehouse, candidates(5, night=OTHER), log_date=OTHER)
    assert store(warehouse, candidates(4), log_date=NIGHT) == 1
    assert stored(warehouse) == [(NIGHT, "kmeans", 4.0), (OTHER, "kmeans", 5.0)]


def test_the_scope_of_one_algorithm_leaves_the_other_alone(warehouse: Warehouse) -> None:
    store(warehouse, candidates(2), log_date=NIGHT, algorithm="kmeans")
    store(warehouse, candidates(0.5, algorithm="dbscan"), log_date=NIGHT, algorithm="dbscan")
    store(warehouse, candidates(3), log_date=NIGHT, algorithm="kmeans")
    assert stored(warehouse) == [(NIGHT, "dbscan", 0.5), (NIGHT, "kmeans", 3.0)]


def test_columns_are_matched_by_name(warehouse: Warehouse) -> None:
    rows = candidates(2)
    store(warehouse, rows.select(rows.column_names[::-1]), log_date=NIGHT)
    assert stored(warehouse) == [(NIGHT, "kmeans", 2.0)]


def test_an_empty_night_is_stored_as_such(warehouse: Warehouse) -> None:
    store(warehouse, candidates(2), log_date=NIGHT)
    assert store(warehouse, candidates(), log_date=NIGHT) == 0
    assert stored(warehouse) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (candidates(2).drop_columns(["chosen"]), "chosen: expected boolean, got None"),
        (candidates(2).append_column("extra", pa.array([1])), "extra: expected None"),
        (candidates(2).set_column(5, "candidate", pa.array(["2"])), "candidate: expected float64, got string"),
        (candidates(2).set_column(4, "parameter", pa.array(["colour"])), "parameter breaks isin"),
        (candidates(2).set_column(0, "model_id", pa.array([None], pa.string())), "model_id breaks not_nullable"),
    ],
)
def test_a_breach_says_what_breaks_and_nothing_lands(warehouse: Warehouse, rows: pa.Table, words: str) -> None:
    store(warehouse, candidates(7), log_date=NIGHT)
    with pytest.raises(SchemaBreachError) as breach:
        store(warehouse, rows, log_date=NIGHT)
    assert words in str(breach.value)
    assert stored(warehouse) == [(NIGHT, "kmeans", 7.0)]


def test_an_expression_runs_in_the_engine(warehouse: Warehouse) -> None:
    store(warehouse, candidates(2, 3), log_date=NIGHT)
    later = SELECTION.unbound().mutate(log_date=OTHER)
    with warehouse.transaction() as connection:
        assert replace_rows(connection, SELECTION, later, {"log_date": OTHER}) == 2
    assert len(stored(warehouse)) == 4


def test_an_expression_of_another_table_is_refused_before_it_runs(warehouse: Warehouse) -> None:
    with pytest.raises(SchemaBreachError, match="entity_id"), warehouse.transaction() as connection:
        replace_rows(connection, EVENT_PATTERNS, EVENTS.unbound(), {"log_date": NIGHT})


def hold(file: Path, seconds: float, ready: object) -> None:
    with duckdb.connect(file):
        ready.set()  # type: ignore[attr-defined]
        time.sleep(seconds)


@pytest.fixture
def holder(warehouse: Warehouse, request: pytest.FixtureRequest) -> Iterator[None]:
    """Another real process that holds the file for a while."""
    with warehouse.connect():
        pass
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(warehouse.file, request.param, ready))
    process.start()
    assert ready.wait(30)
    yield
    process.kill()
    process.join()


@pytest.mark.parametrize("holder", [1.0], indirect=True)
def test_a_lock_of_another_process_is_waited_for(warehouse: Warehouse, holder: None) -> None:
    assert store(warehouse, candidates(2), log_date=NIGHT) == 1


@pytest.mark.parametrize("holder", [30.0], indirect=True)
def test_after_the_deadline_the_remedy_is_named(warehouse: Warehouse, holder: None) -> None:
    impatient = Warehouse(warehouse.file, Engine(lock_timeout_seconds=0.3))
    with pytest.raises(WarehouseBusyError, match=r"engine\.lock_timeout_seconds"):
        store(impatient, candidates(2), log_date=NIGHT)


def test_a_damaged_file_is_no_lock_and_is_raised_at_once(warehouse: Warehouse) -> None:
    warehouse.file.parent.mkdir(parents=True)
    warehouse.file.write_bytes(b"this is no database" * 100)
    with pytest.raises(duckdb.IOException):
        stored(warehouse)
