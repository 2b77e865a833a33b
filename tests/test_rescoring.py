"""A night scored again with another stored model, pins, and what people see of models: on two small nights."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from night_helpers import FIRST, checksums, write_config, write_logs
from rich.console import Console

from pipeline.config import Settings, load
from pipeline.config_errors import UsageError
from pipeline.console.models import compare_models, list_models, pin_model, show_model, unpin_model
from pipeline.console.rescoring import rescore_night
from pipeline.console.running import run_nights
from pipeline.models import store
from pipeline.models.rescoring import rescore
from pipeline.scoring.facts import models_in_service
from pipeline.warehouse.engine import Warehouse

SECOND = FIRST + timedelta(days=1)
ONE = """\
[training]
algorithms = ["kmeans"]
consensus = false
"""
EVALUATED = "from report.evaluation order by all"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.usefixtures("own_dagster_home")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two nights that were run in order."""
    folder = tmp_path_factory.mktemp("site")
    write_logs(folder, nights=2, events=500)
    settings = load(write_config(folder, ONE))
    run_nights(settings, [FIRST, SECOND], Console(file=StringIO()))
    return settings


def told(action: object, *arguments: object) -> str:
    out = StringIO()
    settings, *rest = arguments
    action(settings, Console(file=out, width=400), *rest)  # type: ignore[operator]
    return out.getvalue()


def asked(settings: Settings, sql: str, file: str = "warehouse.duckdb") -> list[tuple[object, ...]]:
    with duckdb.connect(settings.home_folder / file, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def model_of(settings: Settings, night: date) -> str:
    query = f"select model_id from models.fits where feature_table = 'events' and log_date = '{night}'"
    return str(asked(settings, query)[0][0])


def scored_by(settings: Settings, night: date, file: str = "warehouse.duckdb") -> list[str]:
    query = f"select distinct model_id from scores.events where log_date = '{night}'"
    return [str(row[0]) for row in asked(settings, query, file)]


def test_a_night_is_scored_again_reported_again_and_restored_by_running_it(site: Settings) -> None:
    before, older = checksums(site.home_folder), model_of(site, FIRST)
    evaluated = asked(site, EVALUATED)
    said = told(rescore_night, site, SECOND, older)
    assert f"scored again by {older}" in said
    assert scored_by(site, SECOND) == scored_by(site, SECOND, "published/shoal.duckdb") == [older]
    assert checksums(site.home_folder) != before
    run_nights(site, [SECOND], Console(file=StringIO()))
    assert asked(site, EVALUATED) == evaluated
    assert checksums(site.home_folder) == before


def test_a_model_that_has_seen_the_night_says_so(site: Settings) -> None:
    warehouse = Warehouse.of(site)
    assert rescore(warehouse, FIRST, model_of(site, SECOND), site).has_seen
    assert not rescore(warehouse, SECOND, model_of(site, SECOND), site).has_seen
    # tests come in any order, and the second night's evaluation looks at the first one's scores
    rescore(warehouse, FIRST, model_of(site, FIRST), site)


def test_a_pinned_model_scores_the_nights_from_its_own_until_it_is_unpinned(site: Settings) -> None:
    def serving(night: date) -> str:
        return store.serving(Warehouse.of(site), "events", night)["kmeans"].model_id

    first, second = model_of(site, FIRST), model_of(site, SECOND)
    assert "shoal models unpin events-kmeans" in told(pin_model, site, first, "before a migration", "ops")
    assert serving(SECOND) == first
    assert "yes" in told(list_models, site, SECOND)
    told(pin_model, site, second, "after it", "ops")
    assert serving(FIRST) == first  # the second may have been fitted on that night
    told(unpin_model, site, "events-kmeans")
    assert serving(SECOND) == second


def test_a_rejected_model_leaves_the_night_to_the_one_before(site: Settings) -> None:
    warehouse, first, second = Warehouse.of(site), model_of(site, FIRST), model_of(site, SECOND)
    with warehouse.connect() as connection:
        connection.execute(
            "update models.fits set accepted = false, reason = 'odd' where model_id = $id", {"id": second}
        )
    try:
        assert store.serving(warehouse, "events", SECOND)["kmeans"].model_id == first
        assert store.latest_before(warehouse, "events", SECOND + timedelta(days=1))["kmeans"].model_id == first
        verdict = models_in_service(warehouse, site, SECOND)
        assert not verdict.holds
        assert "events kmeans: odd" in verdict.sentence
    finally:
        with warehouse.connect() as connection:
            connection.execute("update models.fits set accepted = true, reason = null")


def test_models_are_listed_shown_and_compared(site: Settings) -> None:
    first, second = model_of(site, FIRST), model_of(site, SECOND)
    listed = told(list_models, site, None)
    assert f"night {SECOND}" in listed
    assert second in listed
    shown = told(show_model, site, second)
    assert f"previous_id: {first}" in shown
    assert "mass" in shown
    compared = told(compare_models, site, first, second)
    assert f"of {FIRST} to {FIRST}" in compared
    assert "adjusted Rand index" in compared


def test_what_is_not_there_is_a_sentence(site: Settings) -> None:
    users = asked(site, "select model_id from models.fits where feature_table = 'source_ips' limit 1")[0][0]
    for action in (
        lambda: told(rescore_night, site, SECOND, "nothing"),
        lambda: told(rescore_night, site, SECOND + timedelta(days=9), model_of(site, SECOND)),
        lambda: told(show_model, site, "nothing"),
        lambda: told(compare_models, site, model_of(site, SECOND), users),
        lambda: told(unpin_model, site, "nothing"),
        lambda: told(list_models, site, date(2030, 1, 1)),
    ):
        with pytest.raises(UsageError, match=r"shoal |of source_ips|no entry"):
            action()


def test_drift_is_stored_and_published_and_checks_only_warn(site: Settings) -> None:
    query = "select kind, count(*) from report.drift where log_date = '2026-01-06' group by 1 order by 1"
    counted = dict(asked(site, query))
    assert counted["feature"] > 50
    assert counted["model"] >= 6
    assert dict(asked(site, query, "published/shoal.duckdb")) == counted
    assert Path(site.published_folder / "report" / "drift").is_dir()
