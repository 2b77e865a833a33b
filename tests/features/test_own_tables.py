"""Feature tables of a team without whole nights: what a section may say, what its rows become, and each fault of it."""

import gzip
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_helpers import FIRST, HEADER, SECOND, TABLE, configured, entities, write_csv
from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import ConfigError
from pipeline.config_tables import TAKEN_ENDS, TAKEN_NAMES
from pipeline.console.explaining import explain
from pipeline.features.nightly import catch_up, outdated
from pipeline.features.own_rows import LeftOut, OwnRows
from pipeline.features.own_tables import check_own_tables, feature_tables, signed_log
from pipeline.features.tables import FEATURE_TABLES
from pipeline.warehouse.configured import tables
from pipeline.warehouse.engine import Warehouse
from schemas.registry import TABLES

SMALL = '[[feature_tables]]\nname = "small"\npath = "s.csv"\ndate = "d"\nentity = "e"\nnumeric = ["n"]\n'
QUERY = '[[feature_tables]]\nname = "small"\ndate = "d"\nentity = "e"\nnumeric = ["n"]\nsql = {}\n'
GOOD = "select user as e, log_date as d, 1 as n from raw.logins where log_date = $night"
THIRD = date(2026, 1, 7)


def small(**keys: str) -> str:
    """The small section with other keys."""
    lines = {line.partition(" = ")[0]: line for line in SMALL.splitlines()[1:]}
    lines |= {key: f"{key} = {value}" for key, value in keys.items()}
    return "[[feature_tables]]\n" + "\n".join(lines.values()) + "\n"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (small(name='"Big"'), ["name", "'Big'"]),
        (small(name='"a; drop"'), ["name", "'a; drop'"]),
        (small(name='"users"'), ["name", "'users'", "choose another"]),
        (small(name='"x_patterns"'), ["name", "'x_patterns'", "_patterns"]),
        (small(name='"users_kmeans"'), ["name", "'users_kmeans'", "_kmeans"]),
        (small(sql='"select 1"'), ["small", "either path or sql"]),
        (small(numeric="[]"), ["small", "no features"]),
        (small(log='["N"]'), ["small", "two columns n", "name each"]),
        (small(log='["n"]', numeric='["n_log"]'), ["two columns n_log"]),
        (small(numeric='["weight"]'), ["two columns weight", "rename"]),
        (small(numeric='["n", "e"]'), ["the column e", "name it once"]),
        (small(label='"n"'), ["the column n", "label"]),
        (small(numeric='"n"'), ["numeric", "'n'", "it is a list"]),
        (small(date='""'), ["date", "''", "name of a column"]),
        (small(dat='"d"'), ["feature_tables.0.dat", "did you mean date?"]),
        (small(path='"a\\u0000"'), ["path", "NUL"]),
        (SMALL * 2, ["two feature tables are named small"]),
        ("[[feature_tables]]\n", ["feature_tables.0.name", "missing", "lower-case"]),
    ],
)
def test_a_wrong_section_is_one_sentence(tmp_path: Path, section: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as fault:
        configured(tmp_path, section)
    assert "\n" not in str(fault.value)
    assert all(word in str(fault.value) for word in ["shoal.toml", *words]), fault.value


@pytest.mark.parametrize(
    ("section", "content", "words"),
    [
        (SMALL, None, ["feature_tables.small.path = 's.csv'", "no file"]),
        (SMALL, b"d,e,nn\n", ["small", "s.csv", "no column 'n'", "did you mean 'nn'?"]),
        (SMALL, b"", ["small.path", "no header"]),
        (SMALL, gzip.compress(b"d,e,n\n" * 9, mtime=0)[:12], ["small.path", "s.csv"]),
        (small(path='"s.parquet"'), b"d,e,n\n", ["small.path", "s.parquet cannot be read"]),
        (QUERY.format("'selec'"), None, ["small.sql", "syntax error"]),
        (QUERY.format("'select 1; drop table raw.nights'"), None, ["SELECT and DROP", "one SELECT"]),
        (QUERY.format("\"copy (select 1) to 'x'\""), None, ["COPY", "one SELECT"]),
        (QUERY.format("'select 1 as n'"), None, ["parameters are none", "$night"]),
        (QUERY.format("'select $night as d, $other as e, 1 as n'"), None, ["$night, $other"]),
        (QUERY.format("'select $night as d, 1 as n'"), None, ["no column 'e'"]),
        (QUERY.format("'select $night as d, 1 as e, m as n from features.users'"), None, ["small.sql", "users"]),
        (QUERY.format("\"select $night as d, * from read_csv('s.csv')\""), b"e,n\n", ["small.sql", "disabled"]),
    ],
)
def test_what_cannot_be_read_is_one_sentence_before_any_work(
    tmp_path: Path, section: str, content: bytes | None, words: list[str]
) -> None:
    settings = configured(tmp_path, section)
    for name in ("s.csv", "s.parquet") if content is not None else ():
        (tmp_path / name).write_bytes(content or b"")
    with pytest.raises(ConfigError) as fault:
        check_own_tables(settings)
    assert "\n" not in str(fault.value)
    assert all(word in str(fault.value) for word in words), fault.value


def test_config_check_explains_the_tables(tmp_path: Path) -> None:
    write_csv(tmp_path / "data/a.csv", HEADER, entities(FIRST))
    with (tmp_path / "out.txt").open("w+") as out:
        explain(configured(tmp_path, TABLE, QUERY.format(f'"{GOOD}"')), Console(file=out, width=300))
        out.seek(0)
        shown = out.read()
    assert "feature table order: " in shown
    assert "1 files at data/*.csv; 2 numeric, 1 log, 2 categorical, labels in kind" in shown
    assert "feature table small: rows of e and d from a query over the raw tables; 1 numeric" in shown


def test_no_name_of_a_table_can_be_taken(tmp_path: Path) -> None:
    assert set(FEATURE_TABLES) <= TAKEN_NAMES
    named = {name.partition(".")[2] for name in TABLES if name.startswith(("features.", "scores."))}
    assert all(name in TAKEN_NAMES or name.endswith(tuple(f"_{end}" for end in TAKEN_ENDS)) for name in named)
    added = set(tables(configured(tmp_path, TABLE))) - set(TABLES)
    expected = {"features.order", "features.order_patterns", "features.order_nights", "scores.order"}
    assert added == expected | {"scores.order_patterns"}


def test_every_column_is_described(tmp_path: Path) -> None:
    known = tables(configured(tmp_path, TABLE))
    for name in set(known) - set(TABLES):
        assert known[name].model.__doc__
        assert all(column.description for column in known[name].columns().values())


Staged = Callable[..., tuple[LeftOut, list[tuple[Any, ...]]]]


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    """What a night's rows become, and what is left out, for files of texts or tables."""

    def stage(section: str, night: date = FIRST, **files: Any) -> tuple[LeftOut, list[tuple[Any, ...]]]:
        for name, content in files.items():
            if isinstance(content, pa.Table):
                pq.write_table(content, tmp_path / f"{name}.parquet")
            else:
                (tmp_path / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        settings = configured(tmp_path, section)
        rows = OwnRows(settings.feature_tables[0], settings)
        rows.check()
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            left_out = rows.stage(connection, night)
            found = connection.execute(f"select * exclude log_date from {rows.staged} order by all").fetchall()
        return left_out, found

    return stage


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), (" -2.5 ", -2.5), ("1e3", 1000.0), ("true", 1.0), ("FALSE", 0.0), ("", None), ("x", None),
     ("nan", None), ("inf", None), ("1e300", None), ("1e-300", 1e-300), ("0x10", None), ("1,5", None)],
)  # fmt: skip
def test_what_is_no_number_is_null_and_counted(staged: Staged, text: str, number: float | None) -> None:
    left_out, rows = staged(SMALL, s=f'd,e,n\n2026-01-05,a,"{text}"\n')
    assert rows == [("a", None, number)]
    assert left_out == LeftOut(unreadable_numbers=int(number is None and bool(text)))


@pytest.mark.parametrize(
    ("text", "is_of_night"),
    [("2026-01-05", True), ("2026-01-05T23:59:59", True), ("2026-01-04T23:30:00-05:00", True), ("2026-01-06", False),
     ("5/1/26", None), ("", None), ("infinity", None), ("0001-01-01", None)],
)  # fmt: skip
def test_times_count_as_utc_and_undated_rows_are_counted(staged: Staged, text: str, is_of_night: bool | None) -> None:
    left_out, rows = staged(SMALL, s=f"d,e,n\n{text},a,1\n")
    assert len(rows) == int(is_of_night is True)
    assert left_out == LeftOut(undated=int(is_of_night is None))


def test_files_of_any_shape_are_read_together(staged: Staged) -> None:
    section = small(path='"*[[]1[]].*"', log='["b"]')
    plain = b'\xef\xbb\xbfn,B,d,e\r\n1,2,2026-01-05,a\r\n3,4,2026-01-05,"b\r\nc"\n'
    table = pa.table({"e": [7, 8], "d": [FIRST, SECOND], "n": [True, None], "b": [1.5, -1.5], "other": [[1], [2]]})
    left_out, rows = staged(section, **{"x[1]": plain, "y[1]": table})
    assert rows == [("7", None, 1.0, 1.5), ("a", None, 1.0, 2.0), ("b\nc", None, 3.0, 4.0)]
    assert left_out == LeftOut()


def test_labels_that_mean_benign_are_one_word(staged: Staged) -> None:
    content = "d,e,n,l\n" + "".join(f"2026-01-05,e{n},1,{label}\n" for n, label in enumerate(("0", "1", "", "Scan")))
    assert [row[1] for row in staged(small(label='"l"'), s=content)[1]] == ["benign", "1", None, "Scan"]
    named = small(label='"l"', benign='["scan"]')
    assert [row[1] for row in staged(named, s=content)[1]] == ["0", "1", None, "benign"]


@given(st.floats(-1e100, 1e100))
def test_the_logarithm_keeps_sign_and_order(value: float) -> None:
    lower, log, higher, other = (evaluated(x) for x in (value - abs(value) - 1, value, value + 1, -value))
    assert lower <= log <= higher
    assert log == -other
    assert (log > 0) == (value > 0) or value + 1 == 1


@cache
def signed_log_sql() -> str:
    rows = ibis.table({"x": "float64"}, name="rows")
    return str(ibis.to_sql(rows.select(y=signed_log(rows.x)), dialect="duckdb"))


def evaluated(value: float) -> float:
    with_rows = f"with rows as (select $x::double as x) {signed_log_sql()}"
    return float(duckdb.execute(with_rows, {"x": value}).fetchall()[0][0])


@pytest.fixture
def site(tmp_path: Path) -> tuple[Settings, Warehouse]:
    for night in (FIRST, SECOND):
        write_csv(tmp_path / f"data/{night}.csv", HEADER, entities(night))
    settings = configured(tmp_path, TABLE)
    return settings, Warehouse.of(settings)


def revisions(settings: Settings, warehouse: Warehouse) -> dict[date, tuple[int, int]]:
    order = feature_tables(settings)["order"]
    assert order.own is not None
    with warehouse.connect() as connection:
        order.own.update_nights(connection)
        found = connection.execute('from features."order_nights"').fetchall()
    return {night: (rows, revision) for night, rows, revision in found}


def test_a_nights_revision_follows_its_rows_and_nothing_else(site: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = site
    before = revisions(settings, warehouse)
    assert {night: rows for night, (rows, _) in before.items()} == {FIRST: 30, SECOND: 30}
    data = settings.folder / "data"
    write_csv(data / "again.csv", HEADER, reversed(entities(SECOND)))
    (data / f"{SECOND}.csv").unlink()
    assert revisions(settings, warehouse) == before
    write_csv(data / "again.csv", HEADER, entities(SECOND)[1:])
    after = revisions(settings, warehouse)
    assert after[FIRST] == before[FIRST]
    assert after[SECOND][0] == 29
    assert after[SECOND][1] != before[SECOND][1]


def test_a_window_is_built_again_where_files_have_changed_or_gone(site: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = site
    revisions(settings, warehouse)
    order = feature_tables(settings)["order"]
    assert catch_up(warehouse, order, THIRD, settings) == [FIRST, SECOND]
    assert outdated(warehouse, order, THIRD, settings) == []
    (settings.folder / f"data/{SECOND}.csv").unlink()
    revisions(settings, warehouse)
    assert catch_up(warehouse, order, THIRD, settings) == [SECOND]
    assert outdated(warehouse, order, THIRD, settings) == []
    with warehouse.connect() as connection:
        assert connection.execute('select distinct log_date from features."order"').fetchall() == [(FIRST,)]


def test_other_columns_make_the_tables_anew(site: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = site
    revisions(settings, warehouse)
    catch_up(warehouse, feature_tables(settings)["order"], THIRD, settings)
    changed = configured(settings.folder, TABLE.replace('numeric = ["n", "self"]', 'numeric = ["n"]'))
    again = Warehouse.of(changed)
    revisions(changed, again)
    assert catch_up(again, feature_tables(changed)["order"], THIRD, changed) == [FIRST, SECOND]
