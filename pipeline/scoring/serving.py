"""Which models score a night: those that its scores name.

Most of them were fitted for it; where one was not sound, or another is pinned, it is a model of an earlier night.
"""

from functools import cache

import ibis

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.warehouse.queries import NIGHT
from schemas.base import TableSpec, of_night


def score_tables(settings: Settings) -> tuple[TableSpec, ...]:
    """The tables of pattern scores of all feature tables."""
    return tuple(table.pattern_scores for table in feature_tables(settings).values())


@cache
def models_in_service(scores: tuple[TableSpec, ...]) -> ibis.Table:
    """One row per model that scores the night: `model_id`.

    Args:
        scores: tables of pattern scores.
    """
    return ibis.union(*(of_night(spec, NIGHT)[["model_id"]] for spec in scores), distinct=True)
