"""A team's installation: Dagster on PostgreSQL, and the daemon that runs the night by itself."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)
from dagster._core.workspace.load_target import ModuleTarget
from night_helpers import write_config

from pipeline.nights import NIGHTLY, PARTITION_TAG
from pipeline.samples.generate import write_samples
from pipeline.warehouse.published import connect

ROOT = Path(__file__).parents[1]
PATIENCE = 400  # seconds; a minute on a machine with nothing else to do
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2 * PATIENCE),
    pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL is not installed (apt-get install postgresql)"),
]


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test alone, on a socket; it refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    as_server = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_server:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    pg_ctl = [*as_server, str(PROGRAMS / "pg_ctl"), "-D", str(data), "-l", str(log)]  # type: ignore[operator]
    subprocess.run([*pg_ctl, "initdb", "-o", "-U shoal -A trust"], check=True, capture_output=True, cwd=folder)
    try:
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        # to no pipe: the server would keep it open
        subprocess.run([*pg_ctl, "start", "-w", "-o", options], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        yield f"postgresql+psycopg2://shoal@/postgres?host={folder}"
    finally:
        subprocess.run([*pg_ctl, "stop", "-m", "immediate"], check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder)


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres_url: str) -> datetime:
    """A home with the logs of one night and the settings of a team; its schedule was due some minutes ago."""
    due = (datetime.now(UTC) - timedelta(minutes=5)).replace(second=0, microsecond=0)
    night = (due - timedelta(days=1)).date()
    schedule = f'[schedule]\nfirst_night = "{night}"\nhour = {due.hour}\nminute = {due.minute}\n'
    config = write_config(tmp_path, f'[training]\nalgorithms = ["kmeans"]\nconsensus = false\n{schedule}')
    home = tmp_path / "home"
    write_samples(home / "landing", home / "truth.csv", first_night=night, nights=1, events_per_night=500)
    (home / "dagster").mkdir()
    shutil.copy(ROOT / "deploy" / "dagster.yaml", home / "dagster")
    for name, value in (
        ("SHOAL_CONFIG", config),
        ("DAGSTER_HOME", home / "dagster"),
        ("DAGSTER_POSTGRES_URL", postgres_url),
        ("PYTHONPATH", ROOT),
    ):
        monkeypatch.setenv(name, str(value))
    return due


@contextmanager
def daemon(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "pipeline.definitions"]
    with (folder / "daemon.txt").open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None


def was_started(instance: dg.DagsterInstance, before: datetime) -> None:
    """Have the schedule stand as a daemon left it that was stopped before the schedule was due."""
    target = ModuleTarget(
        module_name="pipeline.definitions", attribute=None, working_directory=str(ROOT), location_name=None
    )
    (location,) = target.create_origins()
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), f"{NIGHTLY}_schedule")
    cron = f"{before.minute} {before.hour} * * *"
    data = ScheduleInstigatorData(cron, start_timestamp=(before - timedelta(minutes=10)).timestamp())
    instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.DECLARED_IN_CODE, data)
    )


def test_a_daemon_that_was_down_makes_up_for_the_night(due: datetime, tmp_path: Path) -> None:
    night = (due - timedelta(days=1)).date()
    with dg.DagsterInstance.get() as instance:
        assert "Postgres" in type(instance.run_storage).__name__
        was_started(instance, due)
        with daemon(tmp_path) as process:
            end = time.monotonic() + PATIENCE
            while not (runs := instance.get_runs(dg.RunsFilter(job_name=NIGHTLY))) or not runs[0].is_finished:
                assert process.poll() is None, (tmp_path / "daemon.txt").read_text()
                assert time.monotonic() < end, (tmp_path / "daemon.txt").read_text()
                time.sleep(1)
        ((run, *others),) = [runs]
        assert (run.status, others) == (dg.DagsterRunStatus.SUCCESS, [])
        assert run.tags[PARTITION_TAG] == str(night)
        assert run.tags["dagster/schedule_name"] == f"{NIGHTLY}_schedule"
    with connect(tmp_path / "home" / "published") as published:
        assert published.execute("select log_date, events > 0 from report.nights").fetchall() == [(night, True)]
