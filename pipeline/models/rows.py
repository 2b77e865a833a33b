"""Models as rows of `models.fits`, `models.components` and `models.selection`, and back, bit for bit."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.models.base import Clusters, FittedModel
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray
from pipeline.models.registry import ALGORITHMS
from schemas.base import TableSpec
from schemas.models import COMPONENTS, FITS, SELECTION


def to_rows(model: FittedModel) -> dict[str, pa.Table]:
    """The rows of a model by table name, with the columns and types of their schemas."""
    return {
        FITS.name: _table(FITS, _fit_columns(model)),
        COMPONENTS.name: _table(COMPONENTS, _component_columns(model)),
        SELECTION.name: _table(SELECTION, _selection_columns(model)),
    }


def from_rows(fits_row: Mapping[str, Any], components: pa.Table) -> FittedModel:
    """The model that `to_rows` stored; the order of the component rows does not matter.

    Args:
        fits_row: its row of `models.fits`.
        components: its rows of `models.components`.
    """
    carried = ("model_id", "feature_table", "algorithm", "log_date", "trained_from", "trained_to")
    resting_on = ("bootstrap", "baseline", "previous_id", "accepted", "rows", "patterns")
    return FittedModel(
        **{name: fits_row[name] for name in (*carried, *resting_on)},
        parameters=json.loads(fits_row["parameters"]),
        metrics=json.loads(fits_row["metrics"]),
        encoder=Encoder.from_json(fits_row["encoder"]),
        clusters=_clusters(components),
        score_levels=np.array(fits_row["score_levels"], dtype=np.float64),
        assigner=ALGORITHMS[fits_row["algorithm"]].assign,
    )


def _fit_columns(model: FittedModel) -> dict[str, Any]:
    return {
        **{name: [getattr(model, name)] for name in FITS.columns() if name not in ("parameters", "metrics", "encoder")},
        "parameters": [json.dumps(model.parameters, sort_keys=True)],
        "metrics": [json.dumps(model.metrics, sort_keys=True)],
        "encoder": [model.encoder.to_json()],
    }


def _component_columns(model: FittedModel) -> dict[str, Any]:
    """Clusters first, then core points, which carry what holds for their cluster."""
    clusters = model.clusters
    n_clusters, n_points = len(clusters.centers), len(clusters.core_points)
    owner = np.concatenate([np.arange(n_clusters), clusters.core_clusters])
    within = np.arange(n_points) - np.searchsorted(clusters.core_clusters, clusters.core_clusters)
    return {
        **_named(model, n_clusters + n_points),
        "component_id": owner,
        "kind": ["cluster"] * n_clusters + ["core_point"] * n_points,
        "point": np.concatenate([np.zeros(n_clusters, dtype=np.int64), within + 1]),
        "stable_id": clusters.stable_ids[owner],
        "mass": np.concatenate([clusters.masses, clusters.core_masses]),
        "is_large": clusters.is_large[owner],
        "center": _lists(np.concatenate([clusters.centers, clusters.core_points])),
        "spread": pa.array([*clusters.spreads.tolist(), *[None] * n_points], type=pa.float64()),
    }


def _selection_columns(model: FittedModel) -> dict[str, Any]:
    tried = model.candidates
    return {
        **_named(model, len(tried)),
        "candidate": [candidate.value for candidate in tried],
        **{
            name: [getattr(candidate, name) for candidate in tried]
            for name in ("parameter", "inertia", "silhouette", "rank", "chosen")
        },
    }


def _named(model: FittedModel, n_rows: int) -> dict[str, list[Any]]:
    return {name: [getattr(model, name)] * n_rows for name in ("model_id", "log_date", "feature_table", "algorithm")}


def _table(spec: TableSpec, columns: Mapping[str, Any]) -> pa.Table:
    schema = spec.schema().to_pyarrow()
    arrays = [pa.array(columns[name], type=schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _lists(points: FloatArray) -> pa.Array:
    offsets = np.arange(len(points) + 1, dtype=np.int32) * points.shape[1]
    return pa.ListArray.from_arrays(offsets, points.ravel())


def _clusters(components: pa.Table) -> Clusters:
    rows = components.sort_by([("component_id", "ascending"), ("point", "ascending")])
    points = _matrix(rows)
    is_cluster = _column(rows, "point") == 0
    return Clusters(
        centers=points[is_cluster],
        masses=_column(rows, "mass")[is_cluster],
        spreads=_column(rows, "spread")[is_cluster],
        is_large=_column(rows, "is_large")[is_cluster],
        stable_ids=_column(rows, "stable_id")[is_cluster],
        core_points=points[~is_cluster],
        core_clusters=_column(rows, "component_id")[~is_cluster],
        core_masses=_column(rows, "mass")[~is_cluster],
    )


def _matrix(rows: pa.Table) -> FloatArray:
    values = rows["center"].combine_chunks()
    flat = values.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(rows), -1)


def _column(rows: pa.Table, name: str) -> Any:
    return rows[name].to_numpy()
