"""Feature tables of a team through the real nightly job: hand-made, by a query, and labelled research sets."""

import csv
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from own_helpers import FIRST, HEADER, SECOND, TABLE, ask, configured, entities, run, write_csv

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.report.states import night_states
from pipeline.warehouse.engine import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DATA = Path(__file__).parents[3] / "shared/data"
NSL = DATA / "nsl_kdd/KDDTrain+_20Percent.txt"
UNSW = DATA / "labelled_flows/unsw_nb15_mixed_odd_rows.csv"
UNSW_NORMAL = DATA / "labelled_flows/unsw_nb15_normal_first2500.csv"
ALGORITHMS = {"kmeans", "dbscan"}
TRAINING = '[training]\nalgorithms = ["kmeans", "dbscan"]\n'
LOGINS = """
[[sources]]
name = "gate"
format = "csv"
path = "logins.csv"
table = "logins"
"""
BY_QUERY = """
[[feature_tables]]
name = "gates"
sql = '''
select user as who, log_date as d, count(*) as n, any_value(service) as via
from raw.logins where log_date = $night group by all -- end'''
date = "d"
entity = "who"
numeric = ["n"]
categorical = ["via"]
"""
NSL_TABLE = """
[[feature_tables]]
name = "nsl_kdd"
path = "nsl.csv"
date = "log_date"
entity = "row_id"
numeric = ["c23", "c24", "c25", "c29"]
log = ["c1", "c5", "c6"]
categorical = ["c2", "c3", "c4"]
label = "c42"
benign = ["normal"]
"""
UNSW_TABLE = """
[[feature_tables]]
name = "unsw_nb15"
path = "unsw/*.csv"
date = "log_date"
entity = "row_id"
numeric = ["rate", "sttl", "ct_srv_src"]
log = ["dur", "sbytes", "dbytes", "sload"]
categorical = ["proto", "service", "state"]
label = "label"
"""
DAMAGED = [
    [SECOND, "e1", 5, 5, 5, "tcp", "", "normal"],
    [SECOND, " ", 5, 5, 5, "tcp", "", "normal"],
    ["never", "e99", 5, 5, 5, "tcp", "", "normal"],
    [SECOND, "e98", "inf", "n/a", "1e300", "tcp", "", "normal"],
    [SECOND, "short"],
]


def dated(rows: Sequence[Sequence[str]]) -> list[list[object]]:
    """Half of the rows for each night."""
    return [[(FIRST, SECOND)[number % 2], number, *row] for number, row in enumerate(rows)]


def research(folder: Path) -> list[str]:
    """The sections of the sets that are there, with a sample of their rows below the folder."""
    sections = []
    if NSL.exists():
        with NSL.open() as file:
            rows = list(islice(csv.reader(file), 100))
        write_csv(folder / "nsl.csv", ["log_date", "row_id", *(f"c{n}" for n in range(1, 44))], dated(rows))
        sections.append(NSL_TABLE)
    if UNSW.exists() and UNSW_NORMAL.exists():
        for name, file in (("mixed", UNSW), ("normal", UNSW_NORMAL)):
            with file.open(encoding="utf-8-sig") as opened:
                header, *rows = islice(csv.reader(opened), 0, None, 40)
            numbered = [[day, f"{name}{number}", *row] for day, number, *row in dated(rows[:50])]
            write_csv(folder / "unsw" / f"{name}.csv", ["log_date", "row_id", *header], numbered)
        sections.append(UNSW_TABLE)
    return sections


Site = tuple[Settings, list[dg.ExecuteInProcessResult]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("own")
    write_csv(folder / "data/first.csv", HEADER, entities(FIRST))
    write_csv(folder / "data/second.csv", HEADER, [*entities(SECOND), *DAMAGED])
    logins = [
        (f"{night}T08:{number:02}:00", f"u{number % 4}", "ssh") for night in (FIRST, SECOND) for number in range(20)
    ]
    write_csv(folder / "logins.csv", ["timestamp", "user", "service"], logins)
    settings = configured(folder, TRAINING, LOGINS, TABLE, BY_QUERY, *research(folder))
    return settings, run(settings, FIRST, SECOND)


def names(settings: Settings) -> list[str]:
    return [own.name for own in settings.feature_tables]


def test_both_nights_succeed(site: Site) -> None:
    assert [result.success for result in site[1]] == [True, True]


def test_scores_hold_every_entity_once_per_algorithm(site: Site) -> None:
    settings, _ = site
    for name in names(settings):
        counted = ask(
            settings,
            f"""
            select s.log_date, algorithm, count(*), count(distinct entity_id), any_value(n)
            from scores.{name} as s
            join (select log_date, count(*) as n from features.{name} group by 1) using (log_date) group by all
            """,
        )
        assert {(night, algorithm) for night, algorithm, *_ in counted} >= {
            (night, algorithm) for night in (FIRST, SECOND) for algorithm in ALGORITHMS
        }, name
        assert all(rows == distinct == entities > 0 for *_, rows, distinct, entities in counted), name


def test_the_second_night_is_scored_by_models_of_the_first(site: Site) -> None:
    fits = ask(site[0], "select log_date, trained_to, bootstrap from models.fits where feature_table = 'order'")
    assert set(fits) == {(FIRST, FIRST, True), (SECOND, FIRST, False)}


def test_names_and_values_that_look_like_sql_stay_names_and_values(site: Site) -> None:
    (row,) = ask(site[0], """from features.order where entity_id = 'odd' and log_date = '2026-01-06'""")
    assert row[:2] == ("odd", SECOND)
    columns = [name for name, *_ in ask(site[0], "describe features.order")]
    values = dict(zip(columns, row, strict=True))
    assert (values["n"], values["self"], values["balance"]) == (400, 99, -1e9)
    assert values["balance_log"] == pytest.approx(-20.723265837946414)
    assert (values['select "x"'], values["label"]) == ("x", "attack")
    assert ask(site[0], "select distinct columns('select.*') from features.order order by 1") == [
        ("'); --",), ("unknown",), ("x",),
    ]  # fmt: skip


def test_labels_are_stored_and_no_feature(site: Site) -> None:
    found = dict(ask(site[0], "select label, count(*) from features.order group by 1"))
    assert found == {"benign": 59, "attack": 2}
    for name in names(site[0]):
        assert "label" not in {column for column, *_ in ask(site[0], f"describe features.{name}_patterns")}


def test_rows_left_out_are_counted_in_a_check_that_warns(site: Site) -> None:
    judged = {
        (check.asset_key.to_user_string(), night): check
        for night, result in zip((FIRST, SECOND), site[1], strict=True)
        for check in result.get_asset_check_evaluations()
        if check.check_name == "left_out_rows"
    }
    second = judged["features/order", SECOND]
    assert (second.passed, second.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert second.description == (
        "4 rows left out: 1 lines that are no rows of the table, 1 rows without a date that can be read, "
        "1 rows without an entity, 1 rows of an entity that has one, 3 numbers that cannot be read"
    )
    assert judged["features/gates", FIRST].passed
    (unread,) = ask(site[0], """select n, self, balance from features.order where entity_id = 'e98'""")
    assert unread == (None, None, None)


def test_of_rows_with_one_entity_the_one_that_sorts_first_stays(site: Site) -> None:
    assert ask(site[0], """select n from features.order where entity_id = 'e1' and log_date = '2026-01-06'""") == [
        (1.0,)
    ]


def test_a_query_gives_a_table_too(site: Site) -> None:
    assert ask(site[0], "select entity_id, n, via from features.gates where log_date = '2026-01-06' order by 1") == [
        (f"u{number}", 5.0, "ssh") for number in range(4)
    ]


@pytest.mark.parametrize(("name", "file"), [("nsl_kdd", NSL), ("unsw_nb15", UNSW)])
def test_labelled_research_sets_are_scored(site: Site, name: str, file: Path) -> None:
    if not file.exists():
        pytest.skip(f"{file} is not there")
    ((rows, benign),) = ask(site[0], f"select count(*), count(*) filter (label = 'benign') from features.{name}")
    assert rows == 100
    assert 40 < benign < 100


def states(settings: Settings) -> dict[date, Any]:
    rows = Warehouse.of(settings).fetch(night_states(7, feature_tables(settings))).to_pylist()
    return {row["log_date"]: row["why"] or row["state"] for row in rows}


def test_changed_files_make_their_night_and_those_after_it_stale(site: Site) -> None:
    settings, _ = site
    warehouse, order = Warehouse.of(settings), feature_tables(settings)["order"]
    assert order.own is not None
    assert states(settings) == {FIRST: "done", SECOND: "done"}
    file = settings.folder / "data/first.csv"
    kept = file.read_text("utf-8")
    try:
        file.write_text(kept.replace("400", "401"), "utf-8")
        with warehouse.connect() as connection:
            order.own.update_nights(connection)
        assert states(settings) == {FIRST: "its logs have changed", SECOND: "its baseline has changed"}
    finally:
        file.write_text(kept, "utf-8")
