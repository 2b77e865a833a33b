"""Fitting one algorithm on one baseline: from feature rows to a model that can be stored.

The same steps for every algorithm; what differs between algorithms is in their modules, what is stored in `rows`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from pipeline.config import Training
from pipeline.models.base import Algorithm, Assignment, Clusters, FittedModel, Occasion, Shape
from pipeline.models.clusters import measure
from pipeline.models.columns import FeatureColumns
from pipeline.models.encoding import Encoder
from pipeline.models.numerics import reproducible
from pipeline.models.patterns import FloatArray, Frame, Patterns, collapse, distinct_rows
from pipeline.models.registry import ALGORITHMS
from pipeline.models.sampling import Baseline
from pipeline.models.stable_ids import with_stable_ids
from pipeline.models.stored import Model
from pipeline.models.usual import Usual, usual_values
from pipeline.models.weighted import weighted_quantiles, weighted_silhouette

SCORE_RANKS = np.linspace(0, 1, 1_001)
SILHOUETTE_SAMPLE = 1_000  # it is told, not decided by: the mean of so many is good to about 0.01


class EmptyBaselineError(ValueError):
    """There are no rows to fit on."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A baseline as every algorithm sees it.

    Attributes:
        patterns: distinct feature rows, those that agree in all features added up.
        encoder: learned from them.
        baseline: the patterns as points.
        usual: what they have in each feature column.
    """

    patterns: Patterns
    encoder: Encoder
    baseline: Baseline
    usual: Mapping[str, Usual]


def prepare(rows: Frame, columns: FeatureColumns, settings: Training) -> Prepared:
    """Encode the patterns of a baseline; the order of the rows does not matter.

    Args:
        rows: feature columns and `weight`; rows that agree in all features are added up.
        columns: the features by role.
        settings: whether the published recipes are followed.

    Raises:
        EmptyBaselineError: there are no rows.
        ColumnMismatchError: a feature column is missing or cannot be read in its role.
    """
    if not len(rows):
        message = "there are no rows to fit a model on"
        raise EmptyBaselineError(message)
    patterns = collapse(rows, columns)
    with reproducible():
        encoder = Encoder.learn(rows, columns, mode="standard" if settings.seed_compatible else "bounded")
        return Prepared(patterns, encoder, encode(patterns, encoder), usual_values(patterns, columns))


def fit(
    algorithm: str,
    rows: Frame,
    columns: FeatureColumns,
    occasion: Occasion,
    settings: Training,
    previous: FittedModel | None = None,
) -> FittedModel:
    """Fit one algorithm on the patterns of a baseline; see `prepare` and `fit_prepared`."""
    return fit_prepared(algorithm, prepare(rows, columns, settings), occasion, settings, previous)


def fit_prepared(
    algorithm: str, prepared: Prepared, occasion: Occasion, settings: Training, previous: FittedModel | None = None
) -> FittedModel:
    """Fit an algorithm on a baseline.

    Args:
        algorithm: name in the registry.
        prepared: the baseline.
        occasion: what it is fitted for.
        settings: seeds and bounds.
        previous: the model of the night before, whose cluster ids live on.

    Raises:
        KeyError: there is no such algorithm.
    """
    with reproducible():
        learned = _learn(ALGORITHMS[algorithm], prepared, settings, previous)
    model = FittedModel(
        **vars(occasion),
        model_id="",
        algorithm=algorithm,
        previous_id=previous.model_id if previous else None,
        accepted=True,
        reason=None,
        rows=int(prepared.patterns.weight.sum()),
        patterns=len(prepared.patterns.weight),
        encoder=prepared.encoder,
        usual=prepared.usual,
        assigner=ALGORITHMS[algorithm].assign,
        **learned,
    )
    return replace(model, model_id=identify(model, _arrays(model.clusters)))


def encode(patterns: Patterns, encoder: Encoder) -> Baseline:
    """The patterns as distinct points in canonical order; those that the encoder cannot tell apart are added up."""
    points = encoder.transform(patterns.frame)
    order, starts = distinct_rows(points)
    weight = np.add.reduceat(patterns.weight[order], starts)
    return Baseline(points[order[starts]], weight, weight.astype(np.float64), encoder.category_distance)


def identify(model: Model, arrays: Iterable[FloatArray]) -> str:
    """Feature table, algorithm, night and eight hexadecimal digits of the SHA-256 over all that was fitted."""
    content = hashlib.sha256()
    content.update(model.encoder.to_json().encode())
    content.update(json.dumps([model.parameters, model.metrics], sort_keys=True).encode())
    for array in (*arrays, model.score_levels):
        content.update(np.ascontiguousarray(array).tobytes())
    return f"{model.feature_table}-{model.algorithm}-{model.log_date}-{content.hexdigest()[:8]}"


def distance_metrics(distance: FloatArray, weight: FloatArray) -> dict[str, Any]:
    """Mean and standard deviation of the baseline's distances, as thresholds need them."""
    mean = float(np.average(distance, weights=weight))
    deviation = float(np.sqrt(np.average((distance - mean) ** 2, weights=weight)))
    return {"distance_mean": mean, "distance_std": deviation}


def _learn(
    algorithm: Algorithm, prepared: Prepared, settings: Training, previous: FittedModel | None
) -> dict[str, Any]:
    """What a model learns from its baseline: the fields of `FittedModel` that do not depend on the occasion."""
    baseline, encoder = prepared.baseline, prepared.encoder
    fitted_on = baseline.sample(settings.max_patterns, settings.random_state)
    shape = algorithm.fit(fitted_on, settings)
    measured = measure(algorithm, shape, fitted_on, nearest_counts=settings.seed_compatible)
    clusters, next_id = with_stable_ids(measured, encoder, previous)
    assign = partial(algorithm.assign, clusters, shape.parameters)
    distance, weight = _baseline_distances(assign, baseline, settings)
    sample = fitted_on.sample(SILHOUETTE_SAMPLE, settings.random_state)
    return {
        "parameters": _parameters(shape, baseline, fitted_on, settings)
        | {"next_stable_id": next_id, "constant_columns": list(encoder.constant_columns)},
        "metrics": shape.metrics | _cluster_metrics(clusters, assign, sample) | distance_metrics(distance, weight),
        "clusters": clusters,
        "score_levels": weighted_quantiles(distance, weight, SCORE_RANKS),
        "candidates": shape.candidates,
    }


def _baseline_distances(
    assign: Callable[..., Assignment], baseline: Baseline, settings: Training
) -> tuple[FloatArray, FloatArray]:
    """Distances to the nearest large cluster that scores are positions among, and the rows that each stands for.

    They are taken as a new row would have them: a row that shares its point with no other is measured without its own
    core point. A model that keeps its points would otherwise find all that it has seen at distance 0, and what is new
    but normal beyond the whole baseline. Where the baseline is large, a second sample stands for it, since the points
    that the model was fitted on are nearer to it than the others.
    """
    sample = baseline.sample(settings.max_patterns, settings.random_state + 1)
    return assign(sample.points, alone=sample.weight == 1).large_distance, sample.represents


def _cluster_metrics(clusters: Clusters, assign: Callable[..., Assignment], sample: Baseline) -> dict[str, Any]:
    label = assign(sample.points).cluster
    inside = label >= 0
    points = sample.points[inside]
    return {
        "n_clusters": len(clusters.masses),
        "n_large_clusters": int(clusters.is_large.sum()),
        "noise_share": max(0.0, round(1 - float(clusters.masses.sum()), 12)),
        "silhouette": weighted_silhouette(cdist(points, points), label[inside], sample.represents[inside]),
    }


def _arrays(clusters: Clusters) -> Iterator[FloatArray]:
    fitted = {**vars(clusters), **(vars(clusters.gaussians) if clusters.gaussians else {})}
    yield from (array for array in fitted.values() if isinstance(array, np.ndarray))


def _parameters(shape: Shape, baseline: Baseline, fitted_on: Baseline, settings: Training) -> dict[str, Any]:
    """The algorithm's parameters, the seed, and whether less than the whole baseline was fitted on."""
    notes = [shape.parameters.get("fallback")]
    if fitted_on is not baseline:
        notes.insert(0, f"a weighted sample of {len(fitted_on.points)} stands for the {len(baseline.points)} points")
    return {
        "points": len(baseline.points),
        "points_fitted": len(fitted_on.points),
        "random_state": settings.random_state,
        "seed_compatible": settings.seed_compatible,
        **shape.parameters,
        "fallback": "; ".join(note for note in notes if note) or None,
    }
