"""What a night asks of the models: fit on the baseline window, then score the night with what was fitted."""

from datetime import date

import ibis
import pyarrow as pa

from pipeline.config import Thresholds, Training
from pipeline.features.patterns import add_up
from pipeline.features.tables import FeatureTable
from pipeline.models import store
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
        nights = warehouse.fetch(patterns[["log_date"]].distinct())["log_date"].to_pylist()
        dates = [day for day in nights if day < night] or [night]
        first, last = min(dates), max(dates)
        known = patterns.filter(patterns.log_date.between(first, last))
        rows = warehouse.fetch(add_up(known, table)).to_pandas()
        previous = store.latest_before(warehouse, table.name, algorithm, night)
    if night not in nights:
        return {spec.name: spec.schema().to_pyarrow().empty_table() for spec in MODEL_TABLES}
    model = fit(
        algorithm,
        rows,
        table.seed_columns if settings.seed_compatible else table.columns,
        feature_table=table.name,
        log_date=night,
        window=(first, last),
        bootstrap=dates == [night],
        settings=settings,
        previous=previous,
    )
    return to_rows(model)


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
