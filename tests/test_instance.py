"""The event log that keeps its files open holds what Dagster's own would."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from pipeline.instance import LAPTOP_INSTANCE, MOST_OPEN, WRITTEN_BY, OpenEventLog, forget_runs, local_instance


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return local_instance(tmp_path)


@dg.asset
def numbers() -> int:
    return 1


def run(instance: dg.DagsterInstance) -> str:
    result = dg.materialize([numbers], instance=instance)
    assert result.success
    return result.run_id


def test_dagster_reads_what_it_wrote(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    assert isinstance(instance._event_storage, OpenEventLog)
    runs = [run(instance) for _ in range(MOST_OPEN + 2)]
    written = {run_id: len(instance.all_logs(run_id)) for run_id in runs}
    instance.dispose()
    plain = SqliteEventLogStorage(str(tmp_path / "dagster" / "history" / "runs"))
    assert {run_id: len(plain.get_logs_for_run(run_id)) for run_id in runs} == written
    assert min(written.values()) > 5


def test_few_files_stay_open(instance: dg.DagsterInstance) -> None:
    for _ in range(MOST_OPEN + 2):
        run(instance)
    storage = instance._event_storage
    assert isinstance(storage, OpenEventLog)
    assert len(storage._engines) == MOST_OPEN
    instance.dispose()
    assert not storage._engines


def files_of(home: Path, run_id: str) -> list[str]:
    return sorted(path.name for path in home.rglob(f"*{run_id}*"))


def test_old_runs_and_the_events_of_others_are_forgotten(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [run(instance) for _ in range(2)]
    assert forget_runs(instance, 1, 1) == (0, 0)
    assert forget_runs(instance, 0, 0) == (0, 0)
    later = datetime.now(UTC) + timedelta(days=30)
    monkeypatch.setattr("pipeline.instance.datetime", SimpleNamespace(now=lambda _: later))
    assert forget_runs(instance, 90, 10) == (0, 2)
    assert forget_runs(instance, 90, 10) == (0, 0)
    assert {it.run_id for it in instance.get_runs()} == set(runs)
    assert not any(instance.all_logs(run_id) for run_id in runs)
    again = run(instance)
    assert forget_runs(instance, 20, 0) == (3, 0)
    assert not instance.get_runs()
    instance.dispose()
    assert files_of(tmp_path, again) == []


def test_settings_that_shoal_wrote_follow_it_and_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    file = tmp_path / "dagster" / "dagster.yaml"
    file.parent.mkdir()
    for text, after in ((f"{WRITTEN_BY}nonsense: 1\n", LAPTOP_INSTANCE), ("telemetry:\n  enabled: false\n", None)):
        file.write_text(text)
        local_instance(tmp_path).dispose()
        assert file.read_text() == (after or text)


def test_a_wiped_log_begins_anew(instance: dg.DagsterInstance) -> None:
    run(instance)
    instance.wipe()
    assert instance.all_logs(run(instance))
    instance.dispose()
