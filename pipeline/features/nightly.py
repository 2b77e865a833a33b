"""What a night asks of the features: its own rows, and up-to-date patterns of the baseline window before it."""

from datetime import date, timedelta

import ibis
from ibis import _

from pipeline.config import Settings
from pipeline.features.patterns import collapse
from pipeline.features.tables import FeatureTable
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.base import of_night, of_nights
from schemas.raw import NIGHTS


def feature_rows(rows: ibis.Table, table: FeatureTable, settings: Settings) -> ibis.Table:
    """Feature rows of the raw rows of whole nights, with the revision of the logs that they were built from."""
    revisions = NIGHTS.unbound()[["log_date", "revision"]]
    return table.build(rows, settings.site).inner_join(revisions, "log_date")[list(table.entities.schema())]


def outdated(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> list[date]:
    """Nights of the baseline window whose patterns are missing or rest on logs that have changed since."""
    window = night - timedelta(days=settings.training.window_days), night - timedelta(days=1)
    patterns = of_nights(table.patterns, *window)
    built = patterns.group_by("log_date").agg(built=_.revision.min())
    nights = of_nights(NIGHTS, *window).left_join(built, "log_date")
    # a night that lost all its events has no patterns to be out of date
    current = (nights.events > 0).ifelse(nights.revision, 0)
    wrong = nights.filter(nights.built.fill_null(0) != current)
    return sorted(warehouse.fetch(wrong[["log_date"]])["log_date"].to_pylist())


def catch_up(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> list[date]:
    """Build the outdated nights of the baseline window, so that a baseline does not depend on which nights were run.

    Each night is one transaction. Scores and reports of these nights stay as they are: they are stale, and say so.
    """
    nights = outdated(warehouse, table, night, settings)
    for day in nights:
        with warehouse.transaction() as connection:
            rows = feature_rows(of_night(table.raw, day), table, settings)
            replace_rows(connection, table.entities, rows, {"log_date": day})
            replace_rows(connection, table.patterns, collapse(of_night(table.entities, day), table), {"log_date": day})
    return nights
