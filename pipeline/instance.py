"""Dagster's own state for one machine: where it lies, its settings, and an event log that keeps its files open.

What does not belong here: what runs, and when (nights). A team's installation names PostgreSQL in its own dagster.yaml.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

WRITTEN_BY = (
    "# Written by shoal, and written anew when shoal has other settings; without this line it stays as it is.\n"
)
LAPTOP_INSTANCE = f"""\
{WRITTEN_BY}telemetry:
  enabled: false
nux:  # no invitation to newsletters
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
  pools:  # of runs, not of steps: a killed run then holds no place
    granularity: run
    default_limit: 1
run_launcher:
  module: pipeline.run_launcher
  class: MonitoredRunLauncher
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  poll_interval_seconds: 60
run_retries:
  enabled: true
  max_retries: 2
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      success: 90
      failure: 90
event_log_storage:
  module: pipeline.instance
  class: OpenEventLog
  config:
    base_dir:
      env: DAGSTER_HOME
"""
EVENTS = Path("history", "runs")  # where Dagster itself keeps them
EVENTS_REMOVED = "shoal/events_removed"
MOST_OPEN = 4
BUSY_SECONDS = 60


def local_instance(home: Path) -> dg.DagsterInstance:
    """Dagster's own state, in the home folder; the settings for a laptop are written where there are none.

    Raises:
        PermissionError: the folder cannot be written.
    """
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    settings = folder / "dagster.yaml"
    if not settings.exists() or _is_outdated(settings):
        settings.write_text(LAPTOP_INSTANCE, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(folder)
    return dg.DagsterInstance.get()


def forget_runs(instance: dg.DagsterInstance, runs_days: int, event_log_days: int) -> tuple[int, int]:
    """Forget finished runs, and the event logs of further ones, that are older than so many days; 0 keeps all.

    Returns:
        How many runs were forgotten, and of how many others the events.
    """
    old = _finished_before(instance, runs_days)
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
    silent = {run.run_id for run in instance.get_runs(dg.RunsFilter(tags={EVENTS_REMOVED: "true"}))}
    quietened = [run_id for run_id in _finished_before(instance, event_log_days) if run_id not in silent]
    for run_id in quietened:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.event_log_storage.delete_events(run_id)
        instance.add_run_tags(run_id, {EVENTS_REMOVED: "true"})
    return len(old), len(quietened)


def _finished_before(instance: dg.DagsterInstance, days: int) -> list[str]:
    if not days:
        return []
    moment = datetime.now(UTC) - timedelta(days=days)
    return [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=moment))]


def _is_outdated(settings: Path) -> bool:
    """Whether the file is one of ours, and another than would be written now."""
    text = settings.read_text(encoding="utf-8")
    return text.startswith(WRITTEN_BY) and text != LAPTOP_INSTANCE


class OpenEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite, with the files of the latest runs kept open.

    Dagster's own class opens a file anew for each of a night's several hundred events, which took a fifth of a small
    night. Access is serialised by the lock of the base class, as there.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        super().__init__(str(Path(base_dir) / EVENTS), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The storage that dagster.yaml names."""
        return cls(config_value["base_dir"], inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._initialized_dbs:
                # what was open of it may have been wiped
                self._close(shard)
                self._initdb(self._engine(shard))
                self._initialized_dbs.add(shard)
            with self._engine(shard).begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index of all runs has a table; asked for every check, of a file that never loses one."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Whether the index knows a column of assets; asked for every asset event, of a file that never loses one."""
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def _engine(self, shard: str) -> Engine:
        """The open file of a shard, now the one last used."""
        engine = self._engines.pop(shard, None) or self._opened(shard)
        self._engines[shard] = engine
        while len(self._engines) > MOST_OPEN:
            self._close(next(iter(self._engines)))
        return engine

    def _opened(self, shard: str) -> Engine:
        options = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        engine = create_engine(self.conn_string_for_shard(shard), connect_args=options)
        # with a write-ahead log this can lose the last events when the power fails, and cannot damage the file
        event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous = normal"))
        return engine

    def _close(self, shard: str) -> None:
        if engine := self._engines.pop(shard, None):
            engine.dispose()

    def delete_events(self, run_id: str) -> None:
        """Forget the events of a run, and the file that held them."""
        super().delete_events(run_id)
        with self._db_lock:
            self._close(run_id)
            self._initialized_dbs.discard(run_id)
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path_for_shard(run_id)}{suffix}").unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close all files."""
        with self._db_lock:
            for shard in list(self._engines):
                self._close(shard)
        super().dispose()
