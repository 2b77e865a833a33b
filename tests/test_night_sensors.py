"""Real ticks of the sensors on real nights: late logs, stale nights, failed runs."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from night_helpers import write_config

from pipeline import sensors
from pipeline.config import Settings, load
from pipeline.definitions import build_defs
from pipeline.ingest.late import late_files, states
from pipeline.ingest.manifest import FileRow, Manifest
from pipeline.instance import local_instance
from pipeline.nights import LATE_LOGS, NIGHTLY, PARTITION_TAG
from pipeline.run_launcher import watched_run
from pipeline.samples.generate import write_samples
from pipeline.warehouse.published import connect

TODAY = datetime.now(UTC).date()
FIRST, SECOND = TODAY - timedelta(days=3), TODAY - timedelta(days=2)
SMALL = f"""\
[training]
algorithms = ["kmeans"]
consensus = false
[schedule]
first_night = "{FIRST}"
"""
LATE, STALE = "late_logs_sensor", "stale_nights_sensor"


class Site:
    """Two small nights, their instance, and what the daemon does."""

    def __init__(self, folder: Path) -> None:
        self.settings = load(write_config(folder, SMALL))
        self.defs = build_defs(self.settings)
        self.instance = local_instance(self.settings.home_folder)
        self.landing = self.settings.home_folder / "landing"

    def read(self) -> bool:
        return self.defs.resolve_job_def(LATE_LOGS).execute_in_process(instance=self.instance).success

    def run(self, night: str) -> bool:
        """The part of a night that is about events, which is enough here."""
        wanted = [
            spec.key
            for spec in self.defs.resolve_all_asset_specs()
            if spec.group_name in {"ingestion", "report", "upkeep"} or spec.key.path[-1].startswith("event")
        ]
        job = self.defs.resolve_job_def(NIGHTLY)
        return job.execute_in_process(
            partition_key=night,
            instance=self.instance,
            asset_selection=wanted,
            tags=watched_run(),
            raise_on_error=False,
        ).success

    def tick(self, name: str, cursor: str | None = None) -> dg.SensorResult:
        context = dg.build_sensor_context(
            self.instance, cursor=cursor, repository_def=self.defs.get_repository_def(), sensor_name=name
        )
        return self.defs.resolve_sensor_def(name).evaluate_tick(context)

    def look_twice(self) -> list[dg.RunRequest]:
        """Requests of a second look: what a first look finds could still be changing."""
        first = self.tick(LATE)
        assert not first.run_requests
        return list(self.tick(LATE, first.cursor).run_requests)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    home = folder / "home"
    write_samples(home / "landing", home / "truth.csv", first_night=FIRST, nights=2, events_per_night=1_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        site = Site(folder)
        for night in (FIRST, SECOND):
            assert site.run(night.isoformat())
        yield site
        site.instance.dispose()


@pytest.mark.slow
def test_late_logs_are_read_and_their_nights_run_again_once(site: Site) -> None:
    assert not site.look_twice()
    assert not site.tick(STALE).run_requests
    file = next(site.landing.glob(f"*{FIRST}*"))
    os.utime(file)  # touched, not changed
    assert not site.look_twice()

    late = site.landing / f"late.{FIRST}.json"
    late.write_text("".join(file.read_text().replace("chs dropped input", "chs late input").splitlines(True)[:40]))
    (request,) = site.look_twice()
    assert site.look_twice() == [request]  # its key is the same, so Dagster would not run it twice
    assert site.read()
    assert not site.look_twice()

    stale = site.tick(STALE).run_requests
    assert [(it.partition_key, it.tags["shoal/why"]) for it in stale] == [
        (str(FIRST), "its logs have changed"),
        (str(SECOND), "its baseline has changed"),
    ]
    assert [it.run_key for it in site.tick(STALE).run_requests] == [it.run_key for it in stale]
    for request in stale:
        assert site.run(str(request.partition_key))
    assert not site.tick(STALE).run_requests


@pytest.mark.slow
def test_a_night_says_what_its_run_took(site: Site) -> None:
    with connect(site.settings.published_folder) as published:
        rows = published.execute("from report.night_runs order by log_date").to_arrow_table().to_pylist()
        nights = published.execute("select log_date, events, rejected_share, models_accepted from report.nights")
        counts = {row[0]: row[1:] for row in nights.fetchall()}[SECOND]
    assert counts == (json.loads(rows[1]["rows"])["raw.security_events"], 0.0, 1)
    assert [row["log_date"] for row in rows] == [FIRST, SECOND]
    durations = json.loads(rows[1]["durations"])
    assert {"landed_logs", "events_features", "models", "report__page"} <= durations.keys()
    assert 0 < sum(durations.values()) < rows[1]["seconds"]
    assert json.loads(rows[1]["rows"])["raw.security_events"] > 400
    assert min(rows[1][f"{what}_bytes"] for what in ("warehouse", "published", "reports")) > 1_000


@pytest.mark.slow
def test_nothing_is_asked_for_while_a_run_is_under_way(site: Site) -> None:
    run = site.instance.create_run_for_job(
        site.defs.resolve_job_def(LATE_LOGS), status=dg.DagsterRunStatus.STARTED, tags={PARTITION_TAG: str(FIRST)}
    )
    for name in (LATE, STALE):
        assert "under way" in (site.tick(name).skip_message or "")
    site.instance.delete_run(run.run_id)


@pytest.mark.slow
def test_a_failed_run_tells_which_night_which_step_and_why(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(sensors, "notify_failure", lambda _, *said: told.append(said[:2]))
    started = site.tick("failed_runs_sensor").cursor
    index = site.settings.reports_folder / "index.html"
    index.unlink()
    index.mkdir()
    assert not site.run(str(SECOND))
    cursor = site.tick("failed_runs_sensor", started).cursor
    shutil.rmtree(index)
    ((night, sentence),) = told
    assert night == SECOND
    assert sentence.startswith(f"night {SECOND} failed at report__page: ")
    site.tick("failed_runs_sensor", cursor)
    assert len(told) == 1


@pytest.fixture
def landed(settings: Settings) -> Callable[[str], Path]:
    folder = settings.home_folder / "landing"
    folder.mkdir(parents=True)

    def write(name: str) -> Path:
        (folder / name).write_text("{}\n")
        return folder / name

    return write


NOTHING = Manifest({}, {})


@pytest.mark.parametrize(
    ("name", "is_late"),
    [
        ("2026-01-07.json", True),
        ("2026-01-08.json", False),  # its night is still to be run
        ("2026-01-04.json", False),  # too late
        ("log.json", True),
    ],
)
def test_late_is_what_no_night_will_read_by_itself(
    settings: Settings, landed: Callable[[str], Path], name: str, is_late: bool
) -> None:
    file = landed(name)
    reported = {date(2026, 1, day) for day in (4, 5, 6, 7)}
    assert [found.path for found in late_files(settings, NOTHING, reported, date(2026, 1, 5))] == [file] * is_late


def test_known_content_under_another_name_is_not_late(settings: Settings, landed: Callable[[str], Path]) -> None:
    landed("a.json")
    (found,) = late_files(settings, NOTHING, (), TODAY)
    known = Manifest({found.file_id: FileRow(found.file_id, "ecs_json", found.sha256, found.bytes)}, {})
    assert not late_files(settings, known, (), TODAY)
    unreadable = Manifest({found.unreadable_id: FileRow(found.unreadable_id, "ecs_json")}, {})
    assert not late_files(settings, unreadable, (), TODAY)


def test_a_file_that_grows_has_another_state(settings: Settings, landed: Callable[[str], Path]) -> None:
    file = landed("a.json")
    before = states(late_files(settings, NOTHING, (), TODAY))
    file.write_text("{}\n{}\n")
    assert states(late_files(settings, NOTHING, (), TODAY)).isdisjoint(before)


def test_without_late_days_nothing_looks(settings: Settings) -> None:
    schedule = settings.schedule.model_copy(update={"late_days": 0})
    names = {sensor.name for sensor in sensors.build(settings.model_copy(update={"schedule": schedule}))}
    assert names == {"failed_runs_sensor"}
