"""Patterns: the distinct feature rows of a night with their weights, and how a window of nights adds them up."""

import ibis
from ibis import _

from pipeline.features.tables import FeatureTable


def collapse(features: ibis.Table, table: FeatureTable) -> ibis.Table:
    """One row per distinct feature row of each night; `weight` counts the entities that share it."""
    names = list(table.features)
    return features.group_by(["log_date", "pattern_id", *names]).agg(weight=_.count(), revision=_.revision.max())[
        [*names, "log_date", "pattern_id", "weight", "revision"]
    ]


def add_up(patterns: ibis.Table, table: FeatureTable) -> ibis.Table:
    """The patterns of several nights as one: equal rows are one row, weights add up."""
    names = list(table.features)
    return patterns.group_by(["pattern_id", *names]).agg(weight=_.weight.sum())
