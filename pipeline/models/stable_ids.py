"""Ids that clusters keep from night to night, by matching centres with the model before."""

from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from pipeline.models.base import NEAR, Clusters, FittedModel
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import IntArray


def with_stable_ids(clusters: Clusters, encoder: Encoder, previous: FittedModel | None) -> tuple[Clusters, int]:
    """The clusters with ids across nights, and the smallest id that is free after them.

    A cluster takes the id of the one before that it is matched with: the matching with the smallest sum of distances
    between centres (Kuhn, 1955), in the unit of this model, over the dimensions that both models have. Only pairs
    nearer than the larger of their spreads can match. The others get ids that no cluster had before.

    Args:
        clusters: of the new model.
        encoder: of the new model.
        previous: the model of the night before, if there is one.
    """
    next_id = 0 if previous is None else previous.next_stable_id
    stable = np.full(len(clusters.centers), -1, dtype=np.int64)
    if previous is not None:
        new, old = _matches(clusters, encoder, previous)
        stable[new] = previous.clusters.stable_ids[old]
    fresh = np.flatnonzero(stable < 0)
    stable[fresh] = next_id + np.arange(len(fresh))
    return replace(clusters, stable_ids=stable), next_id + len(fresh)


def _matches(clusters: Clusters, encoder: Encoder, previous: FittedModel) -> tuple[IntArray, IntArray]:
    """Positions of matched clusters in the new and in the previous model."""
    shared = [name for name in encoder.columns if name in previous.encoder.columns]
    if not shared:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    ours = [encoder.columns.index(name) for name in shared]
    theirs = [previous.encoder.columns.index(name) for name in shared]
    old_centers = previous.encoder.unscaled(previous.clusters.centers)[:, theirs]
    old_centers = encoder.scaled(old_centers, shared)
    distance = cdist(clusters.centers[:, ours], old_centers)
    reach = np.maximum(np.maximum(clusters.spreads[:, None], previous.clusters.spreads[None, :]), NEAR)
    is_possible = distance <= reach
    # an impossible pair costs more than all possible ones together, so that it is never preferred
    impossible = distance[is_possible].sum() + 1.0
    new, old = linear_sum_assignment(np.where(is_possible, distance, impossible))
    kept = is_possible[new, old]
    return new[kept], old[kept]
