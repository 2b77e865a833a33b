"""Reads what the findings of a night are made of: the scored patterns of every feature table, and their models."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import ibis
import pandas as pd
from ibis import _

from pipeline.features.tables import USER_TABLE, FeatureTable
from pipeline.report.attack_patterns import EARLIER_OFF_HOURS, OTHERS_OFF_HOURS
from pipeline.report.records import ADDRESS_TABLES
from pipeline.report.scored import Scored, typical
from pipeline.scoring.serving import models_in_service
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import FIRST, LAST, NIGHT
from schemas.base import TableSpec, of_night, of_nights
from schemas.models import COMPONENTS, FITS
from schemas.scores import of_clusters

ISOLATION_LEVEL = 990  # of the 1,000 steps of a model's score levels: the 99th percentile
SCORES = [
    "algorithm", "cluster_id", "pattern_id", "weight", "is_new", "score", "threshold", "status", "large_distance",
]  # fmt: skip


def fits_of(warehouse: Warehouse, night: date, scores: tuple[TableSpec, ...]) -> pd.DataFrame:
    """The models that score the night, by what they call usual and the nights that they rest on.

    Args:
        warehouse: where they are.
        night: the night.
        scores: all tables of pattern scores.
    """
    return warehouse.fetch(_fits(scores), {NIGHT: night}).to_pandas()


def large_clusters(warehouse: Warehouse, night: date, scores: tuple[TableSpec, ...]) -> pd.DataFrame:
    """feature_table, algorithm and stable_id of the large clusters of these models; see `fits_of`."""
    return warehouse.fetch(_large(scores), {NIGHT: night}).to_pandas()


def scored_of(
    warehouse: Warehouse, table: FeatureTable, night: date, fits: pd.DataFrame, large: pd.DataFrame
) -> Scored | None:
    """The scored patterns of a feature table; None where the night has none, or no model."""
    own = fits[fits["feature_table"] == table.name]
    if own.empty:
        return None
    rows = warehouse.fetch(_scores(table.pattern_scores), {NIGHT: night}).to_pandas()
    if rows.empty:
        return None
    dates = {NIGHT: night, FIRST: own["trained_from"].min(), LAST: own["trained_to"].max()}
    pairs = large.loc[large["feature_table"] == table.name, ["algorithm", "stable_id"]]
    return Scored(
        table=table,
        scores=rows,
        patterns=warehouse.fetch(_patterns(table.patterns), dates).to_pandas().set_index("pattern_id"),
        limits=dict(zip(own["algorithm"], own["limit"], strict=True)),
        usual={row.algorithm: _usual(row.usual) for row in own.itertuples()},
        large=frozenset(pairs.itertuples(index=False, name=None)),
        records=_records(warehouse, table, night),
    )


def _records(warehouse: Warehouse, table: FeatureTable, night: date) -> dict[int, int]:
    if table.name not in ADDRESS_TABLES:
        return {}
    rows = warehouse.fetch(_records_by_pattern(table.entities), {NIGHT: night})
    return dict(zip(rows["pattern_id"].to_pylist(), rows["records"].to_pylist(), strict=True))


@cache
def _records_by_pattern(spec: TableSpec) -> ibis.Table:
    return of_night(spec, NIGHT).group_by("pattern_id").agg(records=_.events.sum().fill_null(0).cast("int64"))


@cache
def _fits(scores: tuple[TableSpec, ...]) -> ibis.Table:
    fits = of_clusters(FITS.unbound().semi_join(models_in_service(scores), "model_id"))
    chosen = fits.select(
        "feature_table", "algorithm", "usual", "trained_from", "trained_to", limit=_.score_levels[ISOLATION_LEVEL]
    )
    return chosen.order_by(["feature_table", "algorithm"])


@cache
def _large(scores: tuple[TableSpec, ...]) -> ibis.Table:
    components = of_clusters(COMPONENTS.unbound().semi_join(models_in_service(scores), "model_id"))
    large = components.filter(_.is_large, _.point == 0)
    return large.select("feature_table", "algorithm", "stable_id").distinct()


@cache
def _scores(spec: TableSpec) -> ibis.Table:
    return of_night(spec, NIGHT)[SCORES].order_by(["algorithm", "pattern_id"])


@cache
def _patterns(spec: TableSpec) -> ibis.Table:
    """The night's patterns, and whether the baseline has each of them, too."""
    seen = of_nights(spec, FIRST, LAST).select(seen=_.pattern_id).distinct()
    patterns = of_night(spec, NIGHT).drop("log_date", "revision")
    patterns = patterns.left_join(seen, patterns.pattern_id == seen.seen)
    return patterns.mutate(is_known=_.seen.notnull()).drop("seen").order_by("pattern_id")


def _usual(text: str) -> dict[str, Any]:
    return {name: (first, second) for name, (first, second) in json.loads(text).items()}


def user_hours(
    warehouse: Warehouse, scored: Mapping[str, Scored], chosen: ibis.Table, night: date, window: tuple[date, date]
) -> dict[int, dict[str, float]]:
    """By group of users seen before, how much was outside business hours: of their logins then, of other users' now.

    Args:
        warehouse: where the rows are.
        scored: the scored patterns of the feature tables.
        chosen: rows with group, feature_table and pattern_id.
        night: the night.
        window: first and last night of the baseline.
    """
    known = scored.get(USER_TABLE.name)
    if known is None:
        return {}
    others = typical(known, known.patterns["weight"].to_dict())["off_hours_share"]
    dates = {NIGHT: night, FIRST: window[0], LAST: window[1]}
    return {
        row["group"]: {EARLIER_OFF_HOURS: row["off"] / row["logins"], OTHERS_OFF_HOURS: others}
        for row in warehouse.fetch(_logins_before(chosen), dates).to_pylist()
    }


@cache
def _logins_before(chosen: ibis.Table) -> ibis.Table:
    own = chosen.filter(_.feature_table == USER_TABLE.name).drop("feature_table")
    users = of_night(USER_TABLE.entities, NIGHT)[["pattern_id", "entity_id"]].inner_join(own, "pattern_id")
    before = of_nights(USER_TABLE.entities, FIRST, LAST).filter(_.log_date < NIGHT)
    found = users[["group", "entity_id"]].inner_join(before, "entity_id")
    # shares are in quarters, so their sums are exact
    return found.group_by("group").agg(off=(_.off_hours_share * _.attempts).sum(), logins=_.attempts.sum())
