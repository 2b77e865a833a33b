"""Scores of entities: they follow from the scores of the patterns that they share, so they are views."""

from functools import lru_cache

import ibis

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import MOST_KEPT, compile_sql


@lru_cache(maxsize=MOST_KEPT)
def entity_scores(table: FeatureTable) -> ibis.Table:
    """Every entity of every night once per algorithm, with the score of its pattern."""
    keys = table.entities.unbound()[["log_date", "pattern_id", "entity_id"]]
    scored = keys.inner_join(table.pattern_scores.unbound(), ["log_date", "pattern_id"])
    return scored[list(table.scores.schema())]


def view_queries(settings: Settings) -> dict[str, str]:
    """SQL of every view, by its name."""
    return {table.scores.name: compile_sql(entity_scores(table)) for table in feature_tables(settings).values()}


def create_view(warehouse: Warehouse, table: FeatureTable) -> None:
    """Create the view of a feature table's scores in the warehouse."""
    with warehouse.transaction() as connection:
        connection.execute(f"create or replace view {table.scores.name} as {compile_sql(entity_scores(table))}")
