"""What a night asks of the models: fit on the baseline window, then score the night with what was fitted."""

import json
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

from pipeline.config import Thresholds, Training
from pipeline.features.patterns import add_up
from pipeline.features.tables import FeatureTable
from pipeline.models import store
from pipeline.models.base import Occasion
from pipeline.models.rows import to_rows
from pipeline.models.training import fit
from pipeline.scoring.night import score_patterns
from pipeline.warehouse.engine import Warehouse
from schemas.models import COMPONENTS, FITS, SELECTION

MODEL_TABLES = (FITS, COMPONENTS, SELECTION)


def train(
    warehouse: Warehouse,
    table: FeatureTable,
    algorithm: str,
    night: date,
    patterns: ibis.Table,
    settings: Training,
) -> dict[str, pa.Table]:
    """Rows of the model tables for one algorithm, fitted for one night; empty for a night without data.

    `patterns` are those of the baseline window and of the night itself.
    """
    with warehouse.connect():
        built = warehouse.fetch(patterns.group_by("log_date").agg(revision=_.revision.max())).to_pylist()
        revisions = {row["log_date"]: row["revision"] for row in built}
        if night not in revisions:
            return {spec.name: spec.schema().to_pyarrow().empty_table() for spec in MODEL_TABLES}
        occasion = _occasion(table, night, revisions)
        known = patterns.filter(patterns.log_date.between(occasion.trained_from, occasion.trained_to))
        rows = warehouse.fetch(add_up(known, table)).to_pandas()
        previous = store.latest_before(warehouse, table.name, algorithm, night)
    columns = table.seed_columns if settings.seed_compatible else table.columns
    return to_rows(fit(algorithm, rows, columns, occasion, settings, previous))


def _occasion(table: FeatureTable, night: date, revisions: dict[date, int]) -> Occasion:
    dates = sorted(day for day in revisions if day < night) or [night]
    return Occasion(
        feature_table=table.name,
        log_date=night,
        trained_from=dates[0],
        trained_to=dates[-1],
        bootstrap=dates == [night],
        baseline=" ".join(f"{day}:{revisions[day]}" for day in dates),
    )


def summary(rows: dict[str, pa.Table]) -> dict[str, Any]:
    """What a person wants to know of a fit: its parameters, columns left out among them, and its metrics."""
    fits = rows[FITS.name].to_pylist()
    return {name: json.loads(fit_row[name]) for fit_row in fits for name in ("parameters", "metrics")}


def score(
    warehouse: Warehouse,
    table: FeatureTable,
    algorithm: str,
    night: date,
    patterns: ibis.Table,
    thresholds: Thresholds,
) -> dict[str, pa.Table]:
    """Scores of the night's patterns by the model that was fitted for it; empty for a night without data."""
    spec = table.pattern_scores
    with warehouse.connect():
        model = store.load(warehouse, table.name, algorithm, night)
        frame = warehouse.fetch(patterns.order_by("pattern_id")).to_pandas()
    if model is None:
        return {spec.name: spec.schema().to_pyarrow().empty_table()}
    return {spec.name: score_patterns(model, frame, night, thresholds, spec)}
