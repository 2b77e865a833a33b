"""Run monitoring learns of runs whose process was killed."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.launcher import WorkerStatus

from pipeline.instance import local_instance
from pipeline.run_launcher import HOST_TAG, MonitoredRunLauncher, _is_alive, watched_run


@dg.op
def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.job(executor_def=dg.in_process_executor)
def killed() -> None:
    die()


def execute(home: Path) -> None:
    with local_instance(home) as instance:
        killed.execute_in_process(instance=instance, tags=watched_run())


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with local_instance(tmp_path) as instance:
        yield instance


@pytest.mark.slow
def test_a_run_whose_process_was_killed_is_found_dead(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=execute, args=(tmp_path,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    (run,) = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.STARTED
    launcher = instance.run_launcher
    assert isinstance(launcher, MonitoredRunLauncher)
    assert launcher.supports_check_run_worker_health
    assert launcher.check_run_worker_health(run).status == WorkerStatus.FAILED
    elsewhere = run.with_tags({**run.tags, HOST_TAG: "another machine"})
    assert launcher.check_run_worker_health(elsewhere).status == WorkerStatus.RUNNING


def test_a_process_with_an_id_that_was_given_again_is_another() -> None:
    born = psutil.Process().create_time()
    assert _is_alive(os.getpid(), born)
    assert not _is_alive(os.getpid(), born - 3600)
