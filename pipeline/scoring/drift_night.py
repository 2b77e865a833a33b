"""The rows of `report.drift` of one night and feature table: fetches few numbers from the engine, asks for measures."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from pipeline.config import Settings
from pipeline.features.tables import FeatureTable
from pipeline.models.base import NOISE
from pipeline.scoring.drift_counts import bin_counts
from pipeline.scoring.drift_features import feature_drift
from pipeline.scoring.drift_models import Before, Scored, model_drift
from pipeline.scoring.drift_silhouettes import silhouettes
from pipeline.scoring.serving import models_in_service
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import MOST_KEPT, NIGHT
from pipeline.warehouse.storage import replace_rows
from schemas.base import of_night, of_nights
from schemas.models import COMPONENTS, FITS
from schemas.report import DRIFT
from schemas.report.drift import LEVELS, MODEL, SILHOUETTE
from schemas.scores import CONSENSUS

SAID = 3  # changes that a sentence tells


def drift_rows(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> pa.Table:
    """Rows of `report.drift`; none for a night without data or without a baseline."""
    first = night - timedelta(days=settings.training.window_days)
    with warehouse.connect():
        counts = bin_counts(warehouse, table, first, night)
        rows = list(feature_drift(counts, table.columns, night, settings.drift))
        before = _before(warehouse, table, first, night)
        for scored in _scored(warehouse, table, night, settings.training.random_state):
            rows += model_drift(scored, before.get(scored.algorithm, {}), settings.drift)
    named = [{"log_date": night, "feature_table": table.name, **row} for row in rows]
    return pa.Table.from_pylist(named, schema=DRIFT.arrow_schema())


def _before(warehouse: Warehouse, table: FeatureTable, first: date, night: date) -> dict[str, dict[str, Before]]:
    """By algorithm and measure, what the nights of the baseline had."""
    rows = of_nights(DRIFT, first, night - timedelta(days=1)).filter(_.kind == MODEL, _.feature_table == table.name)
    reached = (rows.measure == SILHOUETTE).ifelse(rows.usual - rows.value, rows.value)
    found = rows.group_by("name", "measure").agg(nights=_.count(), greatest=reached.max())
    by_algorithm: dict[str, dict[str, Before]] = {}
    for row in warehouse.fetch(found).to_pylist():
        by_algorithm.setdefault(row["name"], {})[row["measure"]] = Before(row["nights"], max(row["greatest"], 0.0))
    return by_algorithm


def _scored(warehouse: Warehouse, table: FeatureTable, night: date, seed: int) -> Iterator[Scored]:
    """The night by each model that scored it and has not seen it."""
    fits, *others = _asked(table)
    models = warehouse.fetch(fits, {NIGHT: night}).to_pylist()
    if not models:
        return
    known, masses, patterns, placed = (warehouse.fetch(each, {NIGHT: night}).to_pandas() for each in others)
    apart = silhouettes(patterns, placed, models, seed)
    for model in models:
        own, clusters = (frame[frame["model_id"] == model["model_id"]] for frame in (masses, known))
        yield _of_model(model["algorithm"], own, clusters, apart.get(model["model_id"]))


@lru_cache(maxsize=MOST_KEPT)
def _asked(table: FeatureTable) -> tuple[ibis.Table, ...]:
    """The models, the baseline's shares of their clusters, the night's of them, its patterns, and where they are."""
    scores, used = of_night(table.pattern_scores, NIGHT), models_in_service((table.pattern_scores,))
    fits = FITS.unbound().semi_join(used, "model_id").filter(~_.bootstrap).order_by("algorithm")
    components = COMPONENTS.unbound().filter(_.kind == "cluster", _.algorithm != CONSENSUS).semi_join(used, "model_id")
    return (
        fits.select("model_id", "algorithm", "metrics", "encoder"),
        # in one order, since shares are added up
        components.select("model_id", "stable_id", "mass").order_by("model_id", "stable_id"),
        _masses(scores),
        of_night(table.patterns, NIGHT).order_by("pattern_id"),
        scores.select("model_id", "pattern_id", "cluster_id"),
    )


def _masses(scores: ibis.Table) -> ibis.Table:
    return scores.group_by("model_id", "cluster_id").agg(
        rows=_.weight.sum(), flagged=_.weight.sum(where=_.status == "anomaly").fill_null(0), threshold=_.threshold.max()
    )


def _of_model(algorithm: str, masses: pd.DataFrame, known: pd.DataFrame, apart: tuple[float, float] | None) -> Scored:
    clustered = masses.dropna(subset="cluster_id")
    baseline = {int(cluster): float(mass) for cluster, mass in zip(known["stable_id"], known["mass"], strict=True)}
    if baseline:
        baseline[NOISE] = max(1 - sum(baseline.values()), 0.0)
    return Scored(
        algorithm=algorithm,
        masses=dict(zip(clustered["cluster_id"].astype(int), clustered["rows"].astype(int), strict=True)),
        baseline=baseline,
        rows=int(masses["rows"].sum()),
        flagged=int(masses["flagged"].sum()),
        expected=1 - float(masses["threshold"].max()),
        silhouettes=apart,
    )


def store_drift(warehouse: Warehouse, tables: Iterable[FeatureTable], night: date, settings: Settings) -> None:
    """Replace the night's rows of `report.drift` for these feature tables, in one transaction."""
    with warehouse.transaction() as connection:
        for table in tables:
            scope = {"log_date": night, "feature_table": table.name}
            replace_rows(connection, DRIFT, drift_rows(warehouse, table, night, settings), scope)


def drift_verdict(warehouse: Warehouse, table: FeatureTable, night: date) -> tuple[str, str]:
    """The worst level of a night's drift, and what has drifted in words, the worst first."""
    rows = of_night(DRIFT, night).filter(_.feature_table == table.name)
    found = warehouse.fetch(rows.select("kind", "name", "measure", "level", "drift", "change")).to_pylist()
    drifted = [row for row in found if row["level"] != LEVELS[0]]
    if not drifted:
        return LEVELS[0], f"nothing of {table.name} has drifted" if found else f"{table.name} has nothing to compare"
    drifted.sort(key=lambda row: (-LEVELS.index(row["level"]), -row["drift"], row["name"], row["measure"]))
    said = list(dict.fromkeys(row["change"] for row in drifted))
    more = f"; and {len(said) - SAID} more, see report.drift" if len(said) > SAID else ""
    return drifted[0]["level"], f"{table.name}: {'; '.join(said[:SAID])}{more}"
