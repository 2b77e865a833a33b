"""Evaluates the scores of a night: rows of `report.evaluation` for every feature table, algorithm and type of attack.

What belongs here: reading scores, labels and models, and putting figures together. What does not: the figures
themselves (evaluation_metrics, evaluation_clusters), where labels come from (evaluation_labels), other detectors.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.patterns import add_up
from pipeline.features.tables import FeatureTable
from pipeline.models.numerics import reproducible
from pipeline.models.patterns import IntArray
from pipeline.scoring.evaluation_clusters import Scored, cluster_figures
from pipeline.scoring.evaluation_labels import Labels, by_pattern, label_counts, staged
from pipeline.scoring.evaluation_metrics import Curve, at_threshold, ratio
from pipeline.scoring.evaluation_references import reference_scores
from pipeline.scoring.feedback import feedback
from pipeline.scoring.truth import Truth
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night, of_nights
from schemas.models import FITS
from schemas.report import EVALUATION
from schemas.scores import CONSENSUS

Figures = dict[str, Any]
Fits = Mapping[str, Mapping[str, Any]]


def evaluate(warehouse: Warehouse, settings: Settings, night: date, truth: Truth, *, references: bool) -> pa.Table:
    """Rows of `report.evaluation` for what is stored of a night.

    Args:
        warehouse: where scores, patterns and models are.
        settings: the feature tables, thresholds, and the budget.
        night: a scored night; of one that is not there are no rows.
        truth: what a side file says.
        references: whether other detectors are fitted on the baseline, too.
    """
    rows: list[Figures] = []
    with warehouse.connect(), staged(warehouse, truth, night) as rest_is_benign, reproducible():
        models, said = warehouse.fetch(_fits(night)).to_pylist(), feedback(warehouse)
        for table in feature_tables(settings).values():
            counts = label_counts(table, night, said, rest_is_benign=rest_is_benign)
            fits = {row["algorithm"]: row for row in models if row["feature_table"] == table.name}
            rows += _table_rows(warehouse, table, night, settings, counts, fits, references=references)
    return pa.Table.from_pylist(rows, schema=EVALUATION.arrow_schema())


def _table_rows(
    warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings, counts: ibis.Table, fits: Fits,
    *, references: bool,
) -> Iterator[Figures]:  # fmt: skip
    """Rows of one feature table."""
    patterns = warehouse.fetch(of_night(table.patterns, night).order_by("pattern_id")).to_pandas()
    pattern_ids = patterns["pattern_id"].to_numpy()
    scored = _scored(warehouse.fetch(_score_rows(table, night, fits)).to_pandas(), fits, night, pattern_ids)
    if not scored:
        return
    labels = by_pattern(warehouse.fetch(counts).to_pandas(), pattern_ids)
    found = cluster_figures(scored, fits, patterns, settings.training.random_state)
    about = {"log_date": night, "feature_table": table.name, "rows": int(patterns["weight"].sum())}
    budget = settings.thresholds.max_alerts_per_night
    for name, one in scored.items():
        head = about | {"algorithm": name, "is_reference": False}
        yield from _algorithm_rows(head, one, labels, budget, found[name])
    if references:
        for name, other in _references(warehouse, table, fits, patterns, settings):
            head = about | {"algorithm": name, "is_reference": True}
            yield from _algorithm_rows(head, other, labels, budget, {})


def _algorithm_rows(head: Figures, scored: Scored, labels: Labels, budget: int, found: Figures) -> Iterator[Figures]:
    """The row of an algorithm, and those of the types of attack."""
    labelled = labels.attacks + labels.benign
    budget = min(budget, int(labelled.sum()))
    kinds: list[tuple[str | None, IntArray]] = [(None, labels.attacks), *labels.types.items()]
    for kind, attacks in kinds:
        curve = Curve.of(scored.distance, attacks, labels.benign)
        hits = Curve.of(scored.distance, attacks, labelled - attacks).attacks_within(budget)
        yield (
            head
            | at_threshold(scored.flagged, attacks, labels.benign)
            | {
                "attack_type": kind,
                "benign": int(labels.benign.sum()),
                "attacks": int(attacks.sum()),
                "roc_auc": curve.roc_auc(),
                "average_precision": curve.average_precision(),
                "budget": budget,
                "precision_at_budget": ratio(hits, budget),
                "recall_at_budget": ratio(hits, int(attacks.sum())),
                **(found if kind is None else {}),
            }
        )


def _score_rows(table: FeatureTable, night: date, fits: Fits) -> ibis.Table:
    """Scores of the night, and those of the nights that the models before those of the night were fitted for."""
    nights = {night, *(fit["previous_night"] for fit in fits.values() if fit["previous_night"])}
    rows = table.pattern_scores.unbound()
    names = ["log_date", "algorithm", "model_id", "pattern_id", "cluster_id", "large_distance", "status"]
    return rows.filter(rows.log_date.isin(sorted(nights)))[names].order_by("algorithm", "pattern_id")


def _scored(rows: pd.DataFrame, fits: Fits, night: date, pattern_ids: IntArray) -> dict[str, Scored]:
    """By algorithm, what is stored of a night's patterns; scores of other patterns than these are left out."""
    found = {}
    for name, own in rows[rows["log_date"] == night].groupby("algorithm"):
        if np.array_equal(own["pattern_id"], pattern_ids):
            fit = fits.get(str(name), {})
            # a model that stays in service has scored several of the nights
            is_before = (rows["log_date"] == fit.get("previous_night")) & (rows["model_id"] == fit.get("previous_id"))
            before = rows[is_before].set_index("pattern_id")
            found[str(name)] = Scored(
                distance=own["large_distance"].to_numpy(),
                flagged=(own["status"] == "anomaly").to_numpy(),
                cluster=own["cluster_id"].to_numpy(np.int64) if own["cluster_id"].notna().all() else None,
                before=before["cluster_id"].reindex(pattern_ids).to_numpy(np.float64, na_value=np.nan),
            )
    return found


def _fits(night: date) -> ibis.Table:
    """The models of a night, each with the night of the one before it."""
    names = ["feature_table", "algorithm", "encoder", "parameters", "trained_from", "trained_to", "previous_id"]
    earlier = FITS.unbound().select(previous_id=_.model_id, previous_night=_.log_date)
    return of_night(FITS, night)[names].left_join(earlier, "previous_id").drop("previous_id_right")


def _references(
    warehouse: Warehouse, table: FeatureTable, fits: Fits, patterns: pd.DataFrame, settings: Settings
) -> Iterator[tuple[str, Scored]]:
    """What reference detectors that are fitted on the same baseline say of the patterns."""
    first, last = (next(iter(fits.values()))[name] for name in ("trained_from", "trained_to"))
    baseline = warehouse.fetch(add_up(of_nights(table.patterns, first, last), table)).to_pandas()
    training = settings.training
    columns = table.seed_columns if training.seed_compatible else table.columns
    limit = settings.thresholds.limit(table.name, CONSENSUS)
    yield from reference_scores(baseline, columns, patterns, limit, training.random_state)
