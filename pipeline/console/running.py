"""Runs nights for a person who watches: a bar per night, a step per asset, and a sentence when one fails."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DatabaseError

from pipeline.config import Settings
from pipeline.config_errors import ConfigError, with_remedy
from pipeline.console.explaining import check_sources
from pipeline.console.status import stale_nights
from pipeline.definitions import build_defs
from pipeline.instance import local_instance
from pipeline.models.nightly import processes_for, train
from pipeline.models.parallel import warm_up
from pipeline.nights import run_night, steps_of

REPORT = "report"  # the group of its assets
REFRESHES = 2  # a second


class RunFailedError(RuntimeError):
    """A night did not get to its end; the message names it and the cause."""


def span(first: date, last: date) -> list[date]:
    """Every night from the first to the last."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@contextmanager
def _without_what_stays() -> Iterator[None]:
    """Look for garbage only among what is made from now on: what was imported and built until now is much."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _forget_the_run(*, is_first: bool) -> None:
    """Free a run's own tables: they are large, and lie in cycles."""
    gc.collect()
    if is_first:
        gc.freeze()  # what all nights have in common, such as the SQL that they ask, is made by now


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[step]}"),
        TimeElapsedColumn(),
    )
    # drawing ten times a second, rich's default, would take a twentieth of a core
    return Progress(*columns, console=console, refresh_per_second=REFRESHES)


def _advance(progress: Progress, task: TaskID, step: str) -> None:
    progress.update(task, advance=1, step=step)


def run_nights(settings: Settings, wanted: Sequence[date], console: Console) -> None:
    """Run the nightly job for each night, in order.

    Raises:
        ConfigError: a night lies before the first one or has not ended, or a source has no folder.
        RunFailedError: a night failed; those after it are not begun.
    """
    _check(settings, wanted)
    warm_up(train, processes_for(settings.training))
    definitions = build_defs(settings)
    steps = steps_of(definitions)
    with local_instance(settings.home_folder) as instance, _progress(console) as progress, _without_what_stays():
        for night in wanted:
            task = progress.add_task(f"night {night}", total=steps, step="")
            try:
                fault = run_night(definitions, instance, night, partial(_advance, progress, task))
            except DatabaseError as error:  # Dagster's own books cannot be kept
                fault = with_remedy(f"Dagster's books in {settings.home_folder / 'dagster'}: {error.orig}")
            if fault:
                progress.update(task, step="failed")
                message = f"night {night} failed at {fault}"
                raise RunFailedError(message)
            progress.update(task, completed=steps, step="done")
            _forget_the_run(is_first=night == wanted[0])
    if stale := stale_nights(settings):
        console.print(f"stale, run them again: {', '.join(stale)} (why: shoal status)")


def report_again(settings: Settings, night: date, console: Console) -> None:
    """Make the report of a night again from its scores: nothing is read and nothing fitted.

    Raises:
        RunFailedError: it failed.
    """
    definitions = build_defs(settings)
    with local_instance(settings.home_folder) as instance, _progress(console) as progress:
        task = progress.add_task(f"report of {night}", total=None, step="")
        fault = run_night(definitions, instance, night, partial(_advance, progress, task), REPORT)
        progress.update(task, step="failed" if fault else "done")
    if fault:
        message = f"the report of {night} failed at {fault}"
        raise RunFailedError(message)


def _check(settings: Settings, wanted: Sequence[date]) -> None:
    """Raise if a night cannot be run; nothing has been done by then."""
    first = date.fromisoformat(settings.schedule.first_night)
    if early := [night for night in wanted if night < first]:
        message = (
            f"{early[0]} lies before schedule.first_night = {first}; set an earlier first night or ask for a later one"
        )
        raise ConfigError(message)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    if unfinished := [night for night in wanted if night > yesterday]:
        message = f"night {unfinished[0]} has not ended yet; ask for one until {yesterday}"
        raise ConfigError(message)
    check_sources(settings)
