"""What holds for every feature table."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from feature_helpers import DAY_BEFORE, NIGHT, connection, event, login

from pipeline.features.tables import FEATURE_TABLES

Features = Callable[..., pd.DataFrame]
ENTITIES = {
    "events": ("event_id", 40),
    "users": ("user", 3),
    "source_ips": ("source_ip", 5),
    "destination_ips": ("dest_ip", 4),
    "connections": ("connection_id", 40),
}


def rows() -> list[dict[str, Any]]:
    """Two nights with several users and addresses, some values missing."""
    found: list[dict[str, Any]] = []
    for day in (DAY_BEFORE, NIGHT):
        for number in range(40):
            ends = {"source_ip": f"10.0.0.{number % 5}", "dest_ip": f"192.0.2.{number % 4}"}
            size = None if number % 7 == 0 else number**3
            hour = number * 0.37 % 24
            found += [
                event(number, hour, day, **ends, bytes=size, dest_port=number % 3 or None),
                connection(number, hour, day, **ends, bytes_out=size, duration=size and size / 7),
                login(number, hour, day, user=f"u{number % 3}", source_ip=ends["source_ip"], success=number % 4 > 0,
                      session_minutes=size and size / 7),
            ]  # fmt: skip
    return found


@pytest.mark.parametrize("table", ENTITIES)
def test_every_entity_has_one_row_and_its_pattern_and_no_value_is_infinite(features: Features, table: str) -> None:
    column, count = ENTITIES[table]
    built = features(table, rows())
    tonight = [row for row in rows() if row["log_date"] == NIGHT and row.get(column) is not None]
    assert sorted(built.index) == sorted({row[column] for row in tonight})
    assert len(built) == count
    assert not np.isinf(built.select_dtypes("number").to_numpy(float, na_value=np.nan)).any()
    patterns = features(table, rows(), patterns=True)
    assert patterns["weight"].sum() == count
    assert set(patterns["pattern_id"]) == set(built["pattern_id"])


@pytest.mark.parametrize("table", ENTITIES)
def test_the_order_of_the_rows_does_not_matter(features: Features, table: str) -> None:
    built = features(table, rows())
    shuffled = [rows()[place] for place in np.random.default_rng(1).permutation(len(rows()))]
    pd.testing.assert_frame_equal(features(table, shuffled), built, check_exact=True)


@pytest.mark.parametrize("table", ENTITIES)
def test_a_night_without_rows_has_no_entities(features: Features, table: str) -> None:
    assert features(table, [row for row in rows() if row["log_date"] == DAY_BEFORE]).empty


@pytest.mark.parametrize("table", FEATURE_TABLES.values(), ids=lambda table: table.name)
def test_models_use_columns_that_make_a_pattern(table: Any) -> None:
    assert set(table.columns.names) | set(table.seed_columns.names) | set(table.seed_only) <= set(table.features)
    assert not set(table.columns.names) & set(table.seed_only)
    assert "label" not in table.features
