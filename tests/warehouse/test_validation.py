"""Breaches of a table's rules counted by the engine and in memory: the same of the same rows."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Float, Int64, Table, TableSpec, Text, column
from schemas.registry import TABLES
from schemas.validation import BREACHES, BREACHES_IN_MEMORY, JUDGED, breach_count, breaches_in


class Rules(Table):
    """A table with every kind of rule."""

    name: Text = column("what a row is called", unique=True)
    share: Float = column("of something", nullable=True, ge=0, le=1)
    kind: Text = column("one of a few", nullable=True, isin=["odd", "even"])
    rows: Int64 = column("how many", ge=1)


SPEC = TableSpec("test.rules", Rules, key=("name",), night=None)
SCHEMA = SPEC.arrow_schema()
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "b", "c", None]),
            "share": st.sampled_from([0.0, -0.0, 0.5, 1.0, -1e-9, 1.5, float("nan"), float("inf"), None]),
            "kind": st.sampled_from(["odd", "even", "Odd", "", None]),
            "rows": st.sampled_from([1, 0, -1, 2**62, None]),
        }
    ),
    max_size=6,
)


def by_the_engine(rows: pa.Table) -> int:
    with duckdb.connect() as connection:
        connection.register("found", rows)
        return int(connection.execute(f"with {JUDGED} as (from found) {breach_count(SPEC)}").fetchall()[0][1])


@given(ROWS)
def test_the_engine_and_memory_count_the_same_breaches(rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert breaches_in(SPEC, table) == by_the_engine(table)


@pytest.mark.parametrize(
    ("row", "breaches"),
    [
        ({"name": "a", "share": 0.5, "kind": "odd", "rows": 1}, 0),
        ({"name": "a", "share": None, "kind": None, "rows": 1}, 0),
        ({"name": None, "share": 2.0, "kind": "none", "rows": 0}, 4),
    ],
)
def test_each_broken_rule_counts_once(row: dict[str, Any], breaches: int) -> None:
    assert breaches_in(SPEC, pa.Table.from_pylist([row], schema=SCHEMA)) == breaches


def test_every_rule_of_every_table_is_known_to_both() -> None:
    used = {check.name for spec in TABLES.values() for each in spec.columns().values() for check in each.checks}
    assert used <= BREACHES.keys() == BREACHES_IN_MEMORY.keys()
