"""Partitions, the nightly job, its schedule and its runs: when Dagster runs what. What assets do belongs elsewhere."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from pipeline.config import Schedule, Training
from pipeline.config_errors import with_remedy
from pipeline.run_launcher import watched_run

NIGHTLY, LATE_LOGS = "nightly", "late_logs"
PARTITION_TAG = "dagster/partition"
PROGRESS_LOGGER = "progress"
REPORT_WITHIN = timedelta(hours=3)
FINISHED_STEP = {"STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"}


def nights(first_night: str) -> dg.DailyPartitionsDefinition:
    """One partition per UTC day from the first night on."""
    return dg.DailyPartitionsDefinition(start_date=first_night, timezone="UTC")


def night_of(partition_key: str) -> date:
    """The night that a partition key names."""
    return date.fromisoformat(partition_key)


def training_window(training: Training) -> dg.TimeWindowPartitionMapping:
    """The nights of the baseline window and the night itself, which a first night is fitted on."""
    return dg.TimeWindowPartitionMapping(start_offset=-training.window_days, end_offset=0)


def nightly_job() -> Any:
    """The main job: every asset of one night."""
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        description="Ingest what has landed, build features, fit, score and report one night.",
        executor_def=dg.in_process_executor,
    )


def nightly_schedule(job: Any, schedule: Schedule, partitions: dg.DailyPartitionsDefinition) -> dg.ScheduleDefinition:
    """Every day at the configured time: the night that has just ended."""

    @dg.schedule(
        job=job,
        name=f"{NIGHTLY}_schedule",
        cron_schedule=f"{schedule.minute} {schedule.hour} * * *",
        execution_timezone=schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Asks for yesterday's night.",
    )
    def run_yesterday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        night = (context.scheduled_execution_time.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        if not partitions.has_partition_key(night):
            return dg.SkipReason(f"{night} lies before the first night")
        return dg.RunRequest(run_key=night, partition_key=night)

    return run_yesterday


def report_freshness(schedule: Schedule) -> dg.FreshnessPolicy:
    """The report of the night is there some hours after the schedule asked for it."""
    deadline = datetime(2000, 1, 1, schedule.hour, schedule.minute, tzinfo=UTC) + REPORT_WITHIN
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"{deadline.minute} {deadline.hour} * * *",
        lower_bound_delta=REPORT_WITHIN,
        timezone=schedule.timezone,
    )


class _StepHandler(logging.Handler):
    """Tells a callback each finished step of a run, and keeps the error of a failed one."""

    def __init__(self, on_step: Callable[[str], None]) -> None:
        super().__init__()
        self.on_step = on_step

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None and event.event_type_value in FINISHED_STEP:
            self.on_step(event.step_key)


def progress_logger(on_step: Callable[[str], None]) -> dg.LoggerDefinition:
    """A logger that prints nothing and reports steps instead."""

    def progress(context: dg.InitLoggerContext) -> logging.Logger:
        del context
        logger = logging.Logger(PROGRESS_LOGGER, level=logging.DEBUG)
        logger.addHandler(_StepHandler(on_step))
        return logger

    return dg.LoggerDefinition(progress, description="Reports finished steps to the command line.")


def steps_of(definitions: dg.Definitions) -> int:
    """How many steps a night has."""
    return len(definitions.resolve_job_def(NIGHTLY).nodes)


def run_night(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    night: date,
    on_step: Callable[[str], None],
    group: str | None = None,
) -> str | None:
    """Run the nightly job, or only its assets of a group, for one night in this process; what went wrong, or None."""
    specs = definitions.resolve_all_asset_specs() if group else []
    job = definitions.resolve_job_def(NIGHTLY).with_logger_defs({PROGRESS_LOGGER: progress_logger(on_step)})
    result = job.execute_in_process(
        partition_key=night.isoformat(),
        instance=instance,
        tags=watched_run(),
        run_config={"loggers": {PROGRESS_LOGGER: {}}},
        asset_selection=[spec.key for spec in specs if spec.group_name == group] if group else None,
        raise_on_error=False,
    )
    if result.success:
        return None
    return failures(event for event in result.all_events if event.is_step_failure) or "the run failed"


def failures(events: Iterable[dg.DagsterEvent]) -> str:
    """Which steps failed and why, in words, from their failure events; empty without any."""
    return "; ".join(f"{event.step_key}: {with_remedy(_cause(event))}" for event in events)


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "unknown error"


def step_seconds(instance: dg.DagsterInstance, run_id: str) -> tuple[dict[str, float], float]:
    """Seconds of each step of a run that has ended, and when the first one began, in seconds since 1970."""
    steps = instance.get_run_step_stats(run_id)
    ended = {it.step_key: round(it.end_time - it.start_time, 3) for it in steps if it.start_time and it.end_time}
    return ended, min(it.start_time for it in steps if it.start_time)


def failed_nights(instance: dg.DagsterInstance) -> set[str]:
    """Nights whose latest run failed, by partition key."""
    latest: dict[str, dg.DagsterRunStatus] = {}
    for run in instance.get_runs(filters=dg.RunsFilter(job_name=NIGHTLY)):
        latest.setdefault(run.tags.get(PARTITION_TAG, ""), run.status)
    return {key for key, status in latest.items() if key and status == dg.DagsterRunStatus.FAILURE}
