"""Questions to the published copy: they only read, and their answers are safe to show."""

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.querying import ask, show
from pipeline.warehouse.published import CATALOG, NothingPublishedError


@pytest.fixture
def published(settings: Settings) -> Settings:
    """Settings whose published copy has one view over a Parquet file, as every table there is."""
    folder = settings.published_folder
    folder.mkdir(parents=True)
    part = folder / "part.parquet"
    duckdb.sql("select 1 as n, 'x' as word").write_parquet(str(part))
    with duckdb.connect(folder / CATALOG) as connection:
        connection.execute("create schema raw")
        connection.execute(f"create view raw.words as from read_parquet(['{part}'])")
    return settings


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "sql",
    [
        "select n, word from raw.words",
        "from raw.words;",
        "with w as (from raw.words) select * from w -- a remark",
        "from raw.words order by (select max(n) from range(9) t(n))",
    ],
)
def test_a_select_is_answered(published: Settings, sql: str) -> None:
    assert ask(published, sql) == (["n", "word"], [(1, "x")])


@pytest.mark.parametrize("sql", ["describe raw.words", "summarize raw.words", "show all tables", "values (1)"])
def test_questions_about_tables_are_answered(published: Settings, sql: str) -> None:
    assert ask(published, sql)[1]


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{folder}/made'",
        "copy raw.words to '{published}/made.parquet'",
        "explain analyze copy (select 1) to '{published}/made'",
        "export database '{published}/made'",
        "create table made as select 1",
        "create temp table made as select 1",
        "drop view raw.words",
        "insert into published_parts values (1)",
        "attach '{folder}/made.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "call enable_logging(storage = 'file', storage_path = '{folder}/made')",
        "pragma enable_profiling",
        "select 1; select 2",
        "select 1; copy (select 1) to '{folder}/made'",
        "pivot raw.words on word using sum(n)",
    ],
)
def test_what_is_no_single_select_is_refused(published: Settings, tmp_path: Path, sql: str) -> None:
    before = files(tmp_path)
    with pytest.raises(UsageError, match="only reads"):
        ask(published, sql.format(folder=tmp_path, published=published.published_folder))
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "sql",
    [
        "from enable_logging(level = 'trace', storage = 'file', storage_path = '{folder}/made')",
        "from enable_logging(level = 'trace', storage = 'file', storage_path = '{published}/made')",
        "from enable_profiling(save_location = '{folder}/made.json', format = 'json')",
        "from enable_profiling(save_location = '{published}/made.json', format = 'json')",
        "from read_text('{folder}/secret')",
        "from read_csv('/etc/passwd')",
        "from '{folder}/home/warehouse.duckdb'",
        "from glob('{folder}/*')",
        "from query('create table made as select 1')",
    ],
)
def test_functions_in_a_select_reach_nothing_else(published: Settings, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret").write_text("secret")
    before = files(tmp_path)
    try:
        _, rows = ask(published, sql.format(folder=tmp_path, published=published.published_folder))
    except UsageError as fault:
        assert "LINE 1" not in str(fault)  # noqa: PT017 - whether it fails is up to the engine
    else:
        assert rows == []
    assert files(tmp_path) == before


@pytest.mark.parametrize("sql", ["", "  ", ";", "-- nothing"])
def test_an_empty_query_names_an_example(published: Settings, sql: str) -> None:
    with pytest.raises(UsageError, match=r"empty; ask something such as: select \* from report.nights"):
        ask(published, sql)


@pytest.mark.parametrize(
    ("sql", "words"),
    [("select * from nothing", "nothing"), ("selct 1", "syntax"), ("select 'x'::int", "'x'"), ("select $1", "param")],
)
def test_wrong_sql_is_a_sentence_without_the_query(published: Settings, sql: str, words: str) -> None:
    with pytest.raises(UsageError) as fault:
        ask(published, sql)
    assert words in str(fault.value)
    assert "LINE 1" not in str(fault.value)


def test_before_the_first_night_there_is_nothing_to_ask(settings: Settings) -> None:
    with pytest.raises(NothingPublishedError, match="shoal run"):
        ask(settings, "select 1")


def test_a_table_shows_control_characters_and_markup_instead_of_obeying_them() -> None:
    console = Console(width=80, file=io.StringIO())
    show(console, ["a\x1b[2J"], [("\x1b]0;title\x07",), ("[red]plain",), (None,)])
    shown = console.file.getvalue()
    assert "\x1b" not in shown
    assert "\x07" not in shown
    for visible in (r"a\x1b[2J", r"\x1b]0;title\x07", "[red]plain"):
        assert visible in shown


def test_rows_too_wide_for_a_table_are_shown_as_lists() -> None:
    console = Console(width=40, file=io.StringIO())
    names = [f"column_{number}" for number in range(9)]
    show(console, names, [tuple(range(9)), ("long " * 20, *range(8))])
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    assert [line.split() for line in lines[:11]] == [
        *([name, name[-1]] for name in names),
        [],
        ["column_0", *["long"] * 6],
    ]
