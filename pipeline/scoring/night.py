"""Scores the patterns of a night with a model that has not seen it.

Every pattern gets the nearest baseline cluster, the distance to it and to the nearest large one, and a score on one
scale. Patterns outside every cluster are grouped among themselves: a group that the baseline does not know. The
consensus knows no clusters, only how far patterns are.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.config_thresholds import Limit
from pipeline.models.base import NOISE, Assignment, FittedModel
from pipeline.models.consensus import ConsensusModel
from pipeline.models.novel import group_novel
from pipeline.models.patterns import FloatArray
from pipeline.models.stored import Model
from pipeline.scoring.explanations import contributions, explanation_columns
from pipeline.scoring.thresholds import position, status, threshold_score

FIRST_NEW_ID = 1_000_000  # ids from here on are groups of one night; stable ids of baseline clusters stay below
CHUNK = 65_536  # patterns that are scored at once


def score_by(model: Model, patterns: pd.DataFrame, night: date, limit: Limit, schema: pa.Schema) -> pa.Table:
    """Rows of a table of pattern scores by any model; the arguments are those of `score_patterns`."""
    if isinstance(model, FittedModel):
        return score_patterns(model, patterns, night, limit, schema)
    assert isinstance(model, ConsensusModel)  # noqa: S101 - there is no third kind
    return score_by_consensus(model, patterns, night, limit, schema)


def score_patterns(
    model: FittedModel, patterns: pd.DataFrame, night: date, limit: Limit, schema: pa.Schema
) -> pa.Table:
    """Rows of a table of pattern scores, one per pattern.

    Args:
        model: fitted on the baseline window.
        patterns: the night's patterns with `pattern_id` and `weight`.
        night: their night.
        limit: where a score becomes an anomaly.
        schema: of the table of pattern scores that the rows are for.
    """
    rows, outside, gaps = [], [], []
    for part in _chunks(patterns):
        X = model.encoder.transform(part)
        assigned = model.assign(X)
        parts = contributions(model, X, assigned)
        rows.append(_rows(model, part, night, limit, schema, _places(model, assigned), parts))
        outside.append(X[~assigned.within])
        gaps.append(assigned.scaled_distance[~assigned.within])
    return _with_groups(pa.concat_tables(rows), np.concatenate(outside), np.concatenate(gaps))


def _chunks(patterns: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The patterns, at least once and never many of them: points and explanations of a row take kilobytes."""
    for start in range(0, max(len(patterns), 1), CHUNK):
        yield patterns.iloc[start : start + CHUNK]


def _places(model: FittedModel, assigned: Assignment) -> dict[str, Any]:
    """Where patterns lie among the clusters of the model."""
    return {
        "cluster_id": np.where(assigned.within, model.stable(assigned.cluster), NOISE).astype(np.int64),
        "is_new": ~assigned.within,
        "distance": assigned.distance,
        "large_distance": assigned.large_distance,
        "density_rank": [None] * len(assigned.within) if assigned.density_rank is None else assigned.density_rank,
    }


def _with_groups(rows: pa.Table, outside: FloatArray, gap: FloatArray) -> pa.Table:
    """The rows with groups among those that are new, given as points and distances to the baseline in their order."""
    cluster, is_new = rows["cluster_id"].to_numpy().copy(), rows["is_new"].to_numpy()
    groups = group_novel(outside, rows["weight"].to_numpy()[is_new], gap)
    cluster[is_new] = np.where(groups >= 0, FIRST_NEW_ID + groups, NOISE)
    return rows.set_column(rows.schema.get_field_index("cluster_id"), rows.schema.field("cluster_id"), [cluster])


def score_by_consensus(
    model: ConsensusModel, patterns: pd.DataFrame, night: date, limit: Limit, schema: pa.Schema
) -> pa.Table:
    """Rows of a table of pattern scores, one per pattern; the arguments are those of `score_patterns`."""
    rows = []
    for part in _chunks(patterns):
        distance, parts = model.explained(part)
        columns = {
            # members have clusters of their own and share none
            "cluster_id": [None] * len(distance),
            "is_new": [False] * len(distance),
            "distance": distance,
            "large_distance": distance,
            "density_rank": [None] * len(distance),
        }
        rows.append(_rows(model, part, night, limit, schema, columns, parts))
    return pa.concat_tables(rows)


def _rows(
    model: Model,
    patterns: pd.DataFrame,
    night: date,
    limit: Limit,
    schema: pa.Schema,
    columns: Mapping[str, Any],
    parts: FloatArray,
) -> pa.Table:
    """The columns of a score table, those that follow from the large distances added."""
    score = position(model.score_levels, columns["large_distance"])
    threshold = threshold_score(model.score_levels, model.metrics, limit)
    complete = {
        "log_date": [night] * len(patterns),
        "algorithm": [model.algorithm] * len(patterns),
        "model_id": [model.model_id] * len(patterns),
        **columns,
        "score": score,
        "threshold": [threshold] * len(patterns),
        "status": status(score, threshold),
        "pattern_id": patterns["pattern_id"].to_numpy(),
        "weight": patterns["weight"].to_numpy(),
        **explanation_columns(model, patterns, parts),
    }
    return pa.Table.from_arrays(
        [pa.array(complete[name], schema.field(name).type) for name in schema.names], schema=schema
    )
