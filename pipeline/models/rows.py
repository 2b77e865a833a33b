"""Models as rows of `models.fits`, `models.components` and `models.selection`, and back, bit for bit."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.models.base import Clusters, FittedModel, Gaussians
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray, IntArray
from pipeline.models.registry import ALGORITHMS
from pipeline.models.stored import Model
from schemas.base import TableSpec
from schemas.models import COMPONENTS, FITS, SELECTION

AS_JSON = ("parameters", "metrics", "usual")


def to_rows(model: FittedModel) -> dict[str, pa.Table]:
    """The rows of a model by table name, with the columns and types of their schemas."""
    return {
        FITS.name: fit_rows(model),
        COMPONENTS.name: component_rows(model, _component_columns(model)),
        SELECTION.name: _table(SELECTION, _selection_columns(model)),
    }


def from_rows(fits_row: Mapping[str, Any], components: pa.Table) -> FittedModel:
    """The model that `to_rows` stored; the order of the component rows does not matter.

    Args:
        fits_row: its row of `models.fits`.
        components: its rows of `models.components`.
    """
    return FittedModel(
        **read_fit(fits_row),
        encoder=Encoder.from_json(fits_row["encoder"]),
        clusters=_clusters(components),
        assigner=ALGORITHMS[fits_row["algorithm"]].assign,
    )


def fit_rows(model: Model) -> pa.Table:
    """The row of `models.fits`."""
    columns = {
        **{name: [getattr(model, name)] for name in FITS.columns() if name not in (*AS_JSON, "encoder")},
        **{name: [json.dumps(getattr(model, name), sort_keys=True)] for name in AS_JSON},
        "encoder": [model.encoder.to_json()],
    }
    return _table(FITS, columns)


def read_fit(fits_row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a model that `fit_rows` stored, but for its encoder."""
    carried = ("model_id", "feature_table", "algorithm", "log_date", "trained_from", "trained_to")
    resting_on = ("bootstrap", "baseline", "previous_id", "accepted", "reason", "rows", "patterns")
    return {
        **{name: fits_row[name] for name in (*carried, *resting_on)},
        "parameters": json.loads(fits_row["parameters"]),
        "metrics": json.loads(fits_row["metrics"]),
        "usual": {name: (first, second) for name, (first, second) in json.loads(fits_row["usual"]).items()},
        "score_levels": np.array(fits_row["score_levels"], dtype=np.float64),
    }


def component_rows(model: Model, columns: Mapping[str, Any]) -> pa.Table:
    """Rows of `models.components`, given the columns that do not name the model."""
    return _table(COMPONENTS, {**_named(model, len(columns["kind"])), **columns})


def component_places(n_clusters: int, core_clusters: IntArray) -> dict[str, Any]:
    """Which cluster each row of `models.components` is of, and which point: clusters first, then their core points.

    Args:
        n_clusters: number of clusters.
        core_clusters: cluster of each core point, ascending.
    """
    within = np.arange(len(core_clusters)) - np.searchsorted(core_clusters, core_clusters)
    return {
        "component_id": np.concatenate([np.arange(n_clusters), core_clusters]),
        "kind": ["cluster"] * n_clusters + ["core_point"] * len(core_clusters),
        "point": np.concatenate([np.zeros(n_clusters, dtype=np.int64), within + 1]),
    }


def _component_columns(model: FittedModel) -> dict[str, Any]:
    clusters = model.clusters
    n_points = len(clusters.core_points)
    places = component_places(len(clusters.centers), clusters.core_clusters)
    owner = places["component_id"]
    return {
        **places,
        "member": [0] * len(owner),
        "stable_id": clusters.stable_ids[owner],
        "mass": np.concatenate([clusters.masses, clusters.core_masses]),
        "is_large": clusters.is_large[owner],
        "center": _lists(np.concatenate([clusters.centers, clusters.core_points])),
        "spread": pa.array([*clusters.spreads.tolist(), *[None] * n_points], type=pa.float64()),
        **_gaussian_columns(clusters.gaussians, len(owner)),
    }


def _gaussian_columns(gaussians: Gaussians | None, n_rows: int) -> dict[str, Any]:
    if gaussians is None:
        return dict.fromkeys(("log_peak", "factor", "levels"), [None] * n_rows)
    return {
        "log_peak": gaussians.log_peaks,
        "factor": _lists(gaussians.factors.reshape(n_rows, -1)),
        "levels": _lists(gaussians.levels),
    }


def _selection_columns(model: FittedModel) -> dict[str, Any]:
    tried = model.candidates
    return {
        **_named(model, len(tried)),
        "candidate": [candidate.value for candidate in tried],
        **{
            name: [getattr(candidate, name) for candidate in tried]
            for name in ("parameter", "inertia", "silhouette", "rank", "weight", "chosen")
        },
    }


def _named(model: Model, n_rows: int) -> dict[str, list[Any]]:
    return {name: [getattr(model, name)] * n_rows for name in ("model_id", "log_date", "feature_table", "algorithm")}


def _table(spec: TableSpec, columns: Mapping[str, Any]) -> pa.Table:
    schema = spec.arrow_schema()
    arrays = [pa.array(columns[name], type=schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _lists(points: FloatArray) -> pa.Array:
    offsets = np.arange(len(points) + 1, dtype=np.int32) * points.shape[1]
    return pa.ListArray.from_arrays(offsets, points.ravel())


def _clusters(components: pa.Table) -> Clusters:
    rows = components.sort_by([("component_id", "ascending"), ("point", "ascending")])
    points = read_matrix(rows, "center")
    is_cluster = read_column(rows, "point") == 0
    return Clusters(
        centers=points[is_cluster],
        masses=read_column(rows, "mass")[is_cluster],
        spreads=read_column(rows, "spread")[is_cluster],
        is_large=read_column(rows, "is_large")[is_cluster],
        stable_ids=read_column(rows, "stable_id")[is_cluster],
        core_points=points[~is_cluster],
        core_clusters=read_column(rows, "component_id")[~is_cluster],
        core_masses=read_column(rows, "mass")[~is_cluster],
        gaussians=None if rows["log_peak"].null_count else _gaussians(rows, points.shape[1]),
    )


def _gaussians(rows: pa.Table, n_axes: int) -> Gaussians:
    factors = read_matrix(rows, "factor")
    is_diagonal = factors.shape[1] == n_axes
    return Gaussians(
        log_peaks=read_column(rows, "log_peak"),
        factors=factors if is_diagonal else factors.reshape(-1, n_axes, n_axes),
        levels=read_matrix(rows, "levels"),
    )


def read_matrix(rows: pa.Table, name: str) -> FloatArray:
    """A column of lists of equal length, shape (n, length)."""
    values = rows[name].combine_chunks()
    flat = values.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(rows), -1)


def read_column(rows: pa.Table, name: str) -> Any:
    """A column of numbers or flags, shape (n,)."""
    return rows[name].to_numpy()
