"""What happens between the nights: late logs have their nights run again, and somebody is told of a failed run.

Here: Dagster's sensors. Not here: which files are late (ingest.late), which nights are stale (report.stale), channels.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from pipeline.config import Settings
from pipeline.feeds.notifications import notify_failure
from pipeline.ingest.late import fingerprint, late_files, states
from pipeline.ingest.manifest import Manifest
from pipeline.nights import LATE_LOGS, NIGHTLY, PARTITION_TAG, failures, night_of
from pipeline.report.stale import stale_nights
from pipeline.warehouse.published import NothingPublishedError, connect

REPORTED = "select log_date from report.nights"
WILL_RETRY_TAG, WHY_TAG = "dagster/will_retry", "shoal/why"
Look = Callable[[dg.SensorEvaluationContext], dg.SensorResult]


def build(settings: Settings) -> list[dg.SensorDefinition]:
    """The sensors; without `schedule.late_days` none looks for late logs and stale nights."""
    late = [_late_logs(settings), _stale_nights(settings)] if settings.schedule.late_days else []
    return [*late, _failed_runs(settings)]


def _late_logs(settings: Settings) -> dg.SensorDefinition:
    @_looking(settings, job=LATE_LOGS)
    def late_logs_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Has logs read that arrived late or changed, once they look the same at two looks."""
        with connect(settings.published_folder) as published:
            reported = {night for (night,) in published.execute(REPORTED).fetchall()}
            files = late_files(settings, Manifest.load(published), reported, _since(settings))
        now = states(files)
        settled = sorted(now & set(json.loads(context.cursor or "[]")))
        requests = [dg.RunRequest(run_key=fingerprint(settled))] if settled else []
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(sorted(now)))

    return late_logs_sensor


def _stale_nights(settings: Settings) -> dg.SensorDefinition:
    @_looking(settings, job=NIGHTLY)
    def stale_nights_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Has nights run again whose logs, baseline or models before have changed, in order."""
        del context
        with connect(settings.published_folder) as published:
            nights = stale_nights(published, settings, _since(settings))
        requests = [
            dg.RunRequest(run_key=f"{it.night}:{it.inputs}", partition_key=it.night.isoformat(), tags={WHY_TAG: it.why})
            for it in nights
        ]
        return dg.SensorResult(run_requests=requests)

    return stale_nights_sensor


def _looking(settings: Settings, job: str) -> Callable[[Look], dg.SensorDefinition]:
    """A sensor that looks when no run is under way.

    Dagster never starts a second run for a key, so a run that did not help is not repeated.
    """

    def decorate(look: Look) -> dg.SensorDefinition:
        def looked(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
            # a run reads what has landed, and changes which nights are stale
            if context.instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES), limit=1):
                return dg.SkipReason("a run is queued or under way; the next look is after it")
            try:
                return look(context)
            except NothingPublishedError as nothing:
                return dg.SkipReason(str(nothing))

        return dg.SensorDefinition(
            name=look.__name__,
            evaluation_fn=looked,
            job_name=job,
            minimum_interval_seconds=settings.schedule.late_minutes * 60,
            default_status=dg.DefaultSensorStatus.RUNNING,
            description=look.__doc__,
        )

    return decorate


def _since(settings: Settings) -> date:
    """The earliest night that late logs may have run again."""
    return _today() - timedelta(days=settings.schedule.late_days)


def _failed_runs(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failed_runs_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of a run that failed and is not tried again.",
    )
    def failed_runs_sensor(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if run.tags.get(WILL_RETRY_TAG) == "true":
            return dg.SkipReason("it is tried again")
        causes = failures(event for event in context.get_step_failure_events())
        key = run.tags.get(PARTITION_TAG)
        what, night = (f"night {key}", night_of(key)) if key else (f"the job {run.job_name}", _today())
        sentence = f"{what} failed at {causes or context.failure_event.message}"
        context.log.error(sentence)
        notify_failure(settings, night, sentence, run.run_id)
        return None

    return failed_runs_sensor


def _today() -> date:
    return datetime.now(UTC).date()
