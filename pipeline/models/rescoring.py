"""Scoring a night again with any stored model: its rows take the place of those of the same algorithm.

Which model a score is of stands beside it, so views and the next report follow; running the night again restores what
was there. What does not belong here: which model scores a night by itself (`store`).
"""

from dataclasses import dataclass
from datetime import date

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.features.own_tables import feature_tables
from pipeline.models.store import load_model
from pipeline.models.stored import Model
from pipeline.scoring.night import score_by
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.base import of_night


@dataclass(frozen=True)
class Rescored:
    """What was done: by which model, for how many patterns, and whether the model may have seen the night."""

    model: Model
    patterns: int
    has_seen: bool


def find_model(warehouse: Warehouse, model_id: str) -> Model:
    """The stored model of that id.

    Raises:
        UsageError: there is none.
    """
    if (model := load_model(warehouse, model_id)) is None:
        message = f"there is no model {model_id!r}; `shoal models list` shows those of a night"
        raise UsageError(message)
    return model


def rescore(warehouse: Warehouse, night: date, model_id: str, settings: Settings) -> Rescored:
    """Replace the night's scores of the model's algorithm and feature table, in one transaction.

    Raises:
        UsageError: there is no such model, its feature table is not configured, or the night has no rows of it.
    """
    with warehouse.connect():
        model = find_model(warehouse, model_id)
        table = feature_tables(settings).get(model.feature_table)
        if table is None:
            message = f"the feature table {model.feature_table} of {model_id} is configured no more; add it again"
            raise UsageError(message)
        patterns = warehouse.fetch(of_night(table.patterns, night).order_by("pattern_id")).to_pandas()
        if patterns.empty:
            message = f"night {night} has no rows of {table.name}; run it with `shoal run --date {night}`"
            raise UsageError(message)
        limit = settings.thresholds.limit(table.name, model.algorithm)
        rows = score_by(model, patterns, night, limit, table.pattern_scores.arrow_schema())
        with warehouse.transaction() as connection:
            scope = {"log_date": night, "algorithm": model.algorithm}
            replace_rows(connection, table.pattern_scores, rows, scope)
    return Rescored(model, len(patterns), model.trained_from <= night <= model.trained_to)
