"""Scores a night again with a stored model for a person, and makes its report follow."""

from datetime import date

from rich.console import Console

from pipeline.config import Settings
from pipeline.console.running import report_again
from pipeline.models.rescoring import rescore
from pipeline.warehouse.engine import Warehouse


def rescore_night(settings: Settings, console: Console, night: date, model_id: str) -> None:
    """Replace the night's scores of the model's algorithm, then make the night's report anew.

    Raises:
        UsageError: there is no such model, or the night has no rows of its feature table.
        RunFailedError: the scores are replaced, but the report could not be made.
    """
    done = rescore(Warehouse.of(settings), night, model_id, settings)
    table = done.model.feature_table
    console.print(f"night {night}: {done.patterns:,} patterns of {table} scored again by {model_id}", soft_wrap=True)
    if done.has_seen:
        console.print("the model was fitted on this night, too: what is new in it may look usual", soft_wrap=True)
    report_again(settings, night, console)
    console.print(f"`shoal run --date {night}` restores the scores of the night's own models", soft_wrap=True)
