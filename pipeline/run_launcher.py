"""Starts runs as Dagster does by default, and can tell Dagster's run monitoring that a run's process is gone.

Without that a run that was killed with everything around it (`kill -9`, a power cut) would count as running for ever,
and with one run at a time nothing would run any more. What does not belong here: what runs (nights).
"""

import socket
from collections.abc import Iterator

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

HOST_TAG = "shoal/host"
# what the web UI goes by when it lists the runs of a job; the code location is named as `shoal ui` and the services do
REPOSITORY_TAG = {".dagster/repository": "__repository__@pipeline.definitions"}
SERVER_TAG = ".dagster/grpc_info"  # of runs that the daemon started, which run on its own machine
CLOCK_SECONDS = 5  # what the clocks of the run and of the process table may differ by


def watched_run() -> dict[str, str]:
    """Tags of a run in this process, which a person or a script watches: where it runs, and that nobody repeats it."""
    return {HOST_TAG: socket.gethostname(), "dagster/max_retries": "0", **REPOSITORY_TAG}


class MonitoredRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, with a health check of the processes on this machine."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks for the health of runs."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process that executes the run is alive; of another machine's runs nothing is known."""
        here = SERVER_TAG in run.tags or run.tags.get(HOST_TAG) == socket.gethostname()
        pids = list(_pids(self._instance, run.run_id)) if here else []
        record = self._instance.get_run_record_by_id(run.run_id)
        if not pids or record is None or record.start_time is None or _is_alive(pids[-1], record.start_time):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {pids[-1]} is gone: it was killed")


def _pids(instance: dg.DagsterInstance, run_id: str) -> Iterator[int]:
    """The processes that said they execute the run, the latest last."""
    events = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in events:
        event = record.event_log_entry.dagster_event
        if event is not None and (pid := event.engine_event_data.metadata.get("pid")):
            yield int(str(pid.value))


def _is_alive(pid: int, since: float) -> bool:
    """Whether the process lives and was there at that time; ids are given again."""
    try:
        return psutil.Process(pid).create_time() <= since + CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
