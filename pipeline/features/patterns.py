"""Patterns: the distinct feature rows of a night with their weights, and how a window of nights adds them up."""

import ibis
from ibis import _

from pipeline.features.engine_functions import row_hash
from pipeline.features.tables import FeatureTable


def with_pattern(features: ibis.Table, table: FeatureTable, *, seed_compatible: bool = False) -> ibis.Table:
    """Feature rows with the `pattern_id` of their feature values."""
    values = _as_pattern(features, table, seed_compatible=seed_compatible)
    return features.mutate(pattern_id=row_hash(*values.values()))


def collapse(features: ibis.Table, table: FeatureTable, *, seed_compatible: bool = False) -> ibis.Table:
    """One row per distinct feature row of each night; `weight` counts the entities that share it."""
    names = list(table.features)
    values = _as_pattern(features, table, seed_compatible=seed_compatible)
    # not as keywords: a column may be called self
    rows = features.mutate(*(value.name(name) for name, value in values.items()))
    return rows.group_by(["log_date", "pattern_id", *names]).agg(weight=_.count(), revision=_.revision.max())[
        list(table.patterns.schema())
    ]


def add_up(patterns: ibis.Table, table: FeatureTable) -> ibis.Table:
    """The patterns of several nights as one: equal rows are one row, weights add up."""
    names = list(table.features)
    return patterns.group_by(["pattern_id", *names]).agg(weight=_.weight.sum())


def _as_pattern(features: ibis.Table, table: FeatureTable, *, seed_compatible: bool) -> dict[str, ibis.Value]:
    """What of a feature row makes its pattern, by column."""
    left_out = () if seed_compatible else table.seed_only
    return {name: ibis.null(features[name].type()) if name in left_out else features[name] for name in table.features}
