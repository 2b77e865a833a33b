"""The event log that keeps its files open holds what Dagster's own would."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from pipeline.instance import MOST_OPEN, OpenEventLog, local_instance


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


def test_a_wiped_log_begins_anew(instance: dg.DagsterInstance) -> None:
    run(instance)
    instance.wipe()
    assert instance.all_logs(run(instance))
    instance.dispose()
