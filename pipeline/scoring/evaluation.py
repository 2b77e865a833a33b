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
from threadpoolctl import threadpool_limits

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.patterns import add_up
from pipeline.features.tables import FeatureTable
from pipeline.models.patterns import IntArray
from pipeline.scoring.evaluation_clusters import Scored, cluster_figures
from pipeline.scoring.evaluation_labels import Labels, by_pattern, label_counts, staged
from pipeline.scoring.evaluation_metrics import Curve, at_threshold, ratio
from pipeline.scoring.evaluation_references import reference_scores
from pipeline.scoring.truth import read_truth
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night, of_nights
from schemas.models import FITS
from schemas.report import EVALUATION

Figures = dict[str, Any]
Fits = Mapping[str, Mapping[str, Any]]


def evaluate(warehouse: Warehouse, settings: Settings, night: date, *, references: bool) -> pa.Table:
    """Rows of `report.evaluation` for what is stored of a night.

    Args:
        warehouse: where scores, patterns and models are.
        settings: the feature tables, the side file of labels, thresholds, and the budget.
        night: a scored night; of one that is not there are no rows.
        references: whether other detectors are fitted on the baseline, too.

    Raises:
        ConfigError: the side file of labels cannot be used.
    """
    truth = read_truth(settings.labels_file)
    rows: list[Figures] = []
    with warehouse.connect(), staged(warehouse, truth, night) as rest_is_benign, threadpool_limits(limits=1):
        for table in feature_tables(settings).values():
            counts = label_counts(table, night, rest_is_benign=rest_is_benign)
            rows += _table_rows(warehouse, table, night, settings, counts, references=references)
    return pa.Table.from_pylist(rows, schema=EVALUATION.schema().to_pyarrow())


def _table_rows(
    warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings, counts: ibis.Table, *, references: bool
) -> Iterator[Figures]:
    """Rows of one feature table."""
    patterns = warehouse.fetch(of_night(table.patterns, night).order_by("pattern_id")).to_pandas()
    scored = _scored(warehouse, table, night, patterns["pattern_id"].to_numpy())
    if not scored:
        return
    labels = by_pattern(warehouse.fetch(counts).to_pandas(), patterns["pattern_id"].to_numpy())
    fits = {row["algorithm"]: row for row in warehouse.fetch(_fits(table, night)).to_pylist()}
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


def _scored(warehouse: Warehouse, table: FeatureTable, night: date, pattern_ids: IntArray) -> dict[str, Scored]:
    """By algorithm, what is stored of a night's patterns; scores of other patterns than these are left out."""
    keys = ["algorithm", "pattern_id"]
    models = of_night(FITS, night).filter(_.feature_table == table.name).select(model_id=_.previous_id)
    earlier = table.pattern_scores.unbound().filter(_.log_date < night).semi_join(models, "model_id")
    before = earlier.select(*keys, before=_.cluster_id)
    scores = of_night(table.pattern_scores, night)[[*keys, "cluster_id", "large_distance", "status"]]
    rows = warehouse.fetch(scores.left_join(before, keys).drop("algorithm_right", "pattern_id_right").order_by(keys))
    return {
        str(name): Scored(
            distance=own["large_distance"].to_numpy(),
            flagged=(own["status"] == "anomaly").to_numpy(),
            cluster=own["cluster_id"].to_numpy(np.int64) if own["cluster_id"].notna().all() else None,
            before=own["before"].to_numpy(np.float64, na_value=np.nan),
        )
        for name, own in rows.to_pandas().groupby("algorithm")
        if np.array_equal(own["pattern_id"], pattern_ids)
    }


def _fits(table: FeatureTable, night: date) -> ibis.Table:
    names = ["algorithm", "encoder", "parameters", "trained_from", "trained_to"]
    return of_night(FITS, night).filter(_.feature_table == table.name)[names]


def _references(
    warehouse: Warehouse, table: FeatureTable, fits: Fits, patterns: pd.DataFrame, settings: Settings
) -> Iterator[tuple[str, Scored]]:
    """What reference detectors that are fitted on the same baseline say of the patterns."""
    first, last = (next(iter(fits.values()))[name] for name in ("trained_from", "trained_to"))
    baseline = warehouse.fetch(add_up(of_nights(table.patterns, first, last), table)).to_pandas()
    training = settings.training
    columns = table.seed_columns if training.seed_compatible else table.columns
    yield from reference_scores(baseline, columns, patterns, settings.thresholds, training.random_state)
