"""SQL that is kept for the next night answers for that night."""

from datetime import date

import duckdb
import ibis
import pytest

from pipeline.features.engine_functions import row_hash
from pipeline.warehouse.queries import _compiled, compile_sql, prepared_sql

ROWS = ibis.table({"log_date": "date", "hour": "int64"}, name="rows")
NIGHTS = [date(2026, 1, day) for day in (5, 6, 7)]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    days = "select date '2026-01-05' + i::int as log_date, i as hour from range(3) as days(i)"
    connection.execute(f"create table rows as {days}")
    return connection


def hours(connection: duckdb.DuckDBPyConnection, expression: ibis.Table) -> list[int]:
    return sorted(hour for (hour,) in connection.execute(prepared_sql(connection, expression)).fetchall())


def between(first: date, last: date) -> ibis.Table:
    return ROWS.filter(ROWS.log_date.between(first, last))[["hour"]]


def test_each_night_gets_its_own_rows_from_the_same_sql(connection: duckdb.DuckDBPyConnection) -> None:
    before = _compiled.cache_info().misses
    assert [hours(connection, ROWS.filter(ROWS.log_date == night)[["hour"]]) for night in NIGHTS] == [[0], [1], [2]]
    assert _compiled.cache_info().misses == before + 1


def test_two_dates_keep_their_places(connection: duckdb.DuckDBPyConnection) -> None:
    first, second, third = NIGHTS
    assert hours(connection, between(first, second)) == [0, 1]
    assert hours(connection, between(second, third)) == [1, 2]
    assert hours(connection, between(third, first)) == []
    assert hours(connection, between(second, second)) == [1]


def test_other_values_are_other_sql(connection: duckdb.DuckDBPyConnection) -> None:
    assert hours(connection, ROWS.filter(ROWS.hour == 1)[["hour"]]) == [1]
    assert hours(connection, ROWS.filter(ROWS.hour == 2)[["hour"]]) == [2]


def test_dates_of_another_type_are_other_sql_where_no_variable_stands_for_them(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    of_night = [ROWS.filter(ROWS.log_date == ibis.literal(night, "!date"))[["hour"]] for night in NIGHTS]
    assert [hours(connection, each) for each in of_night] == [[0], [1], [2]]


def test_sql_that_is_stored_names_its_dates() -> None:
    assert "2026" in compile_sql(between(*NIGHTS[:2]))


def test_hashes_of_equal_rows_are_equal_expressions() -> None:
    assert row_hash(ROWS.hour).equals(row_hash(ROWS.hour))
