"""All fits of a night: none is lost because another one, or a baseline, fails."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from model_baselines import EVENT_COLUMNS, EVENTS

from pipeline.config import Training
from pipeline.models.base import Occasion
from pipeline.models.nightly import NightlyBaseline, processes_for, train_all
from pipeline.models.training import prepare
from schemas.models import TABLES

NIGHT = date(2026, 1, 5)
HERE = Training(n_jobs=1)
CHOSEN = {"events": ["kmeans", "unknown", "dbscan"], "users": ["kmeans"], "connections": ["kmeans"]}


def baseline(table: str) -> NightlyBaseline:
    occasion = Occasion(table, NIGHT, NIGHT, NIGHT, bootstrap=True, baseline="2026-01-05:1")
    return NightlyBaseline(occasion, prepare(EVENTS, EVENT_COLUMNS, HERE), champions={})


def busy(most: int) -> NightlyBaseline:
    del most
    message = "another process holds the file"
    raise OSError(message)


def fitted(
    baselines: dict[str, Callable[[int], NightlyBaseline | None]], settings: Training = HERE
) -> tuple[dict[tuple[str, str], Any], Exception]:
    found = {}
    try:
        for table, name, rows in train_all(baselines, CHOSEN, settings):
            found[table, name] = rows
    except (KeyError, OSError) as fault:
        return found, fault
    pytest.fail("nothing was raised")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_fails_is_named_and_keeps_nothing_else_from_being_fitted(n_jobs: int) -> None:
    tables = {"events": lambda _: baseline("events"), "users": busy, "connections": lambda _: baseline("connections")}
    found, fault = fitted(tables, Training(n_jobs=n_jobs))
    assert list(found) == [("events", "dbscan"), ("events", "kmeans"), ("connections", "kmeans")]
    assert {rows["models.fits"]["feature_table"][0].as_py() for rows in found.values()} == {"events", "connections"}
    notes = " ".join([str(fault), *fault.__notes__])
    assert "while events_unknown was fitted" in notes
    assert "users failed, too: OSError" in notes


def test_only_the_first_baseline_may_use_workers_since_later_ones_find_them_fitting() -> None:
    told = {}
    tables = {table: lambda most, table=table: told.setdefault(table, most) and None for table in CHOSEN}
    assert len(list(train_all(tables, CHOSEN, Training(n_jobs=2)))) == sum(len(names) for names in CHOSEN.values())
    assert told == {"events": 2, "users": 1, "connections": 1}


def test_a_table_without_data_gets_no_rows_whatever_happens_to_others() -> None:
    found, fault = fitted({"users": lambda _: None, "connections": busy})
    assert isinstance(fault, OSError)
    assert list(found) == [("users", "kmeans")]
    assert {name: rows.num_rows for name, rows in found["users", "kmeans"].items()} == {spec.name: 0 for spec in TABLES}


def test_every_fit_of_the_night_counts_for_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.models.parallel.cpu_count", lambda: 64)
    assert processes_for(Training()) == 25
    assert processes_for(Training(algorithms=["kmeans"], consensus=False)) == 5
    assert processes_for(Training(n_jobs=3)) == 3
